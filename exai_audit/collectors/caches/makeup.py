"""What a cache is made of: the sort of its container, who fills it, under what key, with what."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from exai_audit.collectors.caches.accesses import (
    Function,
    Named,
    argument,
    last_name,
    last_names,
    method_class,
)
from exai_audit.collectors.caches.identity import is_enum
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.uses import Act, Use
from exai_audit.collectors.caches.vocabulary import is_passing
from exai_audit.facts.caches import Makeup
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Parameter, parameters
from exai_audit.syntax.walk import descendants

_LARGE = frozenset({
    "DataFrame", "Image", "NDArray", "Series", "Tensor", "memoryview", "ndarray",
})  # fmt: skip
_LOADERS = frozenset({
    "PIL", "cv2", "imageio", "librosa", "pandas", "polars", "skimage", "soundfile", "tifffile",
    "torch", "torchaudio",
})  # fmt: skip
_VALUES = frozenset({"bool", "bytes", "float", "int", "str"})
_PROPERTIES = frozenset({"property", "hybrid_property", "cached_property"})
_LARGEST_BASE, _LARGEST_POWER = 1_000_000, 20


def makeup_of(container: Container, tree: ModuleTree, index: CacheIndex) -> Makeup:
    """Return what a container is made of."""
    filling = [use for act in (Act.STORE, Act.GATHER, Act.COUNT) for use in container.does(act)]
    fillers = _once(use.function for use in filling if isinstance(use.function, FUNCTIONS))
    return Makeup(
        kind=container.kind.rpartition(".")[2],
        factory=_factory(container),
        filled_in=tuple(sorted({one.name for one in fillers})),
        unused=bool(fillers) and all(_is_unused(one, tree, index) for one in fillers),
        of_arguments=len(fillers) == 1 and _takes_only_keys(fillers[0], container.stores(), tree),
        by_identity=any(_has_identity(use, tree) for use in filling),
        key_types=_key_types(container, tree),
        weighty=any(_is_weighty(use.value, use.function, tree) for use in filling if use.value),
    )


def makeup_of_decorated(
    function: Named, by: ast.expr, taken: Sequence[Parameter], tree: ModuleTree
) -> Makeup:
    """Return what the cache of a decorated function is made of.

    Args:
        by: the decorator that caches.
        taken: its parameters, without ``self``.
    """
    others = last_names(one for one in function.decorator_list if one is not by)
    size = argument(by, "maxsize", 0) if isinstance(by, ast.Call) else None
    returned = tree.scopes.inside(function).returns
    return Makeup(
        passing=next((one.name for one in taken if _passes(one)), ""),
        weighty=_is_large(function.returns)
        or any(_is_weighty(one, function, tree) for one in returned),
        stacked=bool(others) and others.isdisjoint(_PROPERTIES),
        as_property=not others.isdisjoint(_PROPERTIES),
        room=_number(size) if size is not None else 0,
        key_types=_types([param.annotation for param in taken], tree),
    )


def _key_types(container: Container, tree: ModuleTree) -> tuple[str, ...]:
    """Return the classes of a container's keys, by its annotation or those of parameters."""
    definition = tree.parent(container.target.node)
    said = definition.annotation if isinstance(definition, ast.AnnAssign) else None
    if isinstance(said, ast.Subscript):
        key = said.slice.elts[0] if isinstance(said.slice, ast.Tuple) else said.slice
        parts = key.slice.elts if _is_tuple(key) else [key]  # type: ignore[attr-defined]
        return _types(parts, tree)
    found: set[str] = set()
    for use in container.stores():
        taken = parameters(use.function) if isinstance(use.function, FUNCTIONS) else []
        by_name = {param.name: param.annotation for param in taken}
        names = _plain_names(use.key) if use.key is not None else [""]
        types = _types([by_name.get(name) for name in names], tree)
        if not types:
            return ()
        found.update(types)
    return tuple(sorted(found))


def _is_tuple(key: ast.expr) -> bool:
    return (
        isinstance(key, ast.Subscript)
        and last_name(key.value) in ("tuple", "Tuple")
        and isinstance(key.slice, ast.Tuple)
    )


