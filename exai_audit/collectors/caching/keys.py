"""What keys a cache, and whether there can only be so many keys."""

from __future__ import annotations

import libcst as cst

from exai_audit.collectors.caching.held import Held
from exai_audit.collectors.caching.syntax import last_name
from exai_audit.collectors.caching.uses import Use
from exai_audit.collectors.scopes import first_parameter
from exai_audit.collectors.tree import ModuleTree

_FEW = frozenset({"type", "Type", "Callable", "ModuleType", "FunctionType", "bool", "Literal"})
_FEW_NAMES = frozenset({
    "__class__", "cls", "klass", "func", "fn", "function", "type_", "typ", "tp", "module",
})  # fmt: skip
_LONGEST = 60


def shown_key(tree: ModuleTree, stored: list[Use]) -> str:
    """Return the key of the first store that gives one, as the code says it."""
    key = next((use.key for use in stored if use.key is not None), None)
    if key is None:
        return ""
    text = " ".join(tree.module.code_for_node(key).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def has_few_keys(tree: ModuleTree, held: Held, stored: list[Use]) -> bool:
    """Tell whether the keys are classes or functions: there are only so many of them."""
    return _is_keyed_by_classes(held.target.node, tree) or all(map(_has_fixed_key, stored))


def is_fixed(param: cst.Param) -> bool:
    """Tell whether a parameter's values come from a fixed set, by annotation or bare name."""
    if param.annotation is None:
        return param.name.value in _FEW_NAMES
    return _names_few(param.annotation.annotation)


def _names_few(annotation: cst.BaseExpression) -> bool:
    base = annotation.value if isinstance(annotation, cst.Subscript) else annotation
    return last_name(base) in _FEW


def _is_keyed_by_classes(target: cst.BaseExpression, tree: ModuleTree) -> bool:
    """Tell whether the annotation says so: ``dict[type, str]``."""
    definition = tree.parent(target)
    if not isinstance(definition, cst.AnnAssign):
        return False
    annotation = definition.annotation.annotation
    if not isinstance(annotation, cst.Subscript):
        return False
    key = annotation.slice[0].slice
    return isinstance(key, cst.Index) and _names_few(key.value)


def _has_fixed_key(use: Use) -> bool:
    """Tell whether the keys are classes or functions: there are only so many of them.

    What ``__new__`` keeps are the instances of its class, made once each.
    """
    if isinstance(use.function, cst.FunctionDef) and use.function.name.value == "__new__":
        return True
    key = use.key
    if isinstance(key, cst.Call):
        return last_name(key.func) == "type"
    if key is not None and last_name(key) in _FEW_NAMES:
        return True
    if isinstance(key, cst.Name) and isinstance(use.function, cst.FunctionDef):
        return _annotated_fixed(key.value, use.function)
    return False


def _annotated_fixed(name: str, function: cst.FunctionDef) -> bool:
    if first_parameter(function) == name:
        return name == "cls"
    params = function.params
    for param in (*params.posonly_params, *params.params, *params.kwonly_params):
        if param.name.value == name and param.annotation is not None:
            return _names_few(param.annotation.annotation)
    return False
