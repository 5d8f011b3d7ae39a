"""Functions whose results a decorator keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from exai_audit.collectors.caching.containers import container_kind
from exai_audit.collectors.caching.definitions import outlives
from exai_audit.collectors.caching.keys import is_argued, is_fixed, openness_of
from exai_audit.collectors.caching.purity import cause
from exai_audit.collectors.caching.syntax import (
    Gathered,
    argument,
    descendants,
    given,
    last_name,
    method_class,
)
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import CacheFact, CacheForm, Layer, Lifetime
from exai_audit.knowledge.table import Cache, Call, table

_STATIC = frozenset({"staticmethod", "classmethod"})
_UNKNOWN = frozenset({"memoize", "memoized"})
_THREAD_SAFE = frozenset({"functools.cache", "functools.lru_cache"})
_CLEARERS = frozenset({"cache_clear", "cache_invalidate"})


@dataclass(frozen=True, slots=True)
class _Cached:
    """A function and the expression that caches it: a decorator, or a call around its name."""

    function: cst.FunctionDef
    by: cst.BaseExpression
    place: cst.CSTNode
    name: str
    cache: Cache
    callable: str


def decorated(tree: ModuleTree, gathered: Gathered) -> Iterator[CacheFact]:
    """Yield the cache that each caching decorator makes, also one that is called like a function.

    A function nested in another one counts only if it outlives the call.
    """
    emptied = cleared(tree, gathered)
    for cached in (*_by_decorator(tree, gathered), *_by_call(tree, gathered)):
        if _dies_with_the_call(tree, gathered, cached.function):
            continue
        if not _keeps_elsewhere(cached):
            yield _fact(cached, tree, gathered, cached.name in emptied)


def _by_decorator(tree: ModuleTree, gathered: Gathered) -> Iterator[_Cached]:
    for function in gathered.functions:
        for decorator in function.decorators:
            row = _row(decorator.decorator, tree)
            if row is not None and row.cache is not None and row.cache.kind != "store":
                name = function.name.value
                yield _Cached(function, decorator.decorator, decorator, name, row.cache, row.name)
                break


def _by_call(tree: ModuleTree, gathered: Gathered) -> Iterator[_Cached]:
    """Yield ``fast = lru_cache(maxsize=None)(slow)`` for a function of the module."""
    by_name = {(tree.scopes.of(f).node, f.name.value): f for f in gathered.functions}
    for assignment in gathered.assignments:
        call = assignment.value
        if not isinstance(call, cst.Call) or len(call.args) != 1:
            continue
        row = _row(call.func, tree) if isinstance(call.func, (cst.Call, cst.Name)) else None
        handed = call.args[0].value
        if row is None or row.cache is None or row.cache.kind == "store":
            continue
        scope = tree.scopes.of(assignment).node
        function = by_name.get((scope, handed.value)) if isinstance(handed, cst.Name) else None
        if function is not None and not isinstance(scope, cst.FunctionDef):
            name = function.name.value
            yield _Cached(function, call.func, call, name, row.cache, row.name)


def _row(decorator: cst.BaseExpression, tree: ModuleTree) -> Call | None:
    named = decorator.func if isinstance(decorator, cst.Call) else decorator
    name = tree.qualified(named)
    known = table().call(name) if name else None
    if known is None and name and name.rpartition(".")[2] in _UNKNOWN:
        return Call(name, cache=Cache("decorator", default_bound="unseen"))
    return known


def _dies_with_the_call(tree: ModuleTree, gathered: Gathered, function: cst.FunctionDef) -> bool:
    return tree.function_of(function) is not None and not outlives(tree, gathered, function)


def _keeps_elsewhere(cached: _Cached) -> bool:
    """Tell whether the results are in a store with a name, which is the cache, or nowhere."""
    if cached.cache.kind != "wrapper" or not isinstance(cached.by, cst.Call):
        return False
    store = argument(cached.by, cached.cache.store, 0)
    return isinstance(store, (cst.Name, cst.Attribute, cst.Lambda))


def _fact(cached: _Cached, tree: ModuleTree, gathered: Gathered, emptied: bool) -> CacheFact:
    function = cached.function
    owner = method_class(tree, function)
    is_property = cached.cache.kind == "property"
    is_method = _is_method(function, owner)
    bound_first = is_method or _is_class_method(function)
    parameters = _parameters(function)[1 if bound_first else 0 :]
    outer = tree.function_of(function)
    lifetime = Lifetime.MODULE if owner is None and outer is None else Lifetime.CLASS
    why = cause(tree, gathered, function)
    bound, expiry = _limits(cached, tree)
    return CacheFact(
        place=tree.place(cached.place),
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
        keys=", ".join(p.name.value for p in parameters),
        sweeps=expiry is not None,
        emptied=emptied,
        origin=why.origin if why else None,
        source=why.source if why else "",
        parameters=len(parameters),
        on_method=is_method and not is_property and not _is_enum(owner, tree),
        on_coroutine=function.asynchronous is not None,
        fixed_keys=_has_few_keys(cached, parameters),
        argued=is_argued(tree, cached.place),
        by_value=owner is not None and _is_value(owner),
        openness=openness_of(parameters),
    )


def cleared(tree: ModuleTree, gathered: Gathered) -> frozenset[str]:
    """Return the names of the functions whose caches the file clears."""
    return frozenset(_cleared(tree, gathered))


def _cleared(tree: ModuleTree, gathered: Gathered) -> Iterator[str]:
    for call in gathered.calls:
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in _CLEARERS:
            yield last_name(call.func.value)
            if isinstance(call.func.value, cst.Name):
                yield from _gone_over(tree, call.func.value)


def _gone_over(tree: ModuleTree, name: cst.Name) -> Iterator[str]:
    """Yield the functions of ``for function in (price, stock): function.cache_clear()``."""
    for node in tree.ancestors(name):
        if isinstance(node, cst.For) and last_name(node.target) == name.value:
            elements = node.iter.elements if isinstance(node.iter, (cst.Tuple, cst.List)) else ()
            yield from (last_name(element.value) for element in elements)


def _limits(cached: _Cached, tree: ModuleTree) -> tuple[str | None, str | None]:
    """Return the bound and the expiry that the decorator, or the store in it, gives."""
    cache, by = cached.cache, cached.by
    if cache.kind == "wrapper" and isinstance(by, cst.Call):
        store = argument(by, cache.store, 0)
        row = _row(store, tree) if isinstance(store, cst.Call) else None
        if isinstance(store, cst.Call) and row is not None and row.cache is not None:
            return given(store, row.cache, tree)
        if store is not None and container_kind(store, tree) is None:
            return f"in {tree.module.code_for_node(store)}", None
        return None, None
    if not isinstance(by, cst.Call):
        return given(None, cache, tree)
    return given(by, cache, tree)


def _has_few_keys(cached: _Cached, parameters: list[cst.Param]) -> bool:
    return (bool(parameters) and all(map(is_fixed, parameters))) or _calls_itself(cached.function)


def _calls_itself(function: cst.FunctionDef) -> bool:
    """Tell whether a function needs all of its results again: a bound would defeat its purpose."""
    calls = (n for n in descendants(function.body) if isinstance(n, cst.Call))
    return any(last_name(call.func) == function.name.value for call in calls)


def _has_argument(by: cst.BaseExpression, keyword: str) -> bool:
    return isinstance(by, cst.Call) and argument(by, keyword, None) is not None


def _parameters(function: cst.FunctionDef) -> list[cst.Param]:
    params = function.params
    found = [*params.posonly_params, *params.params, *params.kwonly_params]
    if isinstance(params.star_arg, cst.Param):
        found.append(params.star_arg)
    if params.star_kwarg is not None:
        found.append(params.star_kwarg)
    return found


def _is_method(function: cst.FunctionDef, owner: cst.ClassDef | None) -> bool:
    """Tell whether the first parameter is an instance: in a metaclass it is a class."""
    if owner is None or _STATIC & _names(d.decorator for d in function.decorators):
        return False
    if "type" in _names(base.value for base in owner.bases):
        return False
    params = _parameters(function)
    return bool(params) and params[0].name.value not in ("cls", "mcs", "metacls", "klass")


def _names(nodes: Iterable[cst.BaseExpression]) -> set[str]:
    return {last_name(node) for node in nodes}


def _is_class_method(function: cst.FunctionDef) -> bool:
    return "classmethod" in _names(d.decorator for d in function.decorators)


def _is_value(owner: cst.ClassDef) -> bool:
    """Tell whether equal objects of a class are as good as one another: keys, not identities."""
    if "NamedTuple" in _names(base.value for base in owner.bases):
        return True
    for decorator in (d.decorator for d in owner.decorators):
        frozen = argument(decorator, "frozen", None) if isinstance(decorator, cst.Call) else None
        if last_name(decorator) == "frozen" or (frozen is not None and last_name(frozen) == "True"):
            return True
    return any(
        isinstance(part, cst.FunctionDef) and part.name.value == "__hash__"
        for part in owner.body.body
    )


def _is_enum(owner: cst.ClassDef | None, tree: ModuleTree) -> bool:
    """Tell whether the class is an enumeration: its instances live for ever anyway."""
    bases = [] if owner is None else [base.value for base in owner.bases]
    names = [tree.qualified(base) or last_name(base) for base in bases]
    return any(n.endswith(("Enum", "Flag")) for n in names)
