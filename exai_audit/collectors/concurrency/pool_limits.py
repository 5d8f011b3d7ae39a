"""Limits on the tasks of a pool that limit nothing: leaving its ``with`` block waits for them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.concurrency.pool_uses import entered_block
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    COMPREHENSIONS,
    FUNCTIONS,
    argument,
    is_none,
    last_name,
    receiver,
)
from exai_audit.syntax.walk import children

_LIMITED = {"result": 0, "as_completed": 1, "wait_for": 1, "map": None}
"""What waits for tasks, by where its limit stands among the arguments."""
_ENDS_TASKS = frozenset({"kill", "terminate", "set", "stop", "abort", "_exit", "interrupt"})
_FUTURES = "concurrent.futures."
_DONE = frozenset({"as_completed", "done"})


def loses_its_limit(call: ast.Call, uses: Iterable[ast.AST], tree: ModuleTree) -> bool:
    """Tell whether tasks of a pool are waited for with a limit inside its ``with`` block.

    The block's end waits for them without one, unless something in it makes them end.
    """
    row = table().call(tree.qualified(call.func) or "")
    if row is None or not row.name.startswith(_FUTURES):
        return False
    blocks = (entered_block(node, tree) for node in (call, *uses))
    return any(block is not None and _loses(block, tree) for block in blocks)


def _loses(block: ast.With | ast.AsyncWith, tree: ModuleTree) -> bool:
    calls = list(_calls_in(block))
    if any(last_name(one.func) in _ENDS_TASKS for one in calls):
        return False
    return any(_is_limited(one, tree) and not _is_of_finished(one, tree) for one in calls)


def _calls_in(block: ast.With | ast.AsyncWith) -> Iterator[ast.Call]:
    """Yield the calls that a block itself makes."""
    pending: list[ast.AST] = [*block.body]
    while pending:
        node = pending.pop()
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            continue
        if isinstance(node, ast.Call):
            yield node
        pending.extend(children(node))


def _is_limited(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call waits for tasks with a limit."""
    name = last_name(call.func)
    if name not in _LIMITED:
        return False
    limit = argument(call, "timeout", _LIMITED[name])
    if limit is None or limit.star or is_none(limit.value):
        return False
    if name == "wait_for":
        work = call.args[0] if call.args else None
        return isinstance(work, ast.Call) and last_name(work.func) == "run_in_executor"
    is_method = isinstance(call.func, ast.Attribute)
    return is_method or (tree.qualified(call.func) or "").startswith(_FUTURES)


def _is_of_finished(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a result is asked for of a task that ``as_completed`` has given."""
    future = receiver(call.func)
    if not isinstance(future, ast.Name):
        return False
    for node in tree.ancestors(call):
        if isinstance(node, FUNCTIONS):
            return False
        loops = node.generators if isinstance(node, COMPREHENSIONS) else [node]
        for loop in loops:
            if isinstance(loop, (ast.For, ast.comprehension)) and _names(loop.target, future.id):
                through = loop.iter.func if isinstance(loop.iter, ast.Call) else loop.iter
                return last_name(through) in _DONE
    return False


def _names(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name
