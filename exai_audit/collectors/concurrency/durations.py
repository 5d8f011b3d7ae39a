"""How long a blocking call may take, and whether it leaves its machine, by its arguments."""

from __future__ import annotations

import ast
import re

from exai_audit.facts.concurrency import BlockingKind
from exai_audit.knowledge.blocking_kinds import kind_of
from exai_audit.knowledge.calls import Call
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, arguments, last_name, text_of

_SCALES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LOOPBACK = re.compile(
    r"(?:[a-z+]+://)?(?:[^/@]*@)?(?:localhost|127\.0\.0\.1|\[?::1\]?)(?:[:/].*)?$", re.DOTALL
)
_MOST = frozenset({"min", "uniform"})


def seconds(call: ast.Call, row: Call, tree: ModuleTree) -> float | None:
    """Return how long a call sleeps or waits at most, None where that is open or not limited."""
    if row.timeout is not None:
        given = argument(call, row.timeout.argument, row.timeout.position)
        scale = _SCALES[row.timeout.unit]
    elif row.blocking is not None and kind_of(row) is BlockingKind.SLEEP:
        given = argument(call, row.blocking.argument, row.blocking.position)
        scale = 1.0
    else:
        return None
    number = _most(given.value, tree) if given is not None else None
    return None if number is None else number * scale


def _most(value: ast.expr, tree: ModuleTree) -> float | None:
    """Return the value of a number, and of ``min(…)`` or ``uniform(…)`` what it is at most."""
    if isinstance(value, ast.Call) and last_name(value.func) in _MOST:
        given = [tree.number(one) for one in value.args]
        known = [one for one in given if one is not None]
        if last_name(value.func) == "min":
            return min(known, default=None)
        return max(known) if len(known) == len(given) and known else None
    return tree.number(value)


def is_loopback(call: ast.Call) -> bool:
    """Tell whether an argument is an address of the machine itself."""
    for given in arguments(call):
        values = given.value.elts if isinstance(given.value, ast.Tuple) else [given.value]
        for value in values:
            first = value.values[0] if isinstance(value, ast.JoinedStr) and value.values else value
            text = text_of(first)
            if text is not None and _LOOPBACK.match(text):
                return True
    return False
