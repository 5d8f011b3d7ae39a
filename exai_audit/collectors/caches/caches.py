"""Caches: decorators, containers used as caches, cache classes, library stores, each once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from exai_audit.collectors.caches.accesses import last_names
from exai_audit.collectors.caches.classes import cache_classes
from exai_audit.collectors.caches.containers import Key, containers
from exai_audit.collectors.caches.decorators import cleared, decorated
from exai_audit.collectors.caches.definitions import Definition, definitions
from exai_audit.collectors.caches.foreign import foreign_uses, unfilled
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.lives import makings
from exai_audit.collectors.caches.makeup import enums
from exai_audit.collectors.caches.own_decorators import own_decorators
from exai_audit.collectors.caches.registries import registries
from exai_audit.collectors.caches.stores import library_stores
from exai_audit.collectors.caches.threads import (
    in_threads,
    own_threads,
    serving,
    thread_evidence,
    threaded,
)
from exai_audit.collectors.caches.triggers import TRIGGER, CacheNames, memo_dictionaries
from exai_audit.collectors.caches.vocabulary import (
    empties,
    is_double,
    names_cache,
    says_double,
)
from exai_audit.facts.caches import CacheFact, CacheFacts, Makings
from exai_audit.knowledge.layers import layer_of
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments

__all__ = ["TRIGGER", "caches"]
_DEFINING = frozenset({"import", "class"})


def caches(tree: ModuleTree) -> CacheFacts:
    """Return the caches in source order, and the names of functions whose caches it clears."""
    index, spoken = CacheIndex(tree), CacheNames(tree)
    names = memo_dictionaries(tree) if "return" in tree.words else set()
    if not spoken:
        facts = _facts(tree, _unspoken(tree, index, names))
        return replace(
            facts,
            unfilled=tuple(unfilled(tree, index, facts.found)),
            foreign=tuple(foreign_uses(tree, index, ())),
        )
    defined = definitions(tree, index, names | spoken.names())
    facts = _facts(tree, _all(tree, index, defined, spoken))
    emptied = cleared(tree, index) if spoken.clears else ()
    emptying = _emptying(index, spoken)
    return replace(
        facts,
        cleared=tuple(sorted(emptied)),
        emptying=tuple(sorted(emptying)),
        decorators=tuple(own_decorators(tree, facts.found)),
        unfilled=tuple(unfilled(tree, index, facts.found)),
        foreign=tuple(foreign_uses(tree, index, spoken.words)),
    )


def _unspoken(tree: ModuleTree, index: CacheIndex, names: set[str]) -> Iterator[CacheFact]:
    """Yield the dictionaries that keep something where no word of the file speaks of caches."""
    taken: set[Key] = set()
    defined = definitions(tree, index, names) if names else []
    yield from containers(tree, index, defined, taken)
    yield from registries(tree, index, taken)


def _facts(tree: ModuleTree, found: Iterable[CacheFact]) -> CacheFacts:
    doubles = _doubles(tree)
    facts = [_layered(fact, tree) for fact in found if doubles.isdisjoint(fact.owner.split("."))]
    facts.sort(key=lambda fact: (fact.place.span, fact.name))
    return CacheFacts(
        tuple(facts),
        threads=thread_evidence(tree) if facts else "",
        own_threads=own_threads(tree) if facts else None,
        in_threads=in_threads(tree) if "import" in tree.words else (),
        threaded=threaded(tree) if "import" in tree.words else (),
        served=serving(tree) if "import" in tree.words else "",
        enums=enums(tree) if "class" in tree.words else (),
        makings=Makings() if tree.words.isdisjoint(_DEFINING) else makings(tree),
    )


def _emptying(index: CacheIndex, spoken: CacheNames) -> set[str]:
    """Return the functions called, or named to be called, that empty a cache by their name."""
    names = {name for name in spoken.words if empties(name) and names_cache(name)}
    if not names:
        return names
    named = last_names(call.func for call in index.calls)
    named |= last_names(given.value for call in index.calls for given in arguments(call))
    return names & named


def _all(
    tree: ModuleTree, index: CacheIndex, defined: list[Definition], spoken: CacheNames
) -> Iterator[CacheFact]:
    """Yield the caches; what is one in several forms is one in the first of these.

    Args:
        defined: what may be one, but functions.
    """
    taken: set[Key] = set()
    yield from library_stores(tree, index, defined, taken)
    yield from cache_classes(tree, index, defined, taken)
    yield from containers(tree, index, defined, taken)
    yield from registries(tree, index, taken)
    if spoken.decorates:
        yield from decorated(tree, index, spoken.wraps())


def _doubles(tree: ModuleTree) -> frozenset[str]:
    """Return the classes that only stand in for others, in tests say."""
    return frozenset(
        node.name
        for node in tree.all(ast.ClassDef)
        if is_double(node.name) or says_double(ast.get_docstring(node) or "")
    )


def _layered(fact: CacheFact, tree: ModuleTree) -> CacheFact:
    stem = tree.source.path.rpartition("/")[2].partition(".")[0]
    return replace(fact, layer=layer_of([fact.callable, fact.name, fact.place.symbol, stem]))
