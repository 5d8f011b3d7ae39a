"""What must hold for a function to reach a call in it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Function,
    is_none,
    last_name,
    parameters,
    receiver,
)

ASKS_FOR_LOOP = frozenset({
    "get_running_loop", "_get_running_loop", "current_async_library", "in_async_context",
    "is_async_context", "current_task",
})  # fmt: skip
ASKS_FOR_ITEMS = frozenset({"empty", "qsize", "full"})
Needs = tuple[tuple[str, bool], ...]
_ENDS = (ast.Return, ast.Raise)
_ASYNC_WORDS = frozenset({"async", "asynchronous", "asyncio"})


def needs(node: ast.AST, function: Function, tree: ModuleTree) -> Needs:
    """Return the parameters of ``function`` that decide whether it reaches ``node``.

    Each comes with whether it must be true: for ``if flag: node`` and after ``if not flag: return``
    it must.
    """
    taken = {parameter.name for parameter in parameters(function)}
    found: dict[tuple[str, bool], None] = {}
    child: ast.AST = node
    for around in tree.ancestors(node):
        if isinstance(around, ast.If) and child is not around.test:
            found.update(dict.fromkeys(_asked(around.test, child in around.body, taken)))
        if isinstance(child, ast.stmt):
            for before in _before(child, tree):
                found.update(dict.fromkeys(_asked(before.test, False, taken)))
        if around is function:
            break
        child = around
    return tuple(found)


def _before(statement: ast.stmt, tree: ModuleTree) -> Iterator[ast.If]:
    """Yield the conditions before a statement, in its block, that end the function when met."""
    for one in tree.block(statement):
        if one is statement:
            return
        if isinstance(one, ast.If) and not one.orelse and isinstance(one.body[-1], _ENDS):
            yield one


def _asked(test: ast.expr, met: bool, taken: set[str]) -> Iterator[tuple[str, bool]]:
    """Yield the parameter that a condition asks for, and what it is where that is ``met``."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _asked(test.operand, not met, taken)
    elif isinstance(test, ast.Name):
        if test.id in taken:
            yield test.id, met
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and is_none(test.comparators[0]):
        operator = test.ops[0]
        if isinstance(operator, (ast.Is, ast.IsNot)) and met is not isinstance(operator, ast.Is):
            yield from _asked(test.left, True, taken)


def only_reaps_finished(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call joins, in a ``finally``, what the ``try`` before it has awaited."""
    if call.args or call.keywords or last_name(call.func) not in ("join", "wait"):
        return False
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, ast.Try) and child in node.finalbody:
            return _awaits_in(node.body, tree.function_of(call), tree)
        child = node
    return False


def _awaits_in(body: list[ast.stmt], function: ast.AST | None, tree: ModuleTree) -> bool:
    return any(
        tree.function_of(one) is function and any(node in body for node in tree.ancestors(one))
        for one in tree.all(ast.Await)
    )


def is_sync_mode(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a condition keeps a call for when the coroutine is not run as one.

    ``if asynchronous: await asyncio.sleep(1)`` … ``else: time.sleep(1)``, or a constant one.
    """
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, FUNCTIONS):
            return False
        if isinstance(node, ast.If) and child is not node.test:
            otherwise = child in node.orelse
            if isinstance(node.test, ast.Constant) and isinstance(node.test.value, bool):
                return otherwise is node.test.value
            text = tree.text(node.test)
            asked = words(text) if "async" in text.lower() else ()
            if _ASYNC_WORDS & set(asked) and (otherwise or "not" in asked):
                return True
        child = node
    return False


def asks_for_items(
    waits: ast.Call,
    around: Iterable[ast.AST | None],
    asks: Iterable[ast.Call],
    tree: ModuleTree,
) -> bool:
    """Tell whether one of the functions ``around`` asks if the queue waited for is empty.

    Args:
        asks: the calls of the module that ask so of anything.
    """
    queue = receiver(waits.func)
    functions = set(around)
    return queue is not None and any(
        last_name(receiver(call.func) or call.func) == last_name(queue)
        and tree.function_of(call) in functions
        for call in asks
    )
