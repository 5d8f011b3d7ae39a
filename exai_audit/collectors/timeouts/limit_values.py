"""What a limit's value may be, and which of several values counts."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable

from msgspec import Struct

from exai_audit.facts.timeouts import ValueKind

# The largest numbers of their size: what interfaces without a None write for "no limit".
_FOR_EVER = frozenset(float(2**bits - 1) for bits in (31, 32, 63, 64))


class Value(Struct, frozen=True):
    """What a limit is given. ``amount`` is in the unit of the name, unless ``in_seconds``.

    ``fallback`` tells that the literal only stands in for something that may be missing, ``key``
    under which name that is looked up. ``compound`` is a limit object, a tuple or a mapping;
    ``phase`` names the one of its phases that is a literal where its limit on the whole is none,
    ``phases`` are the amounts of all of them where they differ. ``choices`` are two amounts of
    which a condition chooses one. ``literal`` is where the number is written, if it is only one.
    """

    kind: ValueKind
    amount: float | None = None
    in_seconds: bool = False
    fallback: bool = False
    key: str = ""
    compound: bool = False
    phase: str = ""
    phases: tuple[tuple[str, float], ...] = ()
    choices: tuple[float, ...] = ()
    literal: ast.expr | None = None


NONE = Value(ValueKind.NONE)


def amount_of(number: float | None, node: ast.expr) -> Value | None:
    """Return the value of a number; none below zero and none that stands for ever are no limit."""
    if number is None or math.isnan(number):
        return None
    is_none = number < 0 or math.isinf(number) or number in _FOR_EVER
    return NONE if is_none else Value(ValueKind.LITERAL, number, literal=node)


def number_in(text: str | None) -> float | None:
    """Return the number that a text is, None where it is none."""
    try:
        return float(text.strip()) if text else None
    except ValueError:
        return None


def only_literal(values: Iterable[Value]) -> ast.expr | None:
    """Return where the number of several values is written, None where there are several."""
    literals = [value.literal for value in values if value.kind is ValueKind.LITERAL]
    return literals[0] if len(literals) == 1 else None


def strongest_of(values: list[Value]) -> Value | None:
    """Return the longest literal, else a reference, else none."""
    return max(values, key=_strength, default=None)


def _strength(value: Value) -> tuple[int, float]:
    rank = {ValueKind.NONE: 0, ValueKind.REFERENCE: 1, ValueKind.LITERAL: 2}[value.kind]
    return rank, value.amount or 0.0
