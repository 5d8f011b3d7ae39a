"""Milliseconds where seconds are expected, and the reverse: by name, conversion or magnitude."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from exai_audit.collectors.timeouts.contradicted import contradicted
from exai_audit.collectors.timeouts.expression_units import (
    UNITS,
    Unit,
    first_given,
    unit_of,
    unit_said,
)
from exai_audit.collectors.timeouts.units import UnitReader, takes_a_limit
from exai_audit.facts.timeouts import Clue, MismatchFact
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import LIMIT_WORD, is_timeout_like, named_amount, unit_scale
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Argument, argument, last_name, text_of
from exai_audit.syntax.numbers import is_numeric_literal
from exai_audit.syntax.triggers import Trigger


def _takes_a_limit_unnamed(row: Call) -> bool:
    limit = row.timeout
    return limit is not None and (limit.position is not None or not is_timeout_like(limit.argument))


# A key may say "max-wait-ms", which is several words.
_AMOUNT_WORD = r"(?-i:_(?:SECOND|MINUTE|HOUR|DAY|WEEK)S?\Z)"
TRIGGER = Trigger(
    names=frozenset({"timedelta"}),
    words=re.compile(rf"{LIMIT_WORD.pattern}|\Await\Z|{_AMOUNT_WORD}"),
    rows=_takes_a_limit_unnamed,
)
_LENGTHS = {"milliseconds": 1e-3, "seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
_ALL_SCALES = (*UNITS, 1e-9)
# Before a number of another sense there is another word: PHASE_2_SECONDS.
_AMOUNT = re.compile(
    r"(?:\A|(?:CACHE|TIMEOUT|TTL|EVERY|LAST|MAX|WAIT|AFTER|FOR|IN|INTERVAL|DELAY|EXPIRY|EXPIRES)_)"
    r"(?:\d+|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|TEN|TWELVE|FIFTEEN|THIRTY|SIXTY)"
    r"_(?:SECOND|MINUTE|HOUR|DAY|WEEK)S?\Z"
)
# In milliseconds 2 to 120 seconds; in seconds odd lengths that nobody writes without an hour.
_LEAST_IN_MS = 2000.0
# Nobody answers over a network in less than this many milliseconds; as seconds they are usual.
_LEAST_MS = 100.0
_FEW_MS = 10.0
_ROUND_IN_MS = 500.0
_HOUR = 3600.0
_HAVE_UNITS = frozenset({
    ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.BoolOp,
})  # fmt: skip


def mismatches(tree: ModuleTree) -> tuple[MismatchFact, ...]:
    """Return the mismatches in source order, one for each place."""
    found = [fact for call in _calls(tree) for fact in _in_call(call, tree)]
    spoken = {fact.place.span.line for fact in found}
    found += [one for one in _contradicted(tree) if one.place.span.line not in spoken]
    for target, value in (*_assigned(tree), *_entries(tree)):
        found.extend(_between(target, value, value, "", tree))
    found.extend(_amounts(tree))
    return tuple(sorted(found, key=lambda fact: fact.place.span))


def _contradicted(tree: ModuleTree) -> Iterator[MismatchFact]:
    for given, scale in contradicted(tree, list(tree.calls_of(takes_a_limit))):
        unit = Unit(scale, Clue.CONVERSION)
        yield _fact(given.at, given.operation, given.argument, given.scale, given.at, unit, tree)


def _calls(tree: ModuleTree) -> list[ast.Call]:
    """Return the calls that are given something of a unit, or a number of an odd size."""
    found = [call for call in tree.calls_of(takes_a_limit) if _is_given_a_unit(call, tree)]
    for keyword in tree.all(ast.keyword):
        if type(keyword.value) in _HAVE_UNITS and keyword.arg and unit_said(keyword.arg):
            around = tree.parent(keyword)
            if isinstance(around, ast.Call):
                found.append(around)
    if any(name.partition(".")[0] in tree.roots for name in table().wild):
        limits = (k for k in tree.all(ast.keyword) if k.arg and is_timeout_like(k.arg))
        found.extend(c for c in map(tree.parent, limits) if isinstance(c, ast.Call))
    return list(dict.fromkeys(found))


def _is_given_a_unit(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether an argument may be of another unit than that of a limit."""
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(_may_be_of_another(value, tree) for value in given)


def _may_be_of_another(value: ast.expr, tree: ModuleTree) -> bool:
    if type(value) in _HAVE_UNITS and unit_of(value, tree) is not None:
        return True
    number = tree.number(value)
    return number is not None and (_is_in_ms(number) or 0 < number < _LEAST_MS)


