"""Whether a coroutine's call of a synchronous function reaches what blocks in it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Function,
    arguments,
    last_name,
    parameters,
    receiver,
)

ASKS_FOR_LOOP = frozenset({
    "get_running_loop", "_get_running_loop", "current_async_library", "in_async_context",
    "is_async_context", "current_task",
})  # fmt: skip
ASKS_FOR_ITEMS = frozenset({"empty", "qsize", "full"})
_ASYNC_WORDS = frozenset({"async", "asynchronous", "asyncio"})


def reaches(
    call: ast.Call,
    function: Function,
    blocking: ast.Call,
    asks: Iterable[ast.Call],
    tree: ModuleTree,
) -> bool:
    """Tell whether ``call`` of ``function`` gets as far as the ``blocking`` call in it.

    It does not where the function first asks whether a loop runs, nor where a parameter that is
    False for this call decides.

    Args:
        asks: the calls of the module that ask so.
    """
    if any(tree.function_of(ask) is function for ask in asks):
        return False
    child: ast.AST = blocking
    for node in tree.ancestors(blocking):
        if node is function:
            return True
        if isinstance(node, ast.If) and child in node.body and isinstance(node.test, ast.Name):
            given = _given(node.test.id, call, function)
            if isinstance(given, ast.Constant) and (given.value is False or given.value is None):
                return False
        child = node
    return True


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
            asked = words(tree.text(node.test))
            if _ASYNC_WORDS & set(asked) and (otherwise or "not" in asked):
                return True
        child = node
    return False


def _given(name: str, call: ast.Call, function: Function) -> ast.expr | None:
    """Return what a parameter of ``function`` is for a call: its argument, else its default."""
    given = arguments(call)
    for one in given:
        if one.name == name:
            return one.value
    known = [parameter for parameter in parameters(function) if not parameter.star]
    positional = [parameter for parameter in known if not parameter.by_name]
    is_method = isinstance(call.func, ast.Attribute) and bool(positional)
    for index, parameter in enumerate(positional[1:] if is_method else positional):
        if parameter.name == name:
            by_position = [one for one in given if not one.name]
            return by_position[index].value if index < len(by_position) else parameter.default
    return next((p.default for p in known if p.by_name and p.name == name), None)


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
