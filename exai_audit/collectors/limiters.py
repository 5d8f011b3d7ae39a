"""What limits the code inside it: ``async with asyncio.timeout(5)``, ``wait_for(…, 5)``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from exai_audit.collectors.timeout_values import argument, last_name
from exai_audit.collectors.timeout_words import words
from exai_audit.collectors.tree import ModuleTree
from exai_audit.collectors.walk import children
from exai_audit.knowledge.table import Call, table

_STARTS_A_TASK = frozenset({"create_task", "ensure_future", "start_soon", "shield", "start"})
_ALARMS = frozenset({"signal.alarm", "signal.setitimer"})
_LATER = frozenset({"Timer", "call_later", "call_at"})
_ENDS = frozenset({"cancel", "kill", "terminate", "close", "abort", "interrupt", "shutdown"})


def limiter_of(call: cst.Call, tree: ModuleTree) -> Call | None:
    """Return the row of a call that limits what runs in its block or its first argument."""
    name = tree.qualified(call.func)
    row = table().call(name) if name else None
    return row if row is not None and row.timeout and row.timeout.waits == "around" else None


def limiters_around(node: cst.CSTNode, tree: ModuleTree) -> Iterator[tuple[cst.Call, Call]]:
    """Yield the limiting calls around ``node`` in its function, from inner to outer.

    What is only started in a block (a task) is not limited by it.
    """
    child = node
    for parent in tree.ancestors(node):
        if isinstance(parent, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return
        if isinstance(parent, cst.Call):
            row = limiter_of(parent, tree)
            if row is not None and _is_awaited_by(parent, child, row):
                yield parent, row
            elif last_name(parent.func) in _STARTS_A_TASK:
                return
        if isinstance(parent, cst.With) and child is parent.body:
            for item in reversed(parent.items):
                row = limiter_of(item.item, tree) if isinstance(item.item, cst.Call) else None
                if row is not None and isinstance(item.item, cst.Call):
                    yield item.item, row
        child = parent


def _is_awaited_by(limiter: cst.Call, arg: cst.CSTNode, row: Call) -> bool:
    """Tell whether an argument is what a call such as ``wait_for`` awaits, not its limit."""
    if row.timeout is None or not row.timeout.position:
        return False
    given = argument(limiter, row.timeout.argument, row.timeout.position)
    return isinstance(arg, cst.Arg) and arg is not given and arg is limiter.args[0]


def is_guarded(node: cst.CSTNode, tree: ModuleTree) -> bool:
    """Tell whether anything the file shows ends the wait: a limiter, a decorator, a watchdog."""
    if next(limiters_around(node, tree), None) is not None:
        return True
    for parent in tree.ancestors(node):
        if isinstance(parent, cst.FunctionDef):
            decorated = (word for d in parent.decorators for word in words(last_name(d.decorator)))
            if "timeout" in decorated or any(_ends_waits(c, tree) for c in _calls_in(parent)):
                return True
    return False


def _calls_in(function: cst.FunctionDef) -> Iterator[cst.Call]:
    pending: list[cst.CSTNode] = [function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Call):
            yield node
        pending.extend(children(node))


def _ends_waits(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether a call sets an alarm, or has something cancelled or closed later."""
    name = last_name(call.func)
    if name in ("alarm", "setitimer"):
        return tree.qualified(call.func) in _ALARMS
    if name not in _LATER:
        return False
    ended = (arg.value for arg in call.args if isinstance(arg.value, cst.Attribute))
    return any(last_name(value) in _ENDS for value in ended)
