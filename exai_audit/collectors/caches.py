"""Caches: decorators, containers used as caches, cache classes, library stores, each once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from exai_audit.collectors.caching.classes import cache_classes
from exai_audit.collectors.caching.containers import Key, containers
from exai_audit.collectors.caching.decorators import cleared, decorated
from exai_audit.collectors.caching.definitions import definitions
from exai_audit.collectors.caching.signs import WORD, container_names, names_around
from exai_audit.collectors.caching.stores import library_stores
from exai_audit.collectors.caching.syntax import Gathered, last_name
from exai_audit.collectors.caching.threads import shown_threads
from exai_audit.collectors.caching.words import empties, says_cache
from exai_audit.collectors.sight import Sight, Surroundings
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import CacheFact, CacheFacts
from exai_audit.knowledge.layers import layer_of

TRIGGERS = re.compile(
    rb"(?im)cache|memo|(?:default_)?factory\s*=\s*dict"
    rb"|=\s*(?:\{\s*\}|(?:\w+\.)?(?:(?:Ordered|default)?dict|Weak\w+)(?:\[[^\n]*\])?\()"
)

SIGHT = Sight(
    words=WORD,
    rows=lambda row: row.cache is not None,
    fixed=container_names,
    mentions=True,
    around=Surroundings(names=names_around, callers=True, called=3),
)


class CacheCollector(cst.CSTVisitor):
    """Gathers what may make or use a cache."""

    def __init__(self) -> None:
        super().__init__()
        self._found = Gathered()

    def visit_Assign(self, node: cst.Assign) -> None:
        self._found.assignments.append(node)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._found.assignments.append(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._found.functions.append(node)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._found.classes.append(node)

    def visit_Call(self, node: cst.Call) -> None:
        self._found.calls.append(node)

    def visit_Name(self, node: cst.Name) -> None:
        self._found.names.setdefault(node.value, []).append(node)

    def facts(self, tree: ModuleTree) -> CacheFacts:
        """Return the caches in source order, and the names of functions whose caches it clears."""
        found = [_layered(fact, tree) for fact in _all(tree, self._found)]
        found.sort(key=lambda fact: (fact.place.span, fact.name))
        threads = shown_threads(tree, self._found.calls) if found else ""
        return CacheFacts(
            tuple(found),
            tuple(sorted(cleared(tree, self._found))),
            tuple(sorted(self._emptying())),
            threads,
        )

    def _emptying(self) -> set[str]:
        """Return the functions called, or named to be called, that empty a cache by their name."""
        named = {last_name(call.func) for call in self._found.calls}
        named |= {last_name(arg.value) for call in self._found.calls for arg in call.args}
        return {name for name in named if name and empties(name) and says_cache(name)}


def _all(tree: ModuleTree, gathered: Gathered) -> Iterator[CacheFact]:
    """Yield the caches; what is one in several forms is one in the first of these."""
    defined = definitions(tree, gathered)
    taken: set[Key] = set()
    yield from library_stores(tree, gathered, defined, taken)
    yield from cache_classes(tree, gathered, defined, taken)
    yield from containers(tree, gathered, defined, taken)
    yield from decorated(tree, gathered)


def _layered(fact: CacheFact, tree: ModuleTree) -> CacheFact:
    stem = tree.source.path.rpartition("/")[2].partition(".")[0]
    return replace(fact, layer=layer_of([fact.callable, fact.name, fact.place.symbol, stem]))
