"""Arithmetic on the numbers of a source file, never by running it."""

from __future__ import annotations

import operator
from collections.abc import Callable

import libcst as cst

_BINARY: dict[type[cst.BaseBinaryOp], Callable[[float, float], float]] = {
    cst.Add: operator.add, cst.Subtract: operator.sub, cst.Multiply: operator.mul,
    cst.Divide: operator.truediv, cst.FloorDivide: operator.floordiv,
    cst.Modulo: operator.mod, cst.Power: operator.pow,
}  # fmt: skip


def literal(node: cst.BaseExpression) -> float | None:
    """Return the value of an integer or float literal."""
    try:
        if isinstance(node, cst.Integer):
            return float(int(node.value.replace("_", ""), 0))
        if isinstance(node, cst.Float):
            return float(node.value.replace("_", ""))
    except (OverflowError, ValueError):
        return None
    return None


def calculate(
    node: cst.UnaryOperation | cst.BinaryOperation,
    value_of: Callable[[cst.BaseExpression], float | None],
) -> float | None:
    """Return the value of an operation on numbers, None where an operand or the result is none.

    Args:
        value_of: gives the value of an operand.
    """
    if isinstance(node, cst.UnaryOperation):
        operand = value_of(node.expression)
        if operand is None or not isinstance(node.operator, (cst.Minus, cst.Plus)):
            return None
        return -operand if isinstance(node.operator, cst.Minus) else operand
    apply = _BINARY.get(type(node.operator))
    left, right = value_of(node.left), value_of(node.right)
    if apply is None or left is None or right is None:
        return None
    try:
        result = apply(left, right)
    except (ArithmeticError, ValueError):
        return None
    return result if isinstance(result, float) else None
