"""What unit an expression counts in: by its names, by conversions, by what it is bound to."""

from __future__ import annotations

import ast
from functools import lru_cache

from msgspec import Struct

from exai_audit.collectors.timeouts.clocks import is_left
from exai_audit.facts.timeouts import Clue
from exai_audit.knowledge.limit_names import is_timeout_like, named_unit
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument_of, last_name, text_of
from exai_audit.syntax.numbers import is_numeric_literal
from exai_audit.syntax.walk import arguments_in_order

_CASTS = frozenset({"builtins.float", "builtins.int", "builtins.round", "builtins.abs"})
_FACTORS = (1000.0, 60.0, 3600.0, 1e6, 1e9)
UNITS = {
    1.0: "seconds", 1e-3: "milliseconds", 60.0: "minutes", 3600.0: "hours", 1e-6: "µs",
    86400.0: "days", 604800.0: "weeks",
}  # fmt: skip
_MOST_BINDINGS = 4
unit_said = lru_cache(maxsize=16384)(named_unit)


class Unit(Struct, frozen=True):
    """How many seconds one of an expression's units is, and what tells so."""

    scale: float
    clue: Clue


def unit_of(node: ast.expr, tree: ModuleTree, bindings: int = _MOST_BINDINGS) -> Unit | None:
    """Return the unit that an expression counts in, None where nothing says it.

    Args:
        bindings: through how many names it is followed; one may be bound to what it says itself.
    """
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _named(last_name(node)) or _of_binding(node, tree, bindings)
    if isinstance(node, ast.Subscript):
        return _named(text_of(node.slice) or "")
    if isinstance(node, ast.Call):
        return _unit_of_call(node, tree, bindings)
    if isinstance(node, ast.BinOp):
        left = Unit(1.0, Clue.CONVERSION) if is_left(node, tree) else None
        return left or _converted(node, tree, bindings)
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return unit_of(node.values[0], tree, bindings)
    return None


def _of_binding(node: ast.Name | ast.Attribute, tree: ModuleTree, bindings: int) -> Unit | None:
    """Return the unit of what a limit is read from once: ``self.timeout = config["wait_ms"]``."""
    if bindings == 0 or not is_timeout_like(last_name(node)):
        return None
    if isinstance(node, ast.Attribute):
        owner = tree.class_of(node) if last_name(node.value) == "self" else None
        values = tree.self_bindings(owner, node.attr) if owner is not None else []
    else:
        values = tree.bindings(node.id, node)
    if len(values) != 1 or not isinstance(values[0], (ast.Subscript, ast.Call, ast.BinOp)):
        return None
    return unit_of(values[0], tree, bindings - 1)


def _named(name: str) -> Unit | None:
    scale = unit_said(name)
    return Unit(scale, Clue.NAME) if scale is not None else None


def _unit_of_call(call: ast.Call, tree: ModuleTree, bindings: int) -> Unit | None:
    name = last_name(call.func)
    if name == "total_seconds" and isinstance(call.func, ast.Attribute):
        return Unit(1.0, Clue.NAME)
    first = first_given(call)
    if first is None:
        return None
    if name in ("max", "min"):  # the rest of a limit is never below zero
        return next((Unit(1.0, Clue.CONVERSION) for a in call.args if is_left(a, tree)), None)
    unit = unit_of(first, tree, bindings)
    if unit is not None and tree.qualified(call.func) in _CASTS:
        return unit
    return _named(text_of(first) or "") if name in ("get", "getenv") else None


def first_given(call: ast.Call) -> ast.expr | None:
    """Return the first argument of a call, by position or keyword, None where there is none."""
    given = next(iter(arguments_in_order(call)), None)
    return argument_of(given).value if given is not None else None


def _converted(node: ast.BinOp, tree: ModuleTree, bindings: int) -> Unit | None:
    """Return the unit after multiplying or dividing by a factor between units."""
    pairs: tuple[tuple[ast.expr, ast.expr], ...]
    if isinstance(node.op, ast.Mult):
        pairs = ((node.left, node.right), (node.right, node.left))
    elif isinstance(node.op, (ast.Div, ast.FloorDiv)):
        pairs = ((node.left, node.right),)
    else:
        return None
    for value, by in pairs:
        factor = tree.number(by) if is_numeric_literal(by) else None
        if factor not in _FACTORS or factor is None or is_numeric_literal(value):
            continue
        unit = unit_of(value, tree, bindings)
        multiplied = isinstance(node.op, ast.Mult)
        if unit is not None:
            scale = unit.scale / factor if multiplied else unit.scale * factor
            return Unit(_known_scale(scale), unit.clue)
        if multiplied and factor == 1000.0 and is_timeout_like(last_name(value)):
            return Unit(1e-3, Clue.CONVERSION)
    return None


def _known_scale(scale: float) -> float:
    """Return the scale of a unit without the noise of floating point."""
    return next((known for known in UNITS if abs(known - scale) < known * 1e-9), scale)
