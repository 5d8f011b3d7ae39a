"""Arithmetic on the numbers of a source file, never by running it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from exai_audit.syntax.nodes import is_number

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip


def literal(node: ast.expr) -> float | None:
    """Return the value of an integer or float literal."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def calculate(
    node: ast.UnaryOp | ast.BinOp, value_of: Callable[[ast.expr], float | None]
) -> float | None:
    """Return the value of an operation on numbers, None where an operand or the result is none.

    Args:
        value_of: gives the value of an operand.
    """
    if isinstance(node, ast.UnaryOp):
        operand = value_of(node.operand)
        if operand is None or not isinstance(node.op, (ast.USub, ast.UAdd)):
            return None
        return -operand if isinstance(node.op, ast.USub) else operand
    apply = _BINARY.get(type(node.op))
    left, right = value_of(node.left), value_of(node.right)
    if apply is None or left is None or right is None:
        return None
    try:
        result = apply(left, right)
    except (ArithmeticError, ValueError):
        return None
    return result if isinstance(result, float) else None


def is_numeric_literal(node: ast.AST) -> bool:
    """Tell whether an expression is a number, or arithmetic on nothing but numbers."""
    if isinstance(node, ast.Constant):
        return is_number(node)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, (ast.USub, ast.UAdd)) and is_numeric_literal(node.operand)
    if isinstance(node, ast.BinOp):
        return is_numeric_literal(node.left) and is_numeric_literal(node.right)
    return False
