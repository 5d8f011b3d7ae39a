"""Moments of the wall clock where those of a steady clock are meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.timeouts.clocks import is_a_clock
from exai_audit.collectors.timeouts.kept_moments import kept_moments
from exai_audit.collectors.timeouts.wall_deadlines import deadlines, what_is_left
from exai_audit.facts.waits import WallClockFact
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, last_name, receiver
from exai_audit.syntax.triggers import Trigger

TRIGGER = Trigger(names=frozenset({"call_at", "scheduler", "timeout_at", "time"}))
_WALL = frozenset({"time.time", "time.time_ns"})
_MOMENTS = frozenset({"call_at", "timeout_at"})
_LOOPS = frozenset({
    "asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop",
})  # fmt: skip


def wall_clocks(tree: ModuleTree) -> tuple[WallClockFact, ...]:
    """Return the moments in source order."""
    found = [*_given_to_loops(tree), *deadlines(tree), *kept_moments(tree), *what_is_left(tree)]
    found += _of_schedulers(tree)
    return tuple(sorted(found, key=lambda fact: fact.place.span))


def _given_to_loops(tree: ModuleTree) -> Iterator[WallClockFact]:
    for call in tree.calls(_MOMENTS):
        name = _operation(call, tree)
        when = argument(call, "when", 0) if name else None
        if when is not None and _is_of_the_wall(when.value, tree):
            given = " ".join(tree.text(when.value).split())
            yield WallClockFact(tree.place(call), name, given, is_loop=True)


def _of_schedulers(tree: ModuleTree) -> Iterator[WallClockFact]:
    """Yield the schedulers that are told to count by the wall clock."""
    for call in tree.calls(frozenset({"scheduler"})):
        clock = argument(call, "timefunc", 0)
        if tree.qualified(call.func) != "sched.scheduler" or clock is None:
            continue
        if tree.qualified(clock.value) == "time.time":
            yield WallClockFact(
                tree.place(call), "sched.scheduler", "time.time", is_loop=False, of_limit=True
            )


def _operation(call: ast.Call, tree: ModuleTree) -> str:
    """Return what takes a moment of a loop's clock, empty for any other call."""
    if tree.qualified(call.func) == "asyncio.timeout_at":
        return "asyncio.timeout_at"
    owner = receiver(call.func)
    if owner is None or last_name(call.func) != "call_at":
        return ""
    if isinstance(owner, ast.Call):
        return "loop.call_at" if tree.qualified(owner.func) in _LOOPS else ""
    return "loop.call_at" if last_name(owner).lower().endswith("loop") else ""


def _is_of_the_wall(node: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a moment comes from the wall clock and is not turned into another's."""
    if isinstance(node, ast.Name):
        values = tree.bindings(node.id, node)
        return (
            len(values) == 1
            and not isinstance(values[0], ast.Name)
            and (_is_of_the_wall(values[0], tree))
        )
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
    steady = (c for c in calls if is_a_clock(c, tree) and not _reads_the_wall(c, tree))
    if any(steady) or any(isinstance(one, ast.Sub) for one in ast.walk(node)):
        return False
    return any(_reads_the_wall(call, tree) for call in calls)


def _reads_the_wall(call: ast.Call, tree: ModuleTree) -> bool:
    if tree.qualified(call.func) in _WALL:
        return True
    return last_name(call.func) == "timestamp" and not call.args and receiver(call.func) is not None
