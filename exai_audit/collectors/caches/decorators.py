"""Functions whose results a decorator keeps."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from exai_audit.collectors.caches.accesses import (
    Named,
    argument,
    given,
    last_name,
    last_names,
    method_class,
)
from exai_audit.collectors.caches.cached_functions import Cached, cached_functions, row_of
from exai_audit.collectors.caches.claims import is_argued, is_said_unchanging
from exai_audit.collectors.caches.containers import container_kind
from exai_audit.collectors.caches.definitions import outlives
from exai_audit.collectors.caches.identity import base_names, is_enum, is_value
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.keepers import is_of_class, reads_self, store_of_object
from exai_audit.collectors.caches.key_words import are_paths_alone
from exai_audit.collectors.caches.keys import is_fixed, openness_of
from exai_audit.collectors.caches.live_objects import kept_objects
from exai_audit.collectors.caches.makeup import makeup_of_decorated
from exai_audit.collectors.caches.object_lives import is_made_once
from exai_audit.collectors.caches.purity import cause
from exai_audit.collectors.caches.triggers import CLEARERS
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Lifetime, Origin
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Parameter, is_none, parameters
from exai_audit.syntax.scopes import unstarred
from exai_audit.syntax.walk import descendants

_STATIC = frozenset({"staticmethod", "classmethod"})
_STORE_KEYS = frozenset({"cachetools.cached", "asyncache.cached"})
_OF_SELF = ("functools.", "async_lru.", "cachetools.func.", "funcy.", "memoization.", "toolz.")
_THREAD_SAFE = frozenset({"functools.cache", "functools.lru_cache"})


def decorated(tree: ModuleTree, index: CacheIndex, calls: set[ast.Call]) -> Iterator[CacheFact]:
    """Yield the cache that each caching decorator makes, also one that is called like a function.

    A function nested in another one counts only if it outlives the call.

    Args:
        calls: those of what may be a decorator for caches.
    """
    emptied = cleared(tree, index)
    for cached in cached_functions(tree, index, calls):
        if _dies_with_the_call(tree, index, cached.function):
            continue
        fact = _fact(cached, tree, index, cached.name in emptied)
        if not _keeps_elsewhere(cached, tree):
            yield fact
        elif fact.keyed_by_self or fact.shares_results or fact.on_coroutine:
            yield replace(fact, elsewhere=True)


def _dies_with_the_call(tree: ModuleTree, index: CacheIndex, function: Named) -> bool:
    return tree.function_of(function) is not None and not outlives(tree, index, function)


def _keeps_elsewhere(cached: Cached, tree: ModuleTree) -> bool:
    """Tell whether the results are in a store with a name, which is the cache, or nowhere."""
    if cached.cache.kind != "wrapper" or not isinstance(cached.by, ast.Call):
        return False
    store = argument(cached.by, cached.cache.store, 0)
    is_named = isinstance(store, (ast.Name, ast.Attribute, ast.Lambda))
    return is_named or is_none(store) or bool(store_of_object(store, tree))


def _fact(cached: Cached, tree: ModuleTree, index: CacheIndex, emptied: bool) -> CacheFact:
    function = cached.function
    owner = method_class(tree, function)
    is_property = cached.cache.kind == "property"
    is_method = _is_method(function, owner)
    bound_first = is_method or _is_class_method(function)
    taken = _parameters(function)[1 if bound_first else 0 :]
    outer = tree.function_of(function)
    lifetime = Lifetime.MODULE if owner is None and outer is None else Lifetime.CLASS
    why = cause(tree, index, function)
    bound, expiry = _limits(cached, tree)
    return CacheFact(
        place=cached.place,
        form=CacheForm.CACHED_PROPERTY if is_property else CacheForm.DECORATOR,
        name=cached.name,
        callable=cached.callable,
        layer=Layer.IN_MEMORY,
        lifetime=Lifetime.CLOSURE if outer is not None and owner is None else lifetime,
        bound=bound,
        expiry=expiry,
        invalidation="cache_clear" if emptied else None,
        lock=cached.callable in _THREAD_SAFE or _has_argument(cached.by, "lock"),
        pure=why is None,
        keys=", ".join(p.name for p in taken),
        sweeps=expiry is not None,
        emptied=emptied,
        origin=why.origin if why else None,
        source=why.source if why else "",
        parameters=len(taken),
        on_method=is_method and not is_property and not is_enum(owner, tree),
        on_coroutine=isinstance(function, ast.AsyncFunctionDef),
        fixed_keys=_has_few_keys(cached, taken),
        argued=is_argued(tree, cached.by),
        unchanging=is_said_unchanging(tree, cached.by, [function]),
        by_value=owner is not None and is_value(owner),
        openness=openness_of(taken),
        owner=tree.symbol(owner) if owner is not None else "",
        of_files=why is not None and why.origin is Origin.FILE and _takes_file(taken),
        keeps=kept_objects(tree.scopes.inside(function).returns, tree),
        keyed_by_self=_is_keyed_by_self(cached),
        shares_results=is_method and _shares_results(cached, owner, tree),
        long_lived=owner is not None and is_made_once(tree, index, owner),
        makeup=makeup_of_decorated(function, cached.by, taken, tree),
    )


def cleared(tree: ModuleTree, index: CacheIndex) -> frozenset[str]:
    """Return the names of the functions whose caches the file clears."""
    return frozenset(_cleared(tree, index))


def _cleared(tree: ModuleTree, index: CacheIndex) -> Iterator[str]:
    for call in index.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in CLEARERS:
            yield last_name(call.func.value)
            if isinstance(call.func.value, ast.Name):
                yield from _gone_over(tree, call.func.value)


def _gone_over(tree: ModuleTree, name: ast.Name) -> Iterator[str]:
    """Yield the functions of ``for function in (price, stock): function.cache_clear()``."""
    for node in tree.ancestors(name):
        if isinstance(node, (ast.For, ast.AsyncFor)) and last_name(node.target) == name.id:
            elements = node.iter.elts if isinstance(node.iter, (ast.Tuple, ast.List)) else ()
            yield from (last_name(unstarred(element)) for element in elements)


def _takes_file(taken: list[Parameter]) -> bool:
    return are_paths_alone(param.name for param in taken)


def _is_keyed_by_self(cached: Cached) -> bool:
    """Tell whether the keys of a method's results hold the object: none are made of other things.

    A store that is a function of the object is one for each.
    """
    if cached.callable not in _STORE_KEYS:
        return cached.callable.startswith(_OF_SELF)
    if not isinstance(cached.by, ast.Call):
        return False
    store = argument(cached.by, cached.cache.store, 0)
    if isinstance(store, ast.Lambda) or is_none(store):
        return False
    return argument(cached.by, "key", 1) is None


def _shares_results(cached: Cached, owner: ast.ClassDef | None, tree: ModuleTree) -> bool:
    """Tell whether all objects of a class keep their results in its store, under the same keys."""
    if cached.callable != "cachetools.cachedmethod" or not isinstance(cached.by, ast.Call):
        return False
    name = store_of_object(argument(cached.by, cached.cache.store, 0), tree)
    leaves_self_out = not _has_argument(cached.by, "key") and len(cached.by.args) < 2
    shared = owner is not None and is_of_class(name, owner, tree)
    return shared and leaves_self_out and reads_self(cached.function)


def _limits(cached: Cached, tree: ModuleTree) -> tuple[str | None, str | None]:
    """Return the bound and the expiry that the decorator, or the store in it, gives."""
    cache, by = cached.cache, cached.by
    if cache.kind == "wrapper" and isinstance(by, ast.Call):
        store = argument(by, cache.store, 0)
        row = row_of(store, tree) if isinstance(store, ast.Call) else None
        if isinstance(store, ast.Call) and row is not None and row.cache is not None:
            return given(store, row.cache, tree)
        if store is not None and container_kind(store, tree) is None:
            return f"in {tree.text(store)}", None
        return None, None
    if not isinstance(by, ast.Call):
        return given(None, cache, tree)
    return given(by, cache, tree)


def _has_few_keys(cached: Cached, taken: list[Parameter]) -> bool:
    return (bool(taken) and all(map(is_fixed, taken))) or _calls_itself(cached.function)


def _calls_itself(function: Named) -> bool:
    """Tell whether a function needs all of its results again: a bound would defeat its purpose."""
    nodes = (node for part in function.body for node in descendants(part))
    return any(isinstance(n, ast.Call) and last_name(n.func) == function.name for n in nodes)


def _has_argument(by: ast.expr, keyword: str) -> bool:
    return isinstance(by, ast.Call) and argument(by, keyword, None) is not None


def _parameters(function: Named) -> list[Parameter]:
    """Return the parameters, those that take all there are at the end."""
    return sorted(parameters(function), key=lambda param: len(param.star))


def _is_method(function: Named, owner: ast.ClassDef | None) -> bool:
    """Tell whether the first parameter is an instance: in a metaclass it is a class."""
    if owner is None or _STATIC & last_names(function.decorator_list):
        return False
    if "type" in base_names(owner):
        return False
    taken = _parameters(function)
    return bool(taken) and taken[0].name not in ("cls", "mcs", "metacls", "klass")


def _is_class_method(function: Named) -> bool:
    return "classmethod" in last_names(function.decorator_list)
