"""As what a limit stands in the code: a constant, a field, an attribute, an entry, a local."""

from __future__ import annotations

import ast

from exai_audit.collectors.timeouts.shapes import name_of_target, targets_of
from exai_audit.collectors.timeouts.values import CASTS
from exai_audit.facts.timeouts import TimeoutForm
from exai_audit.knowledge.limit_names import is_timeout_key
from exai_audit.syntax.module import ModuleTree

MAPPINGS = frozenset({"builtins.dict", "collections.OrderedDict"})
_OWNERS: dict[type[ast.AST], TimeoutForm] = {
    ast.Module: TimeoutForm.MODULE_CONSTANT,
    ast.ClassDef: TimeoutForm.CLASS_FIELD,
}


def form_of_target(target: ast.expr, tree: ModuleTree) -> tuple[TimeoutForm | None, str]:
    """Return as what an assignment's target keeps a limit, None where as nothing; and its name."""
    name = name_of_target(target)
    if isinstance(target, ast.Attribute):
        return TimeoutForm.INSTANCE_ATTRIBUTE, name
    if isinstance(target, ast.Subscript):
        return (TimeoutForm.MAPPING_ENTRY, name) if is_timeout_key(name) else (None, "")
    if not isinstance(target, ast.Name):
        return None, ""
    owner = tree.scopes.owner(name, tree.scopes.of(target))
    kind = type(owner.node) if owner is not None else ast.Module
    return _OWNERS.get(kind, TimeoutForm.LOCAL), name


def form_at(node: ast.AST, otherwise: TimeoutForm, tree: ModuleTree) -> TimeoutForm:
    """Return the form of what a module or class defines with: an own table, a constant.

    What is handed to a call there is part of a definition only if that makes a constant.
    """
    if tree.function_of(node) is not None:
        return otherwise
    is_handed = False
    for around in tree.ancestors(node):
        is_handed |= isinstance(around, ast.Call) and not _keeps(around, tree)
        if isinstance(around, (ast.Assign, ast.AnnAssign)):
            if is_handed and not _target_name(around).isupper():
                break
            is_class = tree.class_of(node) is not None
            return TimeoutForm.CLASS_FIELD if is_class else TimeoutForm.MODULE_CONSTANT
    return otherwise


def _keeps(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call gives back what it is given, as a number or a mapping."""
    return tree.qualified(call.func) in CASTS | MAPPINGS


def _target_name(node: ast.Assign | ast.AnnAssign) -> str:
    target = targets_of(node)[0]
    return target.id if isinstance(target, ast.Name) else ""
