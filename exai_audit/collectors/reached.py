"""Whether a coroutine's call of a synchronous function reaches what blocks in it."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from exai_audit.collectors.timeout_values import last_name, receiver
from exai_audit.collectors.timeout_words import words
from exai_audit.collectors.tree import ModuleTree

_ASKS_FOR_LOOP = frozenset({
    "get_running_loop", "_get_running_loop", "current_async_library", "in_async_context",
    "is_async_context", "current_task",
})  # fmt: skip
_ASYNC_WORDS = frozenset({"async", "asynchronous", "asyncio"})
_ASKS_FOR_ITEMS = frozenset({"empty", "qsize", "full"})


def reaches(
    call: cst.Call,
    function: cst.FunctionDef,
    blocking: cst.Call,
    calls: Iterable[cst.Call],
    tree: ModuleTree,
) -> bool:
    """Tell whether ``call`` of ``function`` gets as far as the ``blocking`` call in it.

    It does not where the function first asks whether a loop runs, nor where a parameter that is
    False for this call decides.
    """
    if any(
        last_name(other.func) in _ASKS_FOR_LOOP and tree.function_of(other) is function
        for other in calls
    ):
        return False
    child: cst.CSTNode = blocking
    for node in tree.ancestors(blocking):
        if node is function:
            return True
        if isinstance(node, cst.If) and child is node.body and isinstance(node.test, cst.Name):
            given = _given(node.test.value, call, function)
            if isinstance(given, cst.Name) and given.value in ("False", "None"):
                return False
        child = node
    return True


def only_reaps(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether a call joins, in a ``finally``, what the ``try`` before it has awaited."""
    if call.args or last_name(call.func) not in ("join", "wait"):
        return False
    function = tree.function_of(call)
    for node in tree.ancestors(call):
        around = tree.parent(node)
        if isinstance(node, cst.Finally) and isinstance(around, cst.Try):
            return any(
                isinstance(one, cst.Await)
                and tree.function_of(one) is function
                and around.body in tree.ancestors(one)
                for one in tree.walked.parents
            )
    return False


def is_other_mode(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether a condition keeps a call for when the coroutine is not run as one.

    ``if asynchronous: await asyncio.sleep(1)`` … ``else: time.sleep(1)``, or a constant one.
    """
    child: cst.CSTNode = call
    for node in tree.ancestors(call):
        if isinstance(node, cst.FunctionDef):
            return False
        if isinstance(node, cst.If) and child is not node.test:
            if isinstance(node.test, cst.Name) and node.test.value in ("True", "False"):
                return (child is node.orelse) is (node.test.value == "True")
            asked = words(tree.module.code_for_node(node.test))
            if _ASYNC_WORDS & set(asked) and (child is node.orelse or "not" in asked):
                return True
        child = node
    return False


def _given(name: str, call: cst.Call, function: cst.FunctionDef) -> cst.BaseExpression | None:
    """Return what a parameter of ``function`` is for a call: its argument, else its default."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == name:
            return arg.value
    parameters = [*function.params.posonly_params, *function.params.params]
    is_method = isinstance(call.func, cst.Attribute) and bool(parameters)
    for index, parameter in enumerate(parameters[1:] if is_method else parameters):
        if parameter.name.value == name:
            by_position = [arg for arg in call.args if arg.keyword is None]
            return by_position[index].value if index < len(by_position) else parameter.default
    keyword = (p for p in function.params.kwonly_params if p.name.value == name)
    return next((parameter.default for parameter in keyword), None)


def asks_for_items(
    waits: cst.Call,
    around: Iterable[cst.CSTNode | None],
    calls: Iterable[cst.Call],
    tree: ModuleTree,
) -> bool:
    """Tell whether one of the functions ``around`` asks if the queue waited for is empty."""
    queue = receiver(waits.func)
    functions = set(around)
    return queue is not None and any(
        last_name(call.func) in _ASKS_FOR_ITEMS
        and last_name(receiver(call.func) or call.func) == last_name(queue)
        and tree.function_of(call) in functions
        for call in calls
    )
