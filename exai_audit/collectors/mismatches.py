"""Milliseconds where seconds are expected, and the reverse: by name, conversion or magnitude."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from exai_audit.collectors.sight import Sight
from exai_audit.collectors.timeout_values import argument, is_literal, last_name, text_of
from exai_audit.collectors.timeout_words import LIMIT_WORD, is_timeout_like, named_unit, unit_scale
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.timeouts import Clue, MismatchFact
from exai_audit.knowledge.table import Call, table

TRIGGERS = re.compile(rb"(?i)timeout|deadline|sleep\(|\.(?:wait|join|poll|result|acquire)\(")


def _takes_a_limit_unnamed(row: Call) -> bool:
    limit = row.timeout
    return limit is not None and (limit.position is not None or not is_timeout_like(limit.argument))


SIGHT = Sight(words=LIMIT_WORD, rows=_takes_a_limit_unnamed)
_CASTS = frozenset({"builtins.float", "builtins.int", "builtins.round", "builtins.abs"})
_FACTORS = (1000.0, 60.0, 3600.0, 1e6, 1e9)
_UNITS = {1.0: "seconds", 1e-3: "milliseconds", 60.0: "minutes", 3600.0: "hours", 1e-6: "µs"}
# In milliseconds 2 to 120 seconds; in seconds odd lengths that nobody writes without an hour.
_LEAST_IN_MS = 2000.0
_ROUND_IN_MS = 500.0
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class _Unit:
    """How many seconds one of an expression's units is, and what tells so."""

    scale: float
    clue: Clue


