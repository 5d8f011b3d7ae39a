"""Containers of one module that others fill: what a file defines, and what it does to others'."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from exai_audit.collectors.caches.accesses import identifiers, last_name, scope_of
from exai_audit.collectors.caches.containers import container_kind, describe, held
from exai_audit.collectors.caches.definitions import assigned_names, definitions
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.keys import openness, shown_key
from exai_audit.collectors.caches.uses import Act, Use, uses
from exai_audit.collectors.caches.visitors import names_visitor
from exai_audit.collectors.caches.vocabulary import is_cache_name
from exai_audit.facts.caches import CacheFact, CacheForm, ForeignUse, Lifetime, Openness
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import receiver
from exai_audit.syntax.scopes import BindingKind

_KINDS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict"})
_DEFAULTING = "collections.defaultdict"
_WORDS = frozenset({"return", "import", "class"})  # those for which the collector looks
_MAKING = (ast.Dict, ast.Call)
_KEYED = frozenset({"get", "setdefault", "pop", "add", "discard", "remove"})
_EMPTIES = frozenset({"clear", "popitem"})
_LIMITING = (Act.REMOVE, Act.MEASURE, Act.BIND, Act.HAND_ON)
_OTHERS = (Act.REMOVE, Act.MEASURE, Act.HAND_ON, Act.GATHER, Act.COUNT)


def unfilled(
    tree: ModuleTree, index: CacheIndex, found: Iterable[CacheFact]
) -> Iterator[CacheFact]:
    """Yield the empty dictionaries of the module that are no caches by what it does itself.

    Whether another module makes them caches, or keeps something in them for each visitor, only the
    project knows: of those that are not called caches, the second.
    """
    known = {fact.name for fact in found}
    names = set(_made_empty(tree)) - known
    for definition in definitions(tree, index, names) if names else ():
        target = definition.target
        if target.lifetime is not Lifetime.MODULE or target.owner is not tree.module:
            continue
        if container_kind(definition.value, tree) not in _KINDS:
            continue
        container = held(tree, index, definition)
        if any(container.does(act) for act in _OTHERS) or container.rebinds():
            continue
        fact = describe(container, container.stores(), tree, index)
        if container_kind(definition.value, tree) == _DEFAULTING:
            fact = replace(fact, callable=_DEFAULTING)
        named = is_cache_name(target.name)
        yield fact if named else replace(fact, form=CacheForm.REGISTRY, unread=True)


def _made_empty(tree: ModuleTree) -> Iterator[str]:
    looked_at = not tree.words.isdisjoint(_WORDS)
    for made in tree.module.body:
        if isinstance(made, (ast.Assign, ast.AnnAssign)) and type(made.value) in _MAKING:
            yield from (n for n in assigned_names(made) if looked_at or is_cache_name(n))


def foreign_uses(tree: ModuleTree, index: CacheIndex, words: Iterable[str]) -> Iterator[ForeignUse]:
    """Yield what the module does to containers that it imports, by name or with their module.

    Args:
        words: those of the file that speak of caches.
    """
    for name in sorted({*filter(is_cache_name, words), *_of_visitors(tree)}):
        found = [
            (use, origin)
            for place, origin in _places(tree, index, name)
            for use in uses(tree, [place])
            if use.function is not None
        ]
        for use, origin in found:
            yield _use(use, origin, tree, [one for one, other in found if other == origin])


def _of_visitors(tree: ModuleTree) -> set[str]:
    """Return the names of what is used by keys that name a visitor, and of what is emptied."""
    if "import" not in tree.words or not any(map(names_visitor, tree.words)):
        return set()
    keyed = [(node.value, node.slice) for node in tree.all(ast.Subscript)]
    for call in tree.calls(_KEYED):
        source = receiver(call.func)
        if source is not None and call.args:
            keyed.append((source, call.args[0]))
    for asked in tree.all(ast.Compare):
        keyed.extend((side, asked.left) for side in asked.comparators)
    found = {""}  # what has no name is nowhere to be found
    for of, key in keyed:
        name = last_name(of)
        if name not in found and _is_by_visitor(key):
            found.add(name)
    emptied = (receiver(call.func) for call in tree.calls(_EMPTIES))
    return found | {last_name(source) for source in emptied if source is not None}


def _is_by_visitor(key: ast.expr) -> bool:
    if isinstance(key, ast.Name):
        return names_visitor(key.id)
    if isinstance(key, ast.Constant) and not isinstance(key.value, str):
        return False
    return any(names_visitor(name) for name, _ in identifiers(key))


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


def _use(use: Use, name: str, tree: ModuleTree, others: Iterable[Use]) -> ForeignUse:
    return ForeignUse(
        name=name,
        stores=use.act is Act.STORE,
        looks_up=use.act is Act.LOOK_UP,
        limits=use.act in _LIMITING,
        openness=openness(tree, [use]),
        keys=shown_key(tree, [use]),
        reads=tree.span(use.node).line if _may_grow(use, others, tree) else 0,
    )


def _may_grow(read: Use, others: Iterable[Use], tree: ModuleTree) -> bool:
    """Tell whether a function reads an entry by a key without an end, and does no more."""
    is_read = read.act is Act.LOOK_UP and isinstance(read.node, ast.Subscript)
    if not is_read or read.key is None or openness(tree, [read]) is Openness.UNSAID:
        return False
    here = [one for one in others if one.function is read.function]
    asks = any(isinstance(one.node, ast.Compare) for one in here)
    return not asks and all(one.act is Act.LOOK_UP for one in here)
