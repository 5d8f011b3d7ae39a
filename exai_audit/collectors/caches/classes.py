"""Classes that are caches: named so, and storing by key."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from exai_audit.collectors.caches.accesses import (
    Named,
    Target,
    identifiers,
    last_name,
    last_names,
    method_class,
    place_of,
)
from exai_audit.collectors.caches.bounds import Limits, limits
from exai_audit.collectors.caches.claims import is_argued
from exai_audit.collectors.caches.containers import Key, container_kind, describe, held
from exai_audit.collectors.caches.definitions import Definition
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.keys import has_few_keys, openness, shown_key
from exai_audit.collectors.caches.makeup import makeup_of
from exai_audit.collectors.caches.object_lives import is_long_lived_object
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.sharing import NEVER, check_then_act, is_locked
from exai_audit.collectors.caches.uses import Act, uses
from exai_audit.collectors.caches.vocabulary import (
    empties,
    is_cache_class,
    is_expiry,
    is_mapping,
    is_size,
    surely_called,
)
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Lifetime, Makeup, Openness
from exai_audit.knowledge.layers import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.scopes import unstarred

_NO_CACHE = frozenset({
    "Protocol", "Exception", "Error", "Warning", "Enum", "TypedDict", "NamedTuple", "ABC",
    "TestCase",
})  # fmt: skip
_PUTS = frozenset({"set", "put", "store", "add", "save", "write", "insert", "__setitem__"})
_GETS = frozenset({"get", "lookup", "load", "fetch", "read", "find", "retrieve", "__getitem__"})


def cache_classes(
    tree: ModuleTree, index: CacheIndex, defined: Iterable[Definition], taken: set[Key]
) -> Iterator[CacheFact]:
    """Yield the cache classes; their containers are part of them and added to ``taken``."""
    for owner in index.classes:
        if not is_cache_class(owner.name) or _is_no_cache(owner):
            continue
        own = [d for d in defined if d.target.owner is owner and d.key not in taken]
        parts = [d for d in own if container_kind(d.value, tree) is not None]
        fact = _fact(owner, _main(tree, index, parts), tree, index)
        if fact is not None:
            taken.update(definition.key for definition in parts)
            yield fact
            yield from _beside(fact, parts, tree, index)


def _beside(
    fact: CacheFact, parts: list[Definition], tree: ModuleTree, index: CacheIndex
) -> Iterator[CacheFact]:
    """Yield what else a cache class stores by key and never removes from."""
    known = {d.key for d in parts if place_of(tree, d.target.node) == fact.grows}
    for definition in parts:
        container = held(tree, index, definition)
        is_known = definition.key in known
        known.add(definition.key)
        if is_known or not _stores_by_key(container) or not container.does(Act.LOOK_UP):
            continue
        limited = limits(tree, index, container)
        if limited.bound or limited.expiry or limited.invalidation:
            continue
        other = describe(container, container.stores(), tree, index)
        if other.form is not CacheForm.REGISTRY and other.openness is not Openness.UNSAID:
            yield replace(other, form=CacheForm.CONTAINER)


def _is_no_cache(owner: ast.ClassDef) -> bool:
    bases = last_names(map(unstarred, owner.bases))
    return any(base.endswith(tuple(_NO_CACHE)) for base in bases) and not any(
        is_mapping(base) for base in bases
    )


def _main(tree: ModuleTree, index: CacheIndex, parts: list[Definition]) -> Container | None:
    """Return the container that holds the entries: stored into by key, and looked up first."""
    found = [held(tree, index, definition) for definition in parts]
    stored = [one for one in found if _stores_by_key(one)]
    read = [one for one in stored if one.does(Act.LOOK_UP)]
    return next(iter(read or stored), None)


def _stores_by_key(container: Container) -> bool:
    return any(use.key is not None for use in container.stores())


def _fact(
    owner: ast.ClassDef, main: Container | None, tree: ModuleTree, index: CacheIndex
) -> CacheFact | None:
    by_base = None if main is not None else _itself(owner, tree, index)
    container = main or by_base
    setter = _method(owner, _PUTS, 2, tree, index)
    if container is None and (setter is None or not _method(owner, _GETS, 1, tree, index)):
        return None
    limited = _limits(owner, container, setter, tree, index)
    stored = container.stores() if container is not None else []
    between = NEVER
    if container is not None and not any(is_locked(use, tree) for use in stored):
        changed = [*container.does(Act.COUNT), *stored]
        between = check_then_act(container, changed, tree, index)
    return CacheFact(
        place=place_of(tree, owner),
        form=CacheForm.CLASS,
        name=owner.name,
        callable=", ".join(last_name(unstarred(base)) for base in owner.bases),
        layer=Layer.IN_MEMORY,
        lifetime=container.lifetime if container is not None else Lifetime.INSTANCE,
        bound=limited.bound,
        expiry=limited.expiry,
        invalidation=limited.invalidation,
        lock=any(is_locked(use, tree) for use in stored),
        pure=True,
        keys=shown_key(tree, stored) or (_key_parameter(setter) if setter is not None else ""),
        sweeps=limited.sweeps,
        removers=limited.removers,
        emptied=limited.emptied,
        bookkeeping=limited.bookkeeping,
        grows=place_of(tree, main.target.node) if main is not None else None,
        parameters=1 if main is not None else 0,
        fixed_keys=main is not None and has_few_keys(tree, main, stored),
        argued=main is not None and is_argued(tree, main.target.node),
        openness=openness(tree, stored, container),
        long_lived=is_long_lived_object(tree, index, owner),
        shared=bool(container.does(Act.HAND_ON)) if container is not None else False,
        unlocked=between.unlocked,
        looked_up=between.looked_up,
        unlocked_in=between.unlocked_in,
        awaits=between.awaits,
        on_loop=between.on_loop,
        read_again=between.read_again,
        of_objects=between.of_objects,
        counts=between.counts,
        owner=tree.symbol(owner),
        makeup=makeup_of(container, tree, index) if container is not None else Makeup(),
    )


def _itself(owner: ast.ClassDef, tree: ModuleTree, index: CacheIndex) -> Container | None:
    """Return the object itself as container where the class is a mapping."""
    if not any(is_mapping(last_name(unstarred(base))) for base in owner.bases):
        return None
    names = (*index.names("self"), *index.names("super"))
    places: list[ast.expr] = []
    for name in names:
        call = tree.parent(name)
        is_super = name.id == "super" and isinstance(call, ast.Call)
        if tree.class_of(name) is owner:
            places.append(call if is_super and isinstance(call, ast.Call) else name)
    found = tuple(uses(tree, places))
    target = Target(owner, owner.name, owner, Lifetime.INSTANCE)
    return Container(target, found)


def _limits(
    owner: ast.ClassDef,
    container: Container | None,
    setter: Named | None,
    tree: ModuleTree,
    index: CacheIndex,
) -> Limits:
    found = limits(tree, index, container) if container is not None else Limits()
    if found.invalidation is None:
        methods = _methods(owner, tree, index)
        names = [m.name for m in methods if empties(m.name)]
        if names:
            found = replace(
                found,
                invalidation=f"removed in {names[0]}",
                removers=(*found.removers, names[0]),
                emptied=found.emptied
                or surely_called(names[0])
                or any(_is_called_in(owner, name, tree, index) for name in names),
            )
    if found.expiry is None and setter is not None:
        names = [name for name, _ in identifiers(setter)]
        expiry = next((n for n in names if is_expiry(n) or n == "timeout"), None)
        if expiry is not None:
            found = replace(found, expiry=f"{expiry} of each entry")
    if found.bound is None and _evicts(owner):
        found = replace(found, bound="evicts")
    return found


def _is_called_in(owner: ast.ClassDef, name: str, tree: ModuleTree, index: CacheIndex) -> bool:
    """Tell whether a method of a class uses another."""
    return any(tree.class_of(one) is owner for one in index.mentions(name))


def _evicts(owner: ast.ClassDef) -> bool:
    """Tell whether a class knows a size and calls what evicts, also in an object of its own."""
    names = {name for part in owner.body for name, _ in identifiers(part)}
    return any(map(is_size, names)) and any(
        word.startswith("evict") for name in names for word in words(name)
    )


def _methods(owner: ast.ClassDef, tree: ModuleTree, index: CacheIndex) -> list[Named]:
    return [f for f in index.functions if method_class(tree, f) is owner]


def _method(
    owner: ast.ClassDef,
    verbs: frozenset[str],
    parameters: int,
    tree: ModuleTree,
    index: CacheIndex,
) -> Named | None:
    """Return the first method with one of ``verbs`` first in its name, and a body that acts."""
    for method in _methods(owner, tree, index):
        name = method.name
        verb = name if name.startswith("__") else next(iter(words(name)), "")
        params = [*method.args.posonlyargs, *method.args.args]
        if verb in verbs and len(params) > parameters and not _is_abstract(method):
            return method
    return None


def _is_abstract(method: Named) -> bool:
    if {"abstractmethod", "overload"} & last_names(method.decorator_list):
        return True
    return all(map(_does_nothing, method.body))


def _does_nothing(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(value, ast.Constant):
        return value.value is ... or isinstance(value.value, (str, bytes))
    return isinstance(value, ast.JoinedStr) or isinstance(statement, (ast.Pass, ast.Raise))


def _key_parameter(setter: Named) -> str:
    return setter.args.args[1].arg if len(setter.args.args) > 1 else ""
