"""Plain functions that a coroutine is given and tries again and again.

What may fail and be tried later reads or asks something: it takes time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.concurrency.asked import ASKS
from exai_audit.collectors.concurrency.harmless import is_awaited
from exai_audit.facts.concurrency import LoopCallbackFact
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name, parameters
from exai_audit.syntax.walk import descendants

_LOOPS = (ast.For, ast.While)
_AWAITABLE = frozenset({"Awaitable", "Coroutine", "Future", "Task"})
_OF_RESULTS = frozenset({"iscoroutine", "isawaitable", "maybe_await", "hasattr"})


def retried_calls(tree: ModuleTree) -> Iterator[LoopCallbackFact]:
    """Yield the calls of parameters that a coroutine makes again after a pause where one failed."""
    if not {"async", "sleep", "except"} <= tree.words:
        return
    for attempt in tree.all(ast.Try):
        coroutine = tree.function_of(attempt)
        if isinstance(coroutine, ast.AsyncFunctionDef) and _is_repeated(attempt, tree):
            given = _plain_parameters(coroutine, tree)
            for call in _own_calls(attempt.body, coroutine, tree):
                name = call.func.id if isinstance(call.func, ast.Name) else ""
                if name in given and not _may_be_awaited(call, coroutine, tree):
                    yield LoopCallbackFact(tree.place(call), name, True)


def _is_repeated(attempt: ast.Try, tree: ModuleTree) -> bool:
    """Tell whether a loop of the same coroutine makes an attempt again, after a pause.

    What is tried is the plain function: an attempt that awaits may fail by what it awaits.
    """
    if any(isinstance(one, ast.Await) for part in attempt.body for one in descendants(part)):
        return False
    for node in tree.ancestors(attempt):
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            return False
        if isinstance(node, _LOOPS):
            handled = (one for handler in attempt.handlers for one in descendants(handler))
            return any(_is_pause(one) for one in (*handled, *_after(attempt, node)))
    return False


def _after(attempt: ast.Try, loop: ast.For | ast.While) -> Iterator[ast.AST]:
    for statement in loop.body:
        if statement.lineno > (attempt.end_lineno or attempt.lineno):
            yield from descendants(statement)


def _is_pause(node: ast.AST) -> bool:
    called = node.value if isinstance(node, ast.Await) else None
    return isinstance(called, ast.Call) and last_name(called.func) == "sleep"


def _plain_parameters(coroutine: Function, tree: ModuleTree) -> set[str]:
    """Return the parameters that no annotation says to give an awaitable."""
    return {
        one.name
        for one in parameters(coroutine)
        if one.annotation is None
        or not any(word in tree.text(one.annotation) for word in _AWAITABLE)
    }


def _own_calls(body: list[ast.stmt], coroutine: Function, tree: ModuleTree) -> Iterator[ast.Call]:
    """Yield the calls that one attempt makes once."""
    for statement in body:
        for node in descendants(statement):
            if isinstance(node, ast.Call) and _is_made_once(node, statement, coroutine, tree):
                yield node


def _is_made_once(
    call: ast.Call, statement: ast.stmt, coroutine: Function, tree: ModuleTree
) -> bool:
    """Tell whether no loop and no other function stands between a statement and a call in it."""
    for node in tree.ancestors(call):
        if isinstance(node, (*_LOOPS, ast.AsyncFor)) and node.lineno >= statement.lineno:
            return False
        if node is statement:
            break
    return tree.function_of(call) is coroutine


def _may_be_awaited(call: ast.Call, coroutine: Function, tree: ModuleTree) -> bool:
    """Tell whether a coroutine awaits what a call gives, at once or later, or looks what it is."""
    if is_awaited(call, tree):
        return True
    asks = tree.calls_named(ASKS | _OF_RESULTS)
    if any(tree.function_of(ask) is coroutine for ask in asks):
        return True
    statement = tree.parent(call)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return isinstance(target, ast.Name) and any(
        isinstance(tree.parent(one), ast.Await) for one in tree.named_in(target.id, coroutine)
    )
