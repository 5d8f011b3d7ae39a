"""Whether a file shows that several threads run in it."""

from __future__ import annotations

import ast

from exai_audit.syntax.module import ModuleTree

_SHOWING = frozenset({
    "threading.Thread", "threading.Lock", "threading.RLock", "threading.Timer",
    "threading.Condition", "threading.Semaphore", "threading.BoundedSemaphore",
    "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor",
    "multiprocessing.pool.ThreadPool", "multiprocessing.dummy.Pool", "_thread.allocate_lock",
    "_thread.start_new_thread", "asyncio.to_thread", "anyio.to_thread.run_sync",
})  # fmt: skip
_NAMES = frozenset({"run_in_executor", *(name.rpartition(".")[2] for name in _SHOWING)})


def thread_evidence(tree: ModuleTree) -> str:
    """Return the first call that makes a thread, an executor or a lock between threads."""
    for call in tree.calls(_NAMES):
        name = tree.qualified(call.func)
        if name in _SHOWING:
            return name
        if isinstance(call.func, ast.Attribute) and call.func.attr == "run_in_executor":
            return "run_in_executor"
    return ""
