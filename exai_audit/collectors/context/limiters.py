"""What limits the code inside it: ``async with asyncio.timeout(5)``, ``wait_for(…, 5)``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, argument, arguments, last_name
from exai_audit.syntax.walk import arguments_in_order

_STARTS_A_TASK = frozenset({"create_task", "ensure_future", "start_soon", "shield", "start"})
_ALARMS = frozenset({"signal.alarm", "signal.setitimer"})
_SETS_AN_ALARM = frozenset({"alarm", "setitimer"})
_LATER = frozenset({"Timer", "call_later", "call_at"})
_WATCHES = _SETS_AN_ALARM | _LATER
_ENDS = frozenset({"cancel", "kill", "terminate", "close", "abort", "interrupt", "shutdown"})
_WITH = (ast.With, ast.AsyncWith)
_OWN_CODE = (*FUNCTIONS, ast.Lambda, ast.ClassDef)


def is_limiter(row: Call) -> bool:
    """Tell whether a row is of a call that limits what runs in its block or first argument."""
    return row.timeout is not None and row.timeout.waits == "around"


def limiter_of(call: ast.Call, tree: ModuleTree) -> Call | None:
    """Return the row of a call that limits what runs in its block or its first argument."""
    name = tree.qualified(call.func)
    row = table().call(name) if name else None
    return row if row is not None and is_limiter(row) else None


def limiters_around(node: ast.AST, tree: ModuleTree) -> Iterator[tuple[ast.Call, Call]]:
    """Yield the limiting calls around ``node`` in its function, from inner to outer.

    What is only started in a block (a task) is not limited by it.
    """
    child = node
    for parent in tree.ancestors(node):
        if isinstance(parent, _OWN_CODE):
            return
        if isinstance(parent, ast.Call):
            row = limiter_of(parent, tree)
            if row is not None and _is_awaited_by(parent, child, row):
                yield parent, row
            elif last_name(parent.func) in _STARTS_A_TASK:
                return
        elif isinstance(parent, _WITH) and isinstance(child, ast.stmt):
            for item in reversed(parent.items):
                entered = item.context_expr
                row = limiter_of(entered, tree) if isinstance(entered, ast.Call) else None
                if row is not None and isinstance(entered, ast.Call):
                    yield entered, row
        child = parent


def limited_by(limiter: ast.Call, row: Call, tree: ModuleTree) -> list[ast.AST]:
    """Return what a limiter limits: the statements of its block, the argument it awaits."""
    item = tree.parent(limiter)
    around = tree.parent(item) if isinstance(item, ast.withitem) else None
    limited: list[ast.AST] = [*around.body] if isinstance(around, _WITH) else []
    first = next(iter(arguments_in_order(limiter)), None)
    if first is not None and _is_awaited_by(limiter, first, row):
        limited.append(first)
    return limited


def _is_awaited_by(limiter: ast.Call, given: ast.AST, row: Call) -> bool:
    """Tell whether an argument is what a call such as ``wait_for`` awaits, not its limit."""
    if row.timeout is None or not row.timeout.position:
        return False
    limit = argument(limiter, row.timeout.argument, row.timeout.position)
    if limit is not None and limit.node is given:
        return False
    return given is next(iter(arguments_in_order(limiter)), None)


class Guards:
    """What a module shows that ends waits: limiters, decorators, watchdogs."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    def stand_around(self, node: ast.AST) -> bool:
        """Tell whether anything the file shows ends a wait at ``node``."""
        if next(limiters_around(node, self._tree), None) is not None:
            return True
        around = [f for f in self._tree.ancestors(node) if isinstance(f, FUNCTIONS)]
        return any(f in self._watched or _is_decorated(f) for f in around)

    @cached_property
    def _watched(self) -> frozenset[Function]:
        """The functions that set an alarm, or have something cancelled or closed later."""
        watched: set[Function] = set()
        for call in self._tree.all(ast.Call):
            if last_name(call.func) in _WATCHES and _ends_waits(call, self._tree):
                child: ast.AST = call
                for parent in self._tree.ancestors(call):
                    if isinstance(parent, FUNCTIONS) and isinstance(child, ast.stmt):
                        watched.add(parent)
                    child = parent
        return frozenset(watched)


def is_guarded(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether anything the file shows ends the wait: a limiter, a decorator, a watchdog."""
    return Guards(tree).stand_around(node)


def _is_decorated(function: Function) -> bool:
    return any("timeout" in words(last_name(one)) for one in function.decorator_list)


def _ends_waits(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call sets an alarm, or has something cancelled or closed later."""
    if last_name(call.func) in _SETS_AN_ALARM:
        return tree.qualified(call.func) in _ALARMS
    ended = (given.value for given in arguments(call) if isinstance(given.value, ast.Attribute))
    return any(last_name(value) in _ENDS for value in ended)
