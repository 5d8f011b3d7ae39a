"""What is done with a coroutine that can only be meant for what it would give if awaited."""

from __future__ import annotations

import ast

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, dotted
from exai_audit.syntax.scopes import BindingKind

_OF_COROUTINES = frozenset({"close", "send", "throw"})
_TAKE_RESULTS = frozenset({
    "len", "int", "float", "sorted", "list", "tuple", "set", "dict", "sum", "min", "max", "any",
    "all", "enumerate", "zip", "reversed", "iter",
})  # fmt: skip
_DECODE = frozenset({"json.loads", "orjson.loads", "ujson.loads", "pickle.loads"})
_IDENTITY = (ast.Is, ast.IsNot)
OTHER_USES = frozenset({ast.Await, ast.Expr, ast.Return, ast.keyword, ast.withitem, ast.Raise})
"""What most calls stand in, and no call that is used as a result."""


def used_as_result(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether what a call makes is tested, compared, computed with, unpacked or gone through.

    So it is where a function gives it a name, and all that it does with that name is such.
    """
    if _is_taken_for_result(call, tree):
        return True
    name = _named(call, tree)
    if name is None:
        return False
    scope = tree.scopes.owner(name.id, tree.scopes.of(name))
    if scope is None or not isinstance(scope.node, FUNCTIONS):
        return False
    bound = scope.names[name.id]
    if len(bound) != 1 or bound[0].kind is not BindingKind.VALUE:
        return False
    uses = [one for one in tree.uses(name) if one is not name]
    return bool(uses) and all(_is_taken_for_result(one, tree) for one in uses)


def _named(call: ast.Call, tree: ModuleTree) -> ast.Name | None:
    """Return the name that an assignment gives to what a call makes."""
    parent = tree.parent(call)
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return None
    target = parent.targets[0]
    return target if isinstance(target, ast.Name) else None


def _is_taken_for_result(value: ast.expr, tree: ModuleTree) -> bool:
    parent = tree.parent(value)
    if isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return parent.test is value
    if isinstance(parent, ast.UnaryOp):
        return True
    if isinstance(parent, ast.BoolOp):
        return value is not parent.values[-1] or _is_taken_for_result(parent, tree)
    if isinstance(parent, ast.Compare):
        return not any(isinstance(operator, _IDENTITY) for operator in parent.ops)
    if isinstance(parent, ast.Attribute):
        return parent.attr not in _OF_COROUTINES and not parent.attr.startswith(("_", "cr_"))
    if isinstance(parent, ast.Subscript):
        return True
    if isinstance(parent, (ast.For, ast.comprehension)):
        is_async = isinstance(parent, ast.comprehension) and parent.is_async
        return parent.iter is value and not is_async
    return _is_computed_with(value, parent)


def _is_computed_with(value: ast.expr, parent: ast.AST | None) -> bool:
    if isinstance(parent, ast.Assign):
        return parent.value is value and isinstance(parent.targets[0], (ast.Tuple, ast.List))
    if isinstance(parent, ast.Call):
        called = parent.func
        takes = isinstance(called, ast.Name) and called.id in _TAKE_RESULTS
        return (takes or dotted(called) in _DECODE) and value in parent.args[:1]
    return isinstance(parent, (ast.BinOp, ast.AugAssign, ast.FormattedValue, ast.Starred))
