"""Containers of one module that others fill: what a file defines, and what it does to others'."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import CacheIndex, scope_of
from exai_audit.collectors.caches.containers import container_kind, describe, held
from exai_audit.collectors.caches.definitions import Definition
from exai_audit.collectors.caches.keys import openness, shown_key
from exai_audit.collectors.caches.uses import Act, Use, uses
from exai_audit.collectors.caches.vocabulary import is_cache_name
from exai_audit.facts.caches import CacheFact, ForeignUse, Lifetime
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.scopes import BindingKind

_KINDS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict"})
_LIMITING = (Act.REMOVE, Act.MEASURE, Act.BIND, Act.HAND_ON)
_OTHERS = (Act.REMOVE, Act.MEASURE, Act.HAND_ON, Act.GATHER, Act.COUNT)


def unfilled(
    tree: ModuleTree, index: CacheIndex, defined: Iterable[Definition], found: Iterable[CacheFact]
) -> Iterator[CacheFact]:
    """Yield the empty dictionaries of the module that are called caches and are none by its own.

    Whether another module makes them caches, only the project knows.
    """
    known = {fact.name for fact in found}
    for definition in defined:
        target = definition.target
        if target.lifetime is not Lifetime.MODULE or target.owner is not tree.module:
            continue
        named = is_cache_name(target.name) and target.name not in known
        if not named or container_kind(definition.value, tree) not in _KINDS:
            continue
        container = held(tree, index, definition)
        busy = any(container.does(act) for act in _OTHERS)
        if not busy and not container.rebinds():
            yield describe(container, container.stores(), tree, index)


def foreign_uses(tree: ModuleTree, index: CacheIndex, words: Iterable[str]) -> Iterator[ForeignUse]:
    """Yield what the module does to containers that it imports, by name or with their module.

    Args:
        words: those of the file that speak of caches.
    """
    for name in sorted(filter(is_cache_name, words)):
        for place, origin in _places(tree, index, name):
            for use in uses(tree, [place]):
                if use.function is not None:
                    yield _use(use, origin, tree)


def _places(tree: ModuleTree, index: CacheIndex, name: str) -> Iterator[tuple[ast.expr, str]]:
    for node in index.names(name):
        if (origin := _imported(tree, node)) is not None:
            yield node, origin
    for attribute in index.attributes(name):
        path = _dotted(attribute.value)
        if path and (origin := _imported(tree, path[0])) is not None:
            yield attribute, ".".join((origin, *(one.attr for one in path[1]), name))


def _dotted(node: ast.expr) -> tuple[ast.Name, list[ast.Attribute]] | None:
    """Return the name that ``a.b.c`` starts with, and the attributes after it."""
    after: list[ast.Attribute] = []
    while isinstance(node, ast.Attribute):
        after.insert(0, node)
        node = node.value
    return (node, after) if isinstance(node, ast.Name) else None


def _imported(tree: ModuleTree, node: ast.Name) -> str | None:
    """Return what an imported name denotes, None where it is, or may be, something else."""
    scope = scope_of(tree, node)
    bindings = scope.names.get(node.id, []) if scope is not None else []
    targets = {one.target if one.kind is BindingKind.IMPORT else None for one in bindings}
    return targets.pop() if len(targets) == 1 else None


def _use(use: Use, name: str, tree: ModuleTree) -> ForeignUse:
    return ForeignUse(
        name=name,
        stores=use.act is Act.STORE,
        looks_up=use.act is Act.LOOK_UP,
        limits=use.act in _LIMITING,
        openness=openness(tree, [use]),
        keys=shown_key(tree, [use]),
    )
