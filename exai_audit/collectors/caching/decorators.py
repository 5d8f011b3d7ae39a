"""Functions whose results a decorator keeps."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from exai_audit.collectors.caching.syntax import Gathered, argument, last_name, method_class
from exai_audit.collectors.caching.words import layer_of
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import CacheFact, CacheForm, Lifetime
from exai_audit.knowledge.table import Call, table

_STATIC = frozenset({"staticmethod", "classmethod"})
_FIXED_TYPES = frozenset({
    "type", "Type", "bool", "Callable", "ModuleType", "FunctionType", "Path", "PathLike",
})  # fmt: skip
_FIXED_NAMES = frozenset({"cls", "klass", "type_", "typ", "tp", "func", "fn", "function", "module"})


def decorated(tree: ModuleTree, gathered: Gathered) -> Iterator[CacheFact]:
    """Yield the cache that each decorator of the knowledge table makes."""
    for function in gathered.functions:
        for decorator in function.decorators:
            row = _row(decorator.decorator, tree)
            if row is not None and row.cache is not None and row.cache.kind != "store":
                yield _fact(function, decorator, row, tree, gathered)
                break


def _row(decorator: cst.BaseExpression, tree: ModuleTree) -> Call | None:
    named = decorator.func if isinstance(decorator, cst.Call) else decorator
    name = tree.qualified(named)
    return table().call(name) if name else None


def _fact(
    function: cst.FunctionDef,
    decorator: cst.Decorator,
    row: Call,
    tree: ModuleTree,
    gathered: Gathered,
) -> CacheFact:
    assert row.cache is not None
    owner = method_class(tree, function)
    is_property = row.cache.kind == "property"
    is_method = _is_method(function, owner)
    outer = tree.function_of(function)
    parameters = _parameters(function)[1 if is_method or _is_class_method(function) else 0 :]
    lifetime = Lifetime.MODULE if owner is None and outer is None else Lifetime.CLASS
    name = function.name.value
    return CacheFact(
        place=tree.place(decorator),
        form=CacheForm.CACHED_PROPERTY if is_property else CacheForm.DECORATOR,
        name=name,
        callable=row.name,
        layer=layer_of([name, tree.source.path]),
        lifetime=Lifetime.CLOSURE if outer is not None else lifetime,
        bound=_bound(decorator.decorator, row, tree),
        expiry=_expiry(decorator.decorator, row, tree),
        invalidation="cache_clear" if name in cleared(gathered) else None,
        lock=True,
        pure=True,
        parameters=len(parameters),
        on_method=is_method and not is_property and not _is_enum(owner, tree),
        on_coroutine=function.asynchronous is not None,
        fixed_keys=bool(parameters) and all(map(_is_fixed, parameters)),
    )


def cleared(gathered: Gathered) -> frozenset[str]:
    """Return the names of the functions whose caches the file clears."""
    return frozenset(
        last_name(call.func.value)
        for call in gathered.calls
        if isinstance(call.func, cst.Attribute)
        and call.func.attr.value in ("cache_clear", "cache_invalidate")
    )


def _bound(decorator: cst.BaseExpression, row: Call, tree: ModuleTree) -> str | None:
    cache = row.cache
    assert cache is not None
    given = None
    if isinstance(decorator, cst.Call) and cache.bound:
        given = argument(decorator, cache.bound, cache.bound_position)
    if given is None:
        return None if cache.default_bound == "none" else f"{cache.bound}={cache.default_bound}"
    if isinstance(given, cst.Name) and given.value == "None":
        return None
    return f"{cache.bound}={tree.module.code_for_node(given)}"


def _expiry(decorator: cst.BaseExpression, row: Call, tree: ModuleTree) -> str | None:
    cache = row.cache
    if cache is None or cache.expiry is None or not isinstance(decorator, cst.Call):
        return None
    given = argument(decorator, cache.expiry, cache.expiry_position)
    if given is None or (isinstance(given, cst.Name) and given.value == "None"):
        return None
    return f"{cache.expiry}={tree.module.code_for_node(given)}"


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
    if owner is None or _STATIC & {last_name(d.decorator) for d in function.decorators}:
        return False
    params = _parameters(function)
    return bool(params) and params[0].name.value not in ("cls", "mcs", "metacls", "klass")


def _is_class_method(function: cst.FunctionDef) -> bool:
    return "classmethod" in {last_name(d.decorator) for d in function.decorators}


def _is_enum(owner: cst.ClassDef | None, tree: ModuleTree) -> bool:
    """Tell whether the class is an enumeration: its instances live for ever anyway."""
    bases = [] if owner is None else [base.value for base in owner.bases]
    names = [tree.qualified(base) or last_name(base) for base in bases]
    return any(n.endswith(("Enum", "Flag", "Type")) for n in names)


def _is_fixed(param: cst.Param) -> bool:
    """Tell whether a parameter's values come from a fixed set, by annotation or bare name."""
    if param.annotation is None:
        return param.name.value in _FIXED_NAMES
    annotation = param.annotation.annotation
    if isinstance(annotation, cst.Subscript):
        annotation = annotation.value
    return last_name(annotation) in _FIXED_TYPES - {"Path", "PathLike"} | {"Literal"}
