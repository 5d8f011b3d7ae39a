"""What reads a clock, and what says how long something has lasted."""

from __future__ import annotations

import ast

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import last_name, receiver

CLOCKS = frozenset({
    "time.time", "time.monotonic", "time.perf_counter", "anyio.current_time", "trio.current_time",
    "datetime.datetime.now", "datetime.datetime.utcnow",
})  # fmt: skip
_DATES = frozenset({"datetime.datetime.now", "datetime.datetime.utcnow"})


def is_a_clock(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call returns what time it is: a clock's, a loop's, a date."""
    if tree.qualified(call.func) in CLOCKS:
        return True
    source = receiver(call.func)
    return last_name(call.func) == "time" and source is not None and "loop" in last_name(source)


def is_age(node: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an expression is the seconds since a moment: ``time.time() - start``."""
    if isinstance(node, ast.Name):
        values = tree.bindings(node.id, node)
        return len(values) == 1 and isinstance(values[0], ast.BinOp) and is_age(values[0], tree)
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Sub):
        return False
    now = node.left
    return isinstance(now, ast.Call) and is_a_clock(now, tree) and not _is_a_date(now, tree)


def is_left(node: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an expression is the seconds that are left: ``deadline - time.monotonic()``."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Sub):
        return False
    now = node.right
    return isinstance(now, ast.Call) and is_a_clock(now, tree) and not _is_a_date(now, tree)


def _is_a_date(call: ast.Call, tree: ModuleTree) -> bool:
    return tree.qualified(call.func) in _DATES
