"""What sort of live objects a cache keeps: a bound that drops one of these does harm."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from exai_audit.collectors.caches.lock_registries import is_a_lock
from exai_audit.collectors.caches.vocabulary import is_connection
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import last_name

_EVENTS = frozenset({"Event", "Condition", "Barrier"})
_WAITING = frozenset({"asyncio", "anyio", "gevent", "multiprocessing", "threading", "trio"})
_TASKS = frozenset({
    "Future", "Task", "create_future", "create_task", "ensure_future", "run_coroutine_threadsafe",
    "submit",
})  # fmt: skip


def kept_objects(values: Sequence[ast.expr], tree: ModuleTree) -> str:
    """Return ``lock``, ``event``, ``task`` or ``connection`` where all values are of that sort.

    Empty where they differ, or nothing shows it.
    """
    kinds = {_kind(value, tree) for value in values}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind(value: ast.expr, tree: ModuleTree) -> str:
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Name):
        made = tree.bindings(value.id, value)
        if len(made) != 1 or isinstance(made[0], ast.Name):
            return "lock" if is_a_lock(value) else ""
        return _kind(made[0], tree)
    if not isinstance(value, ast.Call):
        return ""
    if is_a_lock(value):
        return "lock"
    name = last_name(value.func)
    if name in _EVENTS and (tree.qualified(value.func) or "").partition(".")[0] in _WAITING:
        return "event"
    if name in _TASKS:
        return "task"
    return "connection" if is_connection(name) else ""
