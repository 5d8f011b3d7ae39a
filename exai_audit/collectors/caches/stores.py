"""Stores of cache libraries that something outliving the call holds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.caches.accesses import argument, given, last_name
from exai_audit.collectors.caches.bounds import limits
from exai_audit.collectors.caches.containers import Key, owner_name, stale_cause
from exai_audit.collectors.caches.definitions import Definition
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.keys import openness, shown_key
from exai_audit.collectors.caches.object_lives import is_long_lived_object
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.purity import Cause, cause
from exai_audit.collectors.caches.references import references
from exai_audit.collectors.caches.sharing import NEVER, check_then_act, is_locked
from exai_audit.collectors.caches.uses import Act, Use, uses
from exai_audit.collectors.caches.vocabulary import is_cache_name, is_expiry, is_size, names_a_store
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Lifetime
from exai_audit.knowledge.calls import Cache, Call
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments, is_none

_REDIS = frozenset({
    "redis.Redis", "redis.StrictRedis", "redis.from_url", "redis.Redis.from_url",
    "redis.asyncio.Redis", "redis.asyncio.from_url", "redis.asyncio.Redis.from_url",
    "redis.cluster.RedisCluster", "valkey.Valkey", "pymemcache.client.base.Client",
})  # fmt: skip
_DJANGO = "django.core.cache"
_SETTERS = frozenset({"set", "aset", "add", "aadd", "get_or_set", "aget_or_set", "set_many"})
_EXPIRIES = ("ex", "px", "ttl", "timeout", "expire", "expires", "expiration")


def library_stores(
    tree: ModuleTree, index: CacheIndex, defined: Iterable[Definition], taken: set[Key]
) -> Iterator[CacheFact]:
    """Yield the stores, each once, also where another branch falls back to a dictionary.

    Args:
        taken: what is a cache of another form already; those found are added.
    """
    for definition in defined:
        row = _row(definition, tree)
        if row is not None and definition.key not in taken:
            taken.add(definition.key)
            yield _fact(definition, row, tree, index)
    yield from _of_django(tree, index)


def _row(definition: Definition, tree: ModuleTree) -> Call | None:
    call = _made(definition.value)
    if call is None:
        return None
    name = tree.qualified(call.func)
    known = table().call(name) if name else None
    if known is not None and known.cache is not None:
        return known if known.cache.kind == "store" else None
    if name in _REDIS:
        cache = Cache("store", default_bound="the server's")
        return Call(name, cache=cache) if is_cache_name(definition.target.name) else None
    return _by_name(call, name or last_name(call.func))


def _made(value: ast.expr) -> ast.Call | None:
    """Return the call that makes a store, also where there may be none: ``... if on else None``."""
    if isinstance(value, ast.IfExp):
        sides = [value.body, value.orelse]
        made = [side for side in sides if not is_none(side)]
        return _made(made[0]) if len(made) == 1 else None
    call = value.value if isinstance(value, ast.Await) else value
    return call if isinstance(call, ast.Call) else None


def _by_name(call: ast.Call, name: str) -> Call | None:
    """Return a row for any class named Cache that is given a size or a lifetime."""
    last = name.rpartition(".")[2]
    if not names_a_store(last) or not last.lstrip("_")[:1].isupper():
        return None
    handed = arguments(call)
    keywords = [one.name for one in handed if one.name]
    size = next(filter(is_size, keywords), None)
    lifetime = next(filter(is_expiry, keywords), None)
    numbered = bool(call.args) and is_number(handed[0].value)
    if size is None and lifetime is None and not numbered:
        return None
    position = 0 if numbered and size is None else None
    return Call(name, cache=Cache("store", size or ("size" if numbered else None), position,
                                  expiry=lifetime))  # fmt: skip


def is_number(node: ast.expr) -> bool:
    """Tell whether an argument is a number, or a constant by its upper-case name."""
    return (isinstance(node, ast.Constant) and type(node.value) is int) or last_name(node).isupper()


def _fact(definition: Definition, row: Call, tree: ModuleTree, index: CacheIndex) -> CacheFact:
    target, call = definition.target, _made(definition.value)
    assert call is not None and row.cache is not None and target.lifetime is not None
    bound, expiry = given(call, row.cache, tree)
    held = Container(target, tuple(uses(tree, references(tree, index, target))))
    stored = held.does(Act.STORE)
    limited = limits(tree, index, held)
    why = stale_cause(tree, index, stored) or _decorated_cause(definition, tree, index)
    expiry = expiry or _given_expiry(stored) or limited.expiry
    locked = any(is_locked(use, tree) for use in stored)
    between = NEVER if locked else check_then_act(held, stored, tree, index)
    return CacheFact(
        place=tree.place(call),
        form=CacheForm.LIBRARY_STORE,
        name=target.name,
        callable=row.name,
        layer=Layer.IN_MEMORY,
        lifetime=target.lifetime,
        bound=bound or limited.bound,
        expiry=expiry,
        invalidation=limited.invalidation,
        lock=locked,
        pure=why is None,
        keys=shown_key(tree, stored),
        sweeps=expiry is not None,
        removers=limited.removers,
        emptied=limited.emptied,
        origin=why.origin if why else None,
        source=why.source if why else "",
        parameters=1,
        openness=openness(tree, stored, held),
        long_lived=is_long_lived_object(tree, index, target.owner),
        shared=bool(held.does(Act.HAND_ON)),
        unlocked=between.unlocked,
        looked_up=between.looked_up,
        unlocked_in=between.unlocked_in,
        awaits=between.awaits,
        on_loop=between.on_loop,
        read_again=between.read_again,
        of_objects=between.of_objects,
        owner=owner_name(target.owner, tree),
    )


def _given_expiry(stored: Iterable[Use]) -> str | None:
    """Return the lifetime that an entry is given when it is stored."""
    for use in stored:
        call = use.node
        if isinstance(call, ast.Call):
            if last_name(call.func) in ("setex", "psetex"):
                return last_name(call.func)
            keyword = next((k for k in _EXPIRIES if argument(call, k, None) is not None), None)
            if keyword:
                return f"{keyword} of each entry"
    return None


def _decorated_cause(definition: Definition, tree: ModuleTree, index: CacheIndex) -> Cause | None:
    """Return why the results of a function under ``@cached(store)`` can go stale."""
    for function in index.functions:
        for call in function.decorator_list:
            name = tree.qualified(call.func) if isinstance(call, ast.Call) else None
            row = table().call(name) if name else None
            if row is None or row.cache is None or row.cache.kind != "wrapper":
                continue
            assert isinstance(call, ast.Call)
            store = argument(call, row.cache.store, 0)
            if store is not None and last_name(store) == definition.target.name:
                return cause(tree, index, function)
    return None


def _of_django(tree: ModuleTree, index: CacheIndex) -> Iterator[CacheFact]:
    """Yield Django's configured caches where a module first stores in one: they have no maker."""
    seen: set[str] = set()
    for call in index.calls if "django" in tree.roots else ():
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in _SETTERS:
            continue
        ref = tree.resolve(func.value)
        name = ref.name if ref else ""
        if name not in (f"{_DJANGO}.cache", f"{_DJANGO}.caches") or name in seen:
            continue
        seen.add(name)
        use = Use(Act.STORE, call, tree.function_of(call), *_first_two(call))
        why = stale_cause(tree, index, [use])
        yield CacheFact(
            place=tree.place(call),
            form=CacheForm.LIBRARY_STORE,
            name=name.rpartition(".")[2],
            callable=name,
            layer=Layer.DISTRIBUTED,
            lifetime=Lifetime.MODULE,
            bound="the settings'",
            expiry="timeout" if len(arguments(call)) > 2 else "the settings'",
            invalidation=None,
            lock=False,
            pure=why is None,
            keys=shown_key(tree, [use]),
            sweeps=True,
            origin=why.origin if why else None,
            source=why.source if why else "",
            parameters=1,
        )


def _first_two(call: ast.Call) -> tuple[ast.expr | None, ast.expr | None]:
    values = [given.value for given in arguments(call)]
    return (values[0] if values else None), (values[1] if len(values) > 1 else None)
