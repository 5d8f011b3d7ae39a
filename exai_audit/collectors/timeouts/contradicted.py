"""Limits that one file counts in two units: turned from one here, handed on as the other there."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.collectors.timeouts.shapes import is_target
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import is_timeout_like, unit_scale
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, arguments, dotted, last_name
from exai_audit.syntax.numbers import is_numeric_literal

_Key = tuple[ast.AST | None, str]
_FACTORS = {(ast.Div, 1000.0): 1e-3, (ast.Mult, 1000.0): 1.0, (ast.Div, 1e6): 1e-6}


class Given(Struct, frozen=True):
    """A limit that is handed to a known call as it is; ``scale`` is the unit that this takes."""

    at: ast.expr
    operation: str
    argument: str
    scale: float


def contradicted(tree: ModuleTree, calls: list[ast.Call]) -> Iterator[tuple[Given, float]]:
    """Yield the limits handed on as they are, and the unit that the rest of the file shows."""
    given: dict[_Key, list[Given]] = defaultdict(list)
    for one in (one for call in calls for one in _given(call, tree)):
        key = _key(one.at, tree)
        if key is not None:
            given[key].append(one)
    converted = _converted(tree) if given else {}
    for key, found in given.items():
        scales = {one.scale for one in found} | converted.get(key, set())
        if len(scales) != 2:
            continue
        said = converted.get(key) or {_most(found)}
        (unit,) = said if len(said) == 1 else (0.0,)
        yield from ((one, unit) for one in found if unit and one.scale != unit)


def _most(found: list[Given]) -> float:
    """Return the unit of most, 0 where there are as many of the other."""
    scales = sorted(one.scale for one in found)
    least, most = scales[0], scales[-1]
    few, many = scales.count(least), scales.count(most)
    return 0.0 if few == many else least if few > many else most


def _given(call: ast.Call, tree: ModuleTree) -> Iterator[Given]:
    row = table().call(tree.qualified(call.func) or "")
    if row is None or row.timeout is None or row.timeout.waits == "lifetime":
        return
    for name, value in _limits(call, row):
        plain = value.values[0] if isinstance(value, ast.BoolOp) else value
        if isinstance(plain, (ast.Name, ast.Attribute)) and is_timeout_like(last_name(plain)):
            yield Given(plain, row.name, name, unit_scale(row.timeout.unit))


def _limits(call: ast.Call, row: Call) -> Iterator[tuple[str, ast.expr]]:
    assert row.timeout is not None
    if row.timeout.waits == "limit":
        yield from ((one.name, one.value) for one in arguments(call) if not one.star)
        return
    known = argument(call, row.timeout.argument, row.timeout.position)
    if known is not None:
        yield row.timeout.argument, known.value


def _key(node: ast.expr, tree: ModuleTree) -> _Key | None:
    """Return what a limit is kept in: one name of a function, an attribute of its objects."""
    name = dotted(node)
    if not name or any(is_target(one, tree) for one in tree.mentions(last_name(node))):
        return None
    if isinstance(node, ast.Name):
        return tree.function_of(node), name
    return tree.class_of(node) if name.startswith("self.") else None, name


def _converted(tree: ModuleTree) -> dict[_Key, set[float]]:
    """Return the units of what is turned into another by a factor, by where it is kept."""
    found: dict[_Key, set[float]] = defaultdict(set)
    for node in tree.all(ast.BinOp):
        factor = tree.number(node.right) if is_numeric_literal(node.right) else None
        scale = _FACTORS.get((type(node.op), factor or 0.0))
        left = node.left.values[0] if isinstance(node.left, ast.BoolOp) else node.left
        if scale is None or not isinstance(left, (ast.Name, ast.Attribute)):
            continue
        key = _key(left, tree) if is_timeout_like(last_name(left)) else None
        if key is not None:
            found[key].add(scale)
    return found