def _types(annotations: Sequence[ast.expr | None], tree: ModuleTree) -> tuple[str, ...]:
    """Return what annotations name, dotted, empty where one is missing or names nothing."""
    names = [tree.qualified(one) or "" if one is not None else "" for one in annotations]
    here = {one.name for one in tree.all(ast.ClassDef) if tree.parent(one) is tree.module}
    found = [f"{tree.dotted}.{name}" if name in here else name for name in names]
    return tuple(sorted(set(found))) if all(found) else ()


def enums(tree: ModuleTree) -> tuple[str, ...]:
    """Return the enumerations that a module defines, dotted."""
    found = (one for one in tree.all(ast.ClassDef) if is_enum(one, tree))
    return tuple(sorted(f"{tree.dotted}.{tree.symbol(one)}" for one in found))


def _once(functions: Iterable[Named]) -> list[Named]:
    return list(dict.fromkeys(functions))


def _factory(container: Container) -> str:
    """Return the last name of what makes the entries of a default dictionary."""
    made = container.made
    if container.kind != "collections.defaultdict" or not isinstance(made, ast.Call):
        return ""
    given = argument(made, "default_factory", 0)
    if isinstance(given, ast.Lambda):
        given = given.body
    return last_name(given) if given is not None else ""


def _is_unused(function: Named, tree: ModuleTree, index: CacheIndex) -> bool:
    """Tell whether a function of the module is decorated by nothing and named nowhere in it."""
    of_module = tree.parent(function) is tree.module and not function.decorator_list
    return of_module and not index.mentions(function.name)


def _takes_only_keys(function: Named, stored: Sequence[Use], tree: ModuleTree) -> bool:
    """Tell whether all that a plain function takes is the key under which it stores."""
    if not isinstance(function, ast.FunctionDef) or method_class(tree, function) is not None:
        return False
    names = [param.name for param in parameters(function) if not param.star]
    keys = {frozenset(_plain_names(use.key)) for use in stored if use.key is not None}
    return bool(names) and keys == {frozenset(names)}


def _plain_names(key: ast.expr) -> list[str]:
    parts = key.elts if isinstance(key, ast.Tuple) else [key]
    return [part.id if isinstance(part, ast.Name) else "" for part in parts]


def _has_identity(use: Use, tree: ModuleTree) -> bool:
    if use.key is None:
        return False
    made = tree.bindings(use.key.id, use.key) if isinstance(use.key, ast.Name) else [use.key]
    calls = (node for one in made if one is not None for node in descendants(one))
    return any(isinstance(one, ast.Call) and last_name(one.func) == "id" for one in calls)


def _is_weighty(value: ast.expr | None, function: Function | None, tree: ModuleTree) -> bool:
    """Tell whether a value comes from a call of a library for arrays, images, sounds or tables."""
    if isinstance(value, ast.Name) and function is not None:
        bound = tree.scopes.inside(function).names.get(value.id, [])
        made = (tree.statement(one.node) for one in bound)
        return any(_is_loaded(one.value, tree) for one in made if isinstance(one, ast.Assign))
    return _is_loaded(value, tree)


def _is_loaded(value: ast.expr | None, tree: ModuleTree) -> bool:
    if not isinstance(value, ast.Call):
        return False
    return (tree.qualified(value.func) or "").partition(".")[0] in _LOADERS


def _is_large(annotation: ast.expr | None) -> bool:
    return annotation is not None and last_name(annotation) in _LARGE


def _passes(param: Parameter) -> bool:
    """Tell whether a parameter is an object that ends: a request, a session."""
    said = last_name(param.annotation) if param.annotation is not None else ""
    return is_passing(param.name) and said not in _VALUES


def _number(node: ast.expr) -> int:
    """Return the number that ``1024``, ``10**6`` or ``64 * 1024`` is, 0 for anything else."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if not isinstance(node, ast.BinOp):
        return 0
    left, right = _number(node.left), _number(node.right)
    if not 0 < left <= _LARGEST_BASE or right <= 0:
        return 0
    if isinstance(node.op, ast.Pow) and right <= _LARGEST_POWER:
        return int(left**right)
    return left * right if isinstance(node.op, ast.Mult) and right <= _LARGEST_BASE else 0
