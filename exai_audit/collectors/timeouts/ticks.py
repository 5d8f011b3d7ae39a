"""Waits that are the beat of a loop: it goes on when nothing came."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.timeouts.shapes import name_of_target
from exai_audit.collectors.timeouts.sites import Site
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, is_none, last_name, receiver

_TICKS = frozenset({
    "get", "wait", "poll", "select", "acquire", "recv", "get_message", "join", "result", "read",
    "receive", "consume", "next", "notifies", "epoll", "wait_for", "brpop", "blpop", "xread",
    "readline", "readlines",
})  # fmt: skip
_GIVE_NONE = frozenset({"get_message", "poll", "brpop", "blpop", "xread", "consume"})
_QUEUES = frozenset({"queue", "q", "inbox", "jobs", "tasks", "events", "messages", "incoming"})
_PEEK = 0.1  # seconds
_NOTHING_CAME = (
    "Empty",
    "Timeout",
    "TimeoutError",
    "TimeoutExpired",
    "timeout",
    "TimeoutException",
)


def is_tick(site: Site, operation: str, tree: ModuleTree) -> bool:
    """Tell whether a loop goes on when its wait brought nothing, or it is too short for more."""
    call = site.call
    assert call is not None
    if site.row is not None and site.row.timeout and site.row.timeout.waits == "network":
        return False
    names = {last_name(call.func), operation.rpartition(".")[2]}
    if not names & _TICKS:
        return False
    if _only_peeks(site):
        return True
    child: ast.AST = call
    for around in tree.ancestors(call):
        if isinstance(around, (*FUNCTIONS, ast.Lambda)):
            return False
        if isinstance(around, ast.While):
            return child is around.test or _goes_on(call, around, tree)
        if isinstance(around, ast.For) and child in around.body and _is_short(site):
            return any(_swallows(one) for one in _handlers(call, around, tree))
        child = around
    return False


def _only_peeks(site: Site) -> bool:
    """Tell whether a wait only looks whether something has come: nobody answers so soon."""
    amount = site.value.amount
    if amount is None or amount <= 0:
        return False
    scale = 1.0 if site.scale is None else site.scale
    return amount * scale <= _PEEK


def _is_short(site: Site) -> bool:
    """Tell whether a wait is one or less, which nobody gives a piece of work to be done in."""
    return site.value.amount is not None and site.value.amount <= 1


def _goes_on(call: ast.Call, loop: ast.While, tree: ModuleTree) -> bool:
    if any(_swallows(one) for one in _handlers(call, loop, tree)):
        return True
    if isinstance(tree.statement(call), ast.Expr) and last_name(call.func) in ("wait", "join"):
        return True
    if not (isinstance(loop.test, ast.Constant)) and _asks_to_stop(loop.test):
        return last_name(call.func) != "get" or _is_of_a_queue(call)
    return _skips_nothing(call, tree) or _takes_what_came(call, tree)


def _handlers(
    call: ast.Call, loop: ast.While | ast.For, tree: ModuleTree
) -> Iterator[ast.ExceptHandler]:
    """Yield the handlers of a wait that has brought nothing, inside its loop."""
    child: ast.AST = call
    for around in tree.ancestors(call):
        if around is loop:
            return
        if isinstance(around, ast.Try) and isinstance(child, ast.stmt) and child in around.body:
            yield from around.handlers
        child = around


def _swallows(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    named = any(kind is not None and last_name(kind).endswith(_NOTHING_CAME) for kind in kinds)
    leaves = (ast.Raise, ast.Return, ast.Break)
    return named and not any(isinstance(one, leaves) for one in handler.body)


def _asks_to_stop(test: ast.expr) -> bool:
    return any(
        isinstance(one, (ast.Name, ast.Attribute))
        and {"stop", "stopped", "stopping", "running", "shutdown", "closed", "alive", "exit",
             "is_set", "is_alive", "poll", "quit", "done", "cancelled", "terminate", "active"}
        & {last_name(one), *words(last_name(one))}
        for one in ast.walk(test)
    )  # fmt: skip


def _is_of_a_queue(call: ast.Call) -> bool:
    source = receiver(call.func)
    return source is not None and bool(_QUEUES & set(words(last_name(source))))


def _skips_nothing(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the next statement goes on with the loop when the wait gave nothing."""
    statement = tree.statement(call)
    if not isinstance(statement, ast.Assign):
        return False
    block, index = tree.place_in_block(statement)
    after = block[index + 1 : index + 2]
    if not after or not isinstance(after[0], ast.If):
        return False
    goes_on = any(isinstance(one, (ast.Continue, ast.Pass)) for one in after[0].body)
    return goes_on and _asks_for_nothing(after[0].test)


def _takes_what_came(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a wait that gives None is only asked whether it brought something."""
    if last_name(call.func) not in _GIVE_NONE:
        return False
    statement = tree.statement(call)
    if isinstance(statement, ast.If):
        return not statement.orelse
    if not isinstance(statement, ast.Assign):
        return False
    block, index = tree.place_in_block(statement)
    after = block[index + 1 : index + 2]
    came = name_of_target(statement.targets[0])
    return any(
        isinstance(one, ast.If) and not one.orelse and _asks_for_something(one.test, came)
        for one in after
    )


def _asks_for_something(test: ast.expr, came: str) -> bool:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        test = test.values[0]
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot):
        test = test.left
    return isinstance(test, (ast.Name, ast.Attribute)) and last_name(test) == came


def _asks_for_nothing(test: ast.expr) -> bool:
    if isinstance(test, ast.UnaryOp):
        return isinstance(test.op, ast.Not)
    return isinstance(test, ast.Compare) and any(map(is_none, test.comparators))
