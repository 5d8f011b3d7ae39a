"""Caches: decorators, containers used as caches, cache classes, library stores, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from exai_audit.collectors.caches.accesses import Gathered, last_names
from exai_audit.collectors.caches.classes import cache_classes
from exai_audit.collectors.caches.containers import Key, containers
from exai_audit.collectors.caches.decorators import cleared, decorated
from exai_audit.collectors.caches.definitions import definitions
from exai_audit.collectors.caches.stores import library_stores
from exai_audit.collectors.caches.threads import shown_threads
from exai_audit.collectors.caches.triggers import SIGN, Spoken, remembering
from exai_audit.collectors.caches.vocabulary import empties, says_cache
from exai_audit.facts.caches import CacheFact, CacheFacts
from exai_audit.knowledge.layers import layer_of
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments

__all__ = ["SIGN", "caches"]


def caches(tree: ModuleTree) -> CacheFacts:
    """Return the caches in source order, and the names of functions whose caches it clears."""
    gathered, spoken = Gathered(tree), Spoken(tree)
    names = remembering(tree)
    if not spoken:
        defined = definitions(tree, gathered, names) if names else []
        return _facts(tree, containers(tree, gathered, defined, set()))
    facts = _facts(tree, _all(tree, gathered, names | spoken.names(), spoken))
    emptied = cleared(tree, gathered) if spoken.clears else ()
    emptying = _emptying(gathered, spoken)
    return replace(facts, cleared=tuple(sorted(emptied)), emptying=tuple(sorted(emptying)))


def _facts(tree: ModuleTree, found: Iterable[CacheFact]) -> CacheFacts:
    facts = [_layered(fact, tree) for fact in found]
    facts.sort(key=lambda fact: (fact.place.span, fact.name))
    return CacheFacts(tuple(facts), threads=shown_threads(tree) if facts else "")


def _emptying(gathered: Gathered, spoken: Spoken) -> set[str]:
    """Return the functions called, or named to be called, that empty a cache by their name."""
    names = {name for name in spoken.words if empties(name) and says_cache(name)}
    if not names:
        return names
    named = last_names(call.func for call in gathered.calls)
    named |= last_names(given.value for call in gathered.calls for given in arguments(call))
    return names & named


def _all(
    tree: ModuleTree, gathered: Gathered, names: set[str], spoken: Spoken
) -> Iterator[CacheFact]:
    """Yield the caches; what is one in several forms is one in the first of these.

    Args:
        names: those of all that may be one but functions.
    """
    defined = definitions(tree, gathered, names)
    taken: set[Key] = set()
    yield from library_stores(tree, gathered, defined, taken)
    yield from cache_classes(tree, gathered, defined, taken)
    yield from containers(tree, gathered, defined, taken)
    if spoken.decorates:
        yield from decorated(tree, gathered, spoken.wraps())


def _layered(fact: CacheFact, tree: ModuleTree) -> CacheFact:
    stem = tree.source.path.rpartition("/")[2].partition(".")[0]
    return replace(fact, layer=layer_of([fact.callable, fact.name, fact.place.symbol, stem]))