class MismatchCollector(cst.CSTVisitor):
    """Gathers what is given to arguments, names and keys that have a unit."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []
        self._assignments: list[cst.Assign | cst.AnnAssign] = []
        self._entries: list[cst.DictElement] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def visit_Assign(self, node: cst.Assign) -> None:
        self._assignments.append(node)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._assignments.append(node)

    def visit_DictElement(self, node: cst.DictElement) -> None:
        self._entries.append(node)

    def facts(self, tree: ModuleTree) -> tuple[MismatchFact, ...]:
        """Return the mismatches in source order, one for each place."""
        found: dict[cst.CSTNode, MismatchFact] = {}
        for call in self._calls:
            for at, fact in _in_call(call, tree):
                found.setdefault(at, fact)
        for assignment in self._assignments:
            if assignment.value is not None:
                target = _target(assignment)
                for fact in _between(target, assignment.value, assignment.value, "", tree):
                    found.setdefault(assignment.value, fact)
        for entry in self._entries:
            for fact in _between(text_of(entry.key) or "", entry.value, entry.value, "", tree):
                found.setdefault(entry.value, fact)
        return tuple(sorted(found.values(), key=lambda fact: fact.place.span))


def _target(assignment: cst.Assign | cst.AnnAssign) -> str:
    target = (
        assignment.target if isinstance(assignment, cst.AnnAssign) else assignment.targets[0].target
    )
    return last_name(target) if isinstance(target, (cst.Name, cst.Attribute)) else ""


def _in_call(call: cst.Call, tree: ModuleTree) -> Iterator[tuple[cst.CSTNode, MismatchFact]]:
    name = tree.qualified(call.func)
    row = table().call(name) if name else None
    known = None
    if row is not None and row.timeout is not None:
        known = argument(call, row.timeout.argument, row.timeout.position)
        if known is not None:
            for fact in _given_to_known(known, row, tree):
                yield known, fact
    for arg in call.args:
        if arg is not known and arg.keyword is not None:
            for fact in _between(arg.keyword.value, arg.value, arg, name or "", tree):
                yield arg, fact


def _given_to_known(arg: cst.Arg, row: Call, tree: ModuleTree) -> Iterator[MismatchFact]:
    assert row.timeout is not None
    expected = unit_scale(row.timeout.unit)
    if is_literal(arg.value):
        number = tree.number(arg.value)
        is_limit = row.timeout.waits != "lifetime"
        if number is not None and is_limit and _is_of_other_size(number, expected):
            yield _fact(arg, row.name, row.timeout.argument, expected, arg.value, None, tree)
        return
    unit = unit_of(arg.value, tree)
    if unit is not None and unit.scale != expected:
        yield _fact(arg, row.name, row.timeout.argument, expected, arg.value, unit, tree)


def _is_of_other_size(number: float, expected: float) -> bool:
    """Tell whether a number looks as if it counted in the other unit."""
    if expected == 1.0:
        in_ms = number >= _LEAST_IN_MS and number % _ROUND_IN_MS == 0
        return in_ms and number % _HOUR != 0
    return expected == 1e-3 and 0 < number < 10 and number != int(number)


def _between(
    target: str, value: cst.BaseExpression, at: cst.CSTNode, operation: str, tree: ModuleTree
) -> Iterator[MismatchFact]:
    """Yield the mismatch of a value with the unit that the name of its target says."""
    expected = named_unit(target)
    if expected is None or is_literal(value):
        return
    unit = unit_of(value, tree)
    if unit is None or unit.scale == expected:
        return
    if is_timeout_like(target) or is_timeout_like(_source_name(value)):
        yield _fact(at, operation, target, expected, value, unit, tree)


def _fact(
    at: cst.CSTNode,
    operation: str,
    target: str,
    expected: float,
    value: cst.BaseExpression,
    unit: _Unit | None,
    tree: ModuleTree,
) -> MismatchFact:
    other = 1e-3 if expected == 1.0 else 1.0
    return MismatchFact(
        place=tree.place(at),
        operation=operation,
        target=target,
        target_unit=_UNITS.get(expected, "another unit"),
        given=" ".join(tree.module.code_for_node(value).split()),
        given_unit=_UNITS.get(unit.scale if unit else other, "another unit"),
        clue=unit.clue if unit else Clue.MAGNITUDE,
    )


def unit_of(node: cst.BaseExpression, tree: ModuleTree) -> _Unit | None:
    """Return the unit that an expression counts in, None where nothing says it."""
    if isinstance(node, (cst.Name, cst.Attribute)):
        scale = named_unit(last_name(node))
        return _Unit(scale, Clue.NAME) if scale is not None else None
    if isinstance(node, cst.Subscript):
        index = node.slice[0].slice if len(node.slice) == 1 else None
        key = text_of(index.value) if isinstance(index, cst.Index) else None
        scale = named_unit(key or "")
        return _Unit(scale, Clue.NAME) if scale is not None else None
    if isinstance(node, cst.Call):
        return _unit_of_call(node, tree)
    if isinstance(node, cst.BinaryOperation):
        return _converted(node, tree)
    if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.Or):
        return unit_of(node.left, tree)
    return None


def _unit_of_call(call: cst.Call, tree: ModuleTree) -> _Unit | None:
    if last_name(call.func) == "total_seconds" and isinstance(call.func, cst.Attribute):
        return _Unit(1.0, Clue.NAME)
    if call.args and tree.qualified(call.func) in _CASTS:
        return unit_of(call.args[0].value, tree)
    first = text_of(call.args[0].value) if call.args else None
    is_getter = last_name(call.func) in ("get", "getenv")
    scale = named_unit(first) if first and is_getter else None
    return _Unit(scale, Clue.NAME) if scale is not None else None


def _converted(node: cst.BinaryOperation, tree: ModuleTree) -> _Unit | None:
    """Return the unit after multiplying or dividing by a factor between units."""
    pairs: tuple[tuple[cst.BaseExpression, cst.BaseExpression], ...]
    if isinstance(node.operator, cst.Multiply):
        pairs = ((node.left, node.right), (node.right, node.left))
    elif isinstance(node.operator, (cst.Divide, cst.FloorDivide)):
        pairs = ((node.left, node.right),)
    else:
        return None
    for value, by in pairs:
        factor = tree.number(by) if is_literal(by) else None
        if factor not in _FACTORS or factor is None or is_literal(value):
            continue
        unit = unit_of(value, tree)
        multiplied = isinstance(node.operator, cst.Multiply)
        if unit is not None:
            scale = unit.scale / factor if multiplied else unit.scale * factor
            return _Unit(_known_scale(scale), unit.clue)
        if multiplied and factor == 1000.0 and is_timeout_like(last_name(value)):
            return _Unit(1e-3, Clue.CONVERSION)
    return None


def _known_scale(scale: float) -> float:
    """Return the scale of a unit without the noise of floating point."""
    return next((known for known in _UNITS if abs(known - scale) < known * 1e-9), scale)


def _source_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.BinaryOperation):
        return _source_name(node.left) or _source_name(node.right)
    if isinstance(node, cst.Call) and node.args and isinstance(node.func, cst.Name):
        return _source_name(node.args[0].value)
    return last_name(node)
