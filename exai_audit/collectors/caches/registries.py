"""Dictionaries that grow though they are no caches: by visitors, or because reading them adds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import Function, identifiers, last_name, place_of
from exai_audit.collectors.caches.claims import is_argued
from exai_audit.collectors.caches.constants import has_constant_keys
from exai_audit.collectors.caches.containers import Key, container_kind, held, owner_name
from exai_audit.collectors.caches.definitions import assigned_names, definitions
from exai_audit.collectors.caches.idiom import is_setdefault
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.keys import has_few_keys, openness, shown_key
from exai_audit.collectors.caches.makeup import makeup_of
from exai_audit.collectors.caches.object_lives import is_long_lived_object, is_made_once
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.siblings import forgotten
from exai_audit.collectors.caches.states import are_emptied, are_of_meetings, are_states
from exai_audit.collectors.caches.uses import Act, Use, single_entry
from exai_audit.collectors.caches.visitors import names_guest, names_visitor
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Lifetime, Openness
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import receiver
from exai_audit.syntax.walk import descendants

_DICTIONARIES = frozenset({"dict", "defaultdict", "OrderedDict", "set"})
_KINDS = frozenset({
    "builtins.dict", "builtins.set", "collections.defaultdict", "collections.OrderedDict",
})  # fmt: skip
_DEFAULTING = "collections.defaultdict"
_FILLING = (Act.STORE, Act.GATHER, Act.COUNT)
_LIMITING = (Act.REMOVE, Act.MEASURE, Act.ORDER)


def registries(tree: ModuleTree, index: CacheIndex, taken: set[Key]) -> Iterator[CacheFact]:
    """Yield the dictionaries of long life whose keys have no end and that nothing removes from.

    Those keyed by users, sessions, requests and the like, and the default dictionaries that get an
    entry by being read.

    Args:
        taken: what is a cache already.
    """
    names = set(_dictionaries(tree))
    for definition in definitions(tree, index, names) if names else ():
        kind = container_kind(definition.value, tree)
        if kind not in _KINDS or definition.key in taken:
            continue
        taken.add(definition.key)
        container = held(tree, index, definition)
        if _is_limited(container) or is_argued(tree, container.target.node):
            continue
        filled = [use for act in _FILLING for use in container.does(act) if use.function]
        read = _growing_reads(container, tree) if kind == _DEFAULTING else []
        of_visitors = any(_is_by_visitor(use) for use in filled) and not (
            are_states(filled) or are_emptied(container, tree)
        )
        if read and not has_few_keys(tree, container, read):
            yield _fact(container, read, tree, index)
        elif of_visitors and (container.does(Act.LOOK_UP) or any(map(is_setdefault, filled))):
            yield _fact(container, filled, tree, index)


def _dictionaries(tree: ModuleTree) -> Iterator[str]:
    """Yield the names that are given an empty dictionary.

    Those of objects and of calls only where it is a default one, or is filled by visitor.
    """
    filled: set[str] | None = None
    for assignment in tree.all(ast.Assign, ast.AnnAssign):
        value = assignment.value
        made = last_name(value.func) if isinstance(value, ast.Call) else ""
        empty = made in _DICTIONARIES or (isinstance(value, ast.Dict) and not value.keys)
        if made == "defaultdict" or (empty and tree.function_of(assignment) is None):
            yield from assigned_names(assignment)
        elif empty:
            filled = set(_filled_by_visitor(tree)) if filled is None else filled
            yield from filled.intersection(assigned_names(assignment))


def _filled_by_visitor(tree: ModuleTree) -> Iterator[str]:
    """Yield the names of what is stored into under a key that names a visitor."""
    if not any(map(names_visitor, tree.words)):
        return
    for assignment in tree.all(ast.Assign):
        for target in assignment.targets:
            if isinstance(target, ast.Subscript) and _names_a_visitor(target.slice):
                yield last_name(target.value)
    for call in tree.calls(frozenset({"setdefault", "add", "update"})):
        source = receiver(call.func)
        entry = single_entry(call.args[0]) if call.args else None
        key = entry[0] if entry is not None else next(iter(call.args), None)
        if source is not None and key is not None and _names_a_visitor(key):
            yield last_name(source)


def _is_limited(container: Container) -> bool:
    limited = any(container.does(act) for act in _LIMITING)
    return container.weak or limited or bool(container.rebinds())


def _is_by_visitor(use: Use) -> bool:
    return use.key is not None and _names_a_visitor(use.key)


def _is_by_guest(use: Use) -> bool:
    return use.key is not None and any(map(names_guest, _names(use.key)))


def _names_a_visitor(key: ast.expr) -> bool:
    return any(map(names_visitor, _names(key)))


def _names(key: ast.expr) -> Iterator[str]:
    """Yield the names in a key, but those of what it calls."""
    called = {node.func for node in descendants(key) if isinstance(node, ast.Call)}
    return (name for name, node in identifiers(key) if node not in called)


def _growing_reads(container: Container, tree: ModuleTree) -> list[Use]:
    """Return the reads by key in functions that neither fill it nor ask what is in it."""
    busy = {use.function for act in (*_FILLING, Act.GO_OVER) for use in container.does(act)}
    looks = container.does(Act.LOOK_UP)
    reads = [use for use in looks if isinstance(use.node, ast.Subscript) and use.key is not None]
    return [
        use
        for use in reads
        if use.function is not None
        and use.function not in busy
        and not _is_of_the_object(use.key)
        and not any(_asks(look, use.function) for look in looks)
        and openness(tree, [use]) is not Openness.UNSAID
    ]


def _is_of_the_object(key: ast.expr | None) -> bool:
    """Tell whether an attribute of the object itself is the key: there is one of it."""
    return isinstance(key, ast.Attribute) and last_name(key.value) == "self"


def _asks(look: Use, function: Function) -> bool:
    return look.function is function and isinstance(look.node, ast.Compare)


def _fact(
    container: Container, uses: Iterable[Use], tree: ModuleTree, index: CacheIndex
) -> CacheFact:
    keyed = [use for use in uses if use.key is not None]
    target = container.target
    read = next((use for use in keyed if use.act is Act.LOOK_UP), None)
    found = openness(tree, keyed)
    of_object = container.lifetime is Lifetime.INSTANCE
    if found is Openness.OPEN and any(map(_is_by_guest, keyed)):
        found = Openness.ASKED
    if found is Openness.ASKED and of_object and not any(map(_is_by_guest, keyed)):
        found = Openness.OPEN
    return CacheFact(
        place=place_of(tree, target.node),
        form=CacheForm.REGISTRY,
        name=target.name,
        callable="",
        layer=Layer.IN_MEMORY,
        lifetime=container.lifetime,
        bound=None,
        expiry=None,
        invalidation=None,
        lock=False,
        pure=False,
        keys=shown_key(tree, keyed),
        parameters=1,
        fixed_keys=has_few_keys(tree, container, keyed) or are_of_meetings(keyed),
        constant_keys=has_constant_keys(tree, index, keyed),
        openness=found if found is not Openness.UNSAID else Openness.OPEN,
        long_lived=is_long_lived_object(tree, index, target.owner),
        made_once=is_made_once(tree, index, target.owner),
        shared=bool(container.does(Act.HAND_ON)),
        owner=owner_name(target.owner, tree),
        unread=True,
        grows_on_read=tree.span(read.node).line if read is not None else 0,
        forgotten=forgotten(container, keyed, tree),
        makeup=makeup_of(container, tree, index),
    )
