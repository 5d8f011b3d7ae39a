"""Addresses that hold the data themselves: to open them asks nobody."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from exai_audit.collectors.context.roles import FunctionRoles
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, argument, dotted, last_name, parameters, text_of

_DATA = "data:"
_PAIRS = (("data", "url"), ("data", "uri"))
_ENDS = (ast.Return, ast.Raise, ast.Continue)


def opens_data(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call opens a ``data:`` address: a literal one, or one that was asked for.

    It may be asked around the call, or around all calls of its function in the same file; or the
    function's name says what it opens.
    """
    address = next(iter(call.args), None)
    if address is None:
        return False
    if _starts(address).startswith(_DATA):
        return True
    function = tree.function_of(call)
    if isinstance(function, FUNCTIONS) and _is_named_so(function.name):
        return True
    if _DATA not in tree.source.text or not isinstance(address, ast.Name):
        return False
    return _is_asked(call, address, tree) or _callers_ask(call, address, tree)


def _is_named_so(name: str) -> bool:
    parts = words(name)
    return "dataurl" in parts or any(pair in _PAIRS for pair in pairwise(parts))


def _starts(value: ast.expr) -> str:
    """Return the text that a literal or formatted text begins with."""
    if isinstance(value, ast.JoinedStr) and value.values:
        value = value.values[0]
    return text_of(value) or ""


def _callers_ask(call: ast.Call, address: ast.Name, tree: ModuleTree) -> bool:
    function = tree.function_of(call)
    if not isinstance(function, FUNCTIONS):
        return False
    taken = [one.name for one in parameters(function)]
    if address.id not in taken:
        return False
    position = taken.index(address.id) - (1 if taken[0] in ("self", "cls") else 0)
    callers = FunctionRoles(tree).callers(function)
    given = [(one, argument(one, address.id, position)) for one in callers]
    return bool(given) and all(
        value is not None and _is_asked(caller, value.value, tree) for caller, value in given
    )


def _is_asked(call: ast.AST, address: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a condition lets only ``data:`` addresses come to a call."""
    name = dotted(address)
    child: ast.AST = call
    for node in tree.ancestors(call) if name else ():
        if isinstance(node, ast.If) and child in node.body and _asks(node.test, name):
            return True
        if isinstance(node, ast.IfExp) and child is node.body and _asks(node.test, name):
            return True
        if isinstance(child, ast.stmt) and any(_asks(t, name) for t in _left_for(child, tree)):
            return True
        if isinstance(node, FUNCTIONS):
            return False
        child = node
    return False


def _left_for(statement: ast.stmt, tree: ModuleTree) -> Iterator[ast.expr]:
    """Yield the conditions without which the block is left before a statement."""
    for one in tree.block(statement):
        if one is statement:
            return
        leaves = isinstance(one, ast.If) and not one.orelse and isinstance(one.body[-1], _ENDS)
        test = one.test if isinstance(one, ast.If) and leaves else None
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield test.operand


def _asks(test: ast.expr, name: str) -> bool:
    parts = [test]
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        parts = test.values
    return any(
        isinstance(one, ast.Call)
        and last_name(one.func) == "startswith"
        and dotted(one.func) == f"{name}.startswith"
        and bool(one.args)
        and _starts(one.args[0]).startswith(_DATA)
        for one in parts
    )
