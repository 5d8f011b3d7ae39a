"""Moments of the wall clock where those of a steady clock are meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.timeouts.clocks import is_a_clock
from exai_audit.collectors.timeouts.shapes import is_target
from exai_audit.facts.waits import WallClockFact
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, argument, last_name, receiver
from exai_audit.syntax.triggers import Trigger

TRIGGER = Trigger(names=frozenset({"call_at", "timeout_at", "time"}))
_WALL = frozenset({"time.time", "time.time_ns"})
_MOMENTS = frozenset({"call_at", "timeout_at"})
_LOOPS = frozenset({
    "asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop",
})  # fmt: skip


def wall_clocks(tree: ModuleTree) -> tuple[WallClockFact, ...]:
    """Return the moments in source order."""
    found = [*_given_to_loops(tree), *_deadlines(tree)]
    return tuple(sorted(found, key=lambda fact: fact.place.span))


def _given_to_loops(tree: ModuleTree) -> Iterator[WallClockFact]:
    for call in tree.calls(_MOMENTS):
        name = _operation(call, tree)
        when = argument(call, "when", 0) if name else None
        if when is not None and _is_of_the_wall(when.value, tree):
            given = " ".join(tree.text(when.value).split())
            yield WallClockFact(tree.place(call), name, given, is_loop=True)


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


def _deadlines(tree: ModuleTree) -> Iterator[WallClockFact]:
    """Yield the ends of loops, made and asked in one function, that the wall clock sets."""
    for node in tree.all(ast.Assign):
        target = node.targets[0]
        if not isinstance(target, ast.Name) or not _adds_to_the_wall(node.value, tree):
            continue
        function = tree.function_of(node)
        if isinstance(function, FUNCTIONS) and _ends_a_loop(target.id, function, tree):
            given = " ".join(tree.text(node.value).split())
            yield WallClockFact(tree.place(node), target.id, given, is_loop=False)


def _adds_to_the_wall(value: ast.expr, tree: ModuleTree) -> bool:
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
        return False
    sides = (value.left, value.right)
    return any(isinstance(s, ast.Call) and tree.qualified(s.func) == "time.time" for s in sides)


def _ends_a_loop(name: str, function: ast.AST, tree: ModuleTree) -> bool:
    for use in tree.named(name):
        if is_target(use, tree) or tree.function_of(use) is not function:
            continue
        compared = tree.parent(use)
        if not isinstance(compared, ast.Compare):
            continue
        loop = next((a for a in tree.ancestors(use) if isinstance(a, ast.While)), None)
        if loop is not None and any(use is one for one in ast.walk(loop.test)):
            return not _is_moved(name, loop)
    return False


def _is_moved(name: str, loop: ast.While) -> bool:
    """Tell whether the loop itself moves the moment on, as what runs on a beat does."""
    moved = (one for one in ast.walk(loop) if isinstance(one, ast.AugAssign))
    return any(isinstance(one.target, ast.Name) and one.target.id == name for one in moved)