def _assigned(tree: ModuleTree) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is assigned to names and attributes, with their last names."""
    for plain in tree.all(ast.Assign):
        if type(plain.value) in _HAVE_UNITS and isinstance(
            plain.targets[0], (ast.Name, ast.Attribute)
        ):
            yield last_name(plain.targets[0]), plain.value
    for typed in tree.all(ast.AnnAssign):
        if typed.value is not None and isinstance(typed.target, (ast.Name, ast.Attribute)):
            yield last_name(typed.target), typed.value


def _entries(tree: ModuleTree) -> Iterator[tuple[str, ast.expr]]:
    """Yield the values of mappings with their keys."""
    for mapping in tree.all(ast.Dict):
        for key, value in zip(mapping.keys, mapping.values, strict=True):
            if type(value) in _HAVE_UNITS:
                text = text_of(key)
                if text:
                    yield text, value


def _amounts(tree: ModuleTree) -> Iterator[MismatchFact]:
    """Yield the constants whose name says an amount and a unit that their value is not."""
    for node in tree.all(ast.Assign):
        target = node.targets[0]
        name = target.id if isinstance(target, ast.Name) else ""
        said = named_amount(name) if name.isupper() and _AMOUNT.search(name) else None
        if said is None:
            continue
        number = tree.number(node.value) if is_numeric_literal(node.value) else None
        if number is None or number <= 0 or _is_amount(number, *said):
            continue
        yield MismatchFact(
            place=tree.place(target),
            operation="",
            target=name,
            target_unit=f"{said[0]:g} {UNITS.get(said[1], 'units')}",
            given=" ".join(tree.text(node.value).split()),
            given_unit="",
            clue=Clue.AMOUNT,
        )


def _is_amount(number: float, amount: float, unit: float) -> bool:
    """Tell whether a number is an amount of a unit, counted in whatever unit."""
    counted = (amount * unit / scale for scale in _ALL_SCALES)
    return any(abs(number - one) <= 1e-6 * one for one in counted)


def _in_call(call: ast.Call, tree: ModuleTree) -> Iterator[MismatchFact]:
    name = tree.qualified(call.func)
    row = table().call(name) if name else None
    known = None
    if row is not None and row.timeout is not None:
        known = argument(call, row.timeout.argument, row.timeout.position)
        if known is not None:
            yield from _given_to_known(known, row, tree)
    makes_length = name == "datetime.timedelta"
    for keyword in call.keywords:
        if makes_length:
            yield from _in_length(keyword, tree)
        elif keyword.arg and (known is None or keyword is not known.node):
            yield from _between(keyword.arg, keyword.value, keyword, name or "", tree)


def _in_length(keyword: ast.keyword, tree: ModuleTree) -> Iterator[MismatchFact]:
    """Yield the mismatch of ``timedelta(seconds=lifetime_minutes)``."""
    expected, unit = _LENGTHS.get(keyword.arg or ""), unit_of(keyword.value, tree)
    named = unit is not None and unit.clue is Clue.NAME
    if expected is not None and unit is not None and named and unit.scale != expected:
        target = keyword.arg or ""
        yield _fact(keyword, "datetime.timedelta", target, expected, keyword.value, unit, tree)


def _given_to_known(given: Argument, row: Call, tree: ModuleTree) -> Iterator[MismatchFact]:
    assert row.timeout is not None
    expected = unit_scale(row.timeout.unit)
    target, value = row.timeout.argument, given.value
    unit = unit_of(value, tree)
    if unit is not None:
        if unit.scale != expected:
            yield _fact(given.node, row.name, target, expected, value, unit, tree)
        return
    number = tree.number(value)
    said = _said_where_defined(value, tree)
    if said is not None and said != expected:
        at = _defined_at(value, tree) or given.node
        other = Unit(said, Clue.NAME)
        yield _fact(at, row.name, target, expected, value, other, tree)
        return
    clue = _size(number, row) if number is not None else None
    if clue is not None:
        other = Unit(1e-3 if expected == 1.0 else 1.0, clue)
        at = _defined_at(value, tree) or given.node
        yield _fact(at, row.name, target, expected, value, other, tree)


def _defined_at(value: ast.expr, tree: ModuleTree) -> ast.stmt | None:
    """Return where the number is written that a name of the module stands for."""
    if is_numeric_literal(value) or not isinstance(value, ast.Name):
        return None
    values = tree.bindings(value.id, value)
    return tree.statement(values[0]) if len(values) == 1 else None


def _said_where_defined(value: ast.expr, tree: ModuleTree) -> float | None:
    """Return the unit that the comment beside the number behind a name says."""
    at = _defined_at(value, tree)
    if not isinstance(at, (ast.Assign, ast.AnnAssign)) or at.value is None:
        return None
    return UnitReader(tree).said_at(at.value, tree.number(at.value))


def _size(number: float, row: Call) -> Clue | None:
    """Return what tells that a number looks as if it counted in the other unit."""
    limit = row.timeout
    if limit is None or limit.waits == "lifetime":
        return None
    if limit.unit == "s" and _is_in_ms(number):
        return Clue.LIKELY if limit.waits == "network" else Clue.MAGNITUDE
    if limit.unit != "ms" or not 0 < number < _LEAST_MS:
        return None
    if limit.waits == "network" and unit_said(limit.argument) is None:
        return Clue.LIKELY
    return Clue.MAGNITUDE if number < _FEW_MS and number != int(number) else None


def _is_in_ms(number: float) -> bool:
    return number >= _LEAST_IN_MS and number % _ROUND_IN_MS == 0 and number % _HOUR != 0


def _between(
    target: str, value: ast.expr, at: ast.AST, operation: str, tree: ModuleTree
) -> Iterator[MismatchFact]:
    """Yield the mismatch of a value with the unit that the name of its target says."""
    expected = unit_said(target)
    if expected is None or is_numeric_literal(value):
        return
    unit = unit_of(value, tree)
    if unit is None or unit.scale == expected:
        return
    if is_timeout_like(target) or is_timeout_like(_source_name(value)):
        yield _fact(at, operation, target, expected, value, unit, tree)


def _fact(
    at: ast.AST,
    operation: str,
    target: str,
    expected: float,
    value: ast.expr,
    unit: Unit | None,
    tree: ModuleTree,
) -> MismatchFact:
    other = 1e-3 if expected == 1.0 else 1.0
    return MismatchFact(
        place=tree.place(at),
        operation=operation,
        target=target,
        target_unit=UNITS.get(expected, "another unit"),
        given=" ".join(tree.text(value).split()),
        given_unit=UNITS.get(unit.scale if unit else other, "another unit"),
        clue=unit.clue if unit else Clue.MAGNITUDE,
    )


def _source_name(node: ast.expr) -> str:
    if isinstance(node, ast.BinOp):
        return _source_name(node.left) or _source_name(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        first = first_given(node)
        if first is not None:
            return _source_name(first)
    return last_name(node)
