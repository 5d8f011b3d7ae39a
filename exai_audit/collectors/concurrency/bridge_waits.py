"""Waits for another thread's loop of which the file shows that they may well end."""

from __future__ import annotations

import ast

from exai_audit.facts.concurrency import BridgeKind, WaitDoubt
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, argument, last_name, parameters, receiver

_ASKS = frozenset({"is_running", "is_closed", "is_alive"})
_STARTS = frozenset({"ensure", "start", "get", "create"})
_STOPS, _TERMINATES = "stop", "terminate"
_THREADS = frozenset({"Thread"})
_RUNNING, _THREADS_OWN = "asyncio.get_running_loop", "asyncio.get_event_loop"
_OF_QUEUES = frozenset({"put", "get", "join"})
_QUEUES = frozenset({"queue", "queues", "q"})


def doubt_about(call: ast.Call, kind: BridgeKind, tree: ModuleTree) -> WaitDoubt | None:
    """Return why a call of ``run_coroutine_threadsafe`` may well be limited after all.

    The caller's own limit may be in a coroutine that is a parameter, more so if the function looks
    after the loop; a loop that the function itself stops, and whose thread it joins, is its own;
    what passes items on through a queue waits for them on purpose; and a function that is the
    target of a thread is there to wait.
    """
    function = tree.function_of(call)
    if kind is not BridgeKind.RUN_COROUTINE_THREADSAFE or not isinstance(function, FUNCTIONS):
        return None
    inside = [one for one in tree.all(ast.Call) if tree.function_of(one) is function]
    if _stops_a_loop(function, inside, tree):
        return WaitDoubt.LOOP_ENDED
    given = argument(call, "coro", 0)
    if given is None:
        return None
    if _passes_items_on(given.value, tree) or _goes_through_items(inside):
        return WaitDoubt.ITEMS
    if _has_a_thread_of_its_own(function, tree):
        return WaitDoubt.THREAD_OF_ITS_OWN
    if not is_of_a_parameter(given.value, function, tree):
        return None
    looks_after = _looks_after_the_loop(call, inside, tree)
    return WaitDoubt.LOOP_LOOKED_AFTER if looks_after else WaitDoubt.PARAMETER


def _stops_a_loop(function: Function, inside: list[ast.Call], tree: ModuleTree) -> bool:
    """Tell whether a function has a loop stopped and joins a thread, or terminates one."""
    stops = any(
        node.attr == _STOPS and tree.function_of(node) is function
        for node in tree.all(ast.Attribute)
    )
    called = {last_name(one.func) for one in inside}
    return (stops and "join" in called) or _TERMINATES in called


def _passes_items_on(value: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a coroutine is that of a queue: ``queue.put(item)``."""
    if not isinstance(value, ast.Call) or last_name(value.func) not in _OF_QUEUES:
        return False
    owner = receiver(value.func)
    if owner is None:
        return False
    ref, around = tree.resolve(owner), tree.class_of(value)
    is_own = last_name(owner) == "self" and around is not None
    names = [last_name(owner), ref.name.rpartition(".")[2] if ref is not None else ""]
    names += [around.name] if is_own and around is not None else []
    return any(not _QUEUES.isdisjoint(words(name)) for name in names)


def _goes_through_items(inside: list[ast.Call]) -> bool:
    """Tell whether a function itself takes the items of a queue, which the coroutine fills."""
    owners = (receiver(one.func) for one in inside if last_name(one.func) == "get")
    return any(
        owner is not None and not _QUEUES.isdisjoint(words(last_name(owner))) for owner in owners
    )


def _has_a_thread_of_its_own(function: Function, tree: ModuleTree) -> bool:
    """Tell whether a function inside another is the target of a thread."""
    if tree.function_of(function) is None:
        return False
    return any(
        given.arg == "target" and isinstance(given.value, ast.Name)
        for call in tree.calls_named(_THREADS)
        for given in call.keywords
        if last_name(given.value) == function.name
    )


def is_of_a_parameter(value: ast.expr, function: Function, tree: ModuleTree) -> bool:
    """Tell whether a coroutine is a parameter, made by one, or awaits one inside the function."""
    taken = _taken(function)
    if isinstance(value, ast.Name):
        return value.id in taken
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return False
    around = (one for one in tree.ancestors(function) if isinstance(one, FUNCTIONS))
    if value.func.id in taken.union(*(_taken(one) for one in around)):
        return True
    inside = [
        one
        for one in tree.all(ast.AsyncFunctionDef)
        if one.name == value.func.id and tree.function_of(one) is function
    ]
    return any(
        isinstance(one.value, ast.Name)
        and one.value.id in taken
        and tree.function_of(one) in inside
        for one in tree.all(ast.Await)
    )


def _taken(function: Function) -> set[str]:
    return {parameter.name for parameter in parameters(function)}


def _looks_after_the_loop(call: ast.Call, inside: list[ast.Call], tree: ModuleTree) -> bool:
    """Tell whether the loop is asked if it runs, or is one that a call has just given."""
    if any(last_name(one.func) in _ASKS or _starts(one) for one in inside):
        return True
    loop = argument(call, "loop", 1)
    if loop is None:
        return False
    function = tree.function_of(call)
    if isinstance(loop.value, ast.Call):
        return True
    name = loop.value
    given = _taken(function) if isinstance(function, FUNCTIONS) else set()
    if isinstance(name, ast.Name) and name.id in given:
        return True  # all that the function does is to hand on
    values = tree.bindings(name.id, name) if isinstance(name, ast.Name) else []
    return any(isinstance(value, ast.Call) for value in values)


def _starts(call: ast.Call) -> bool:
    said = words(last_name(call.func))
    return bool(_STARTS & set(said)) and "loop" in said


def waits_for_itself(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a coroutine is handed to the loop that the calling thread runs right now.

    It is what ``get_running_loop()`` gave to the same function, or ``get_event_loop()`` where that
    is running.
    """
    loop, function = argument(call, "loop", 1), tree.function_of(call)
    if loop is None or function is None:
        return False
    values = [loop.value]
    if isinstance(loop.value, ast.Name):
        values = tree.bindings(loop.value.id, loop.value)
    values = [value for value in values if not _is_left_with(value, tree)]
    got = [v for v in values if isinstance(v, ast.Call) and tree.function_of(v) is function]
    if not got or len(got) < len(values):
        return False
    names = {tree.qualified(one.func) for one in got}
    if names == {_RUNNING}:
        return True
    return names <= {_RUNNING, _THREADS_OWN} and _is_where_running(call, loop.value, tree)


def _is_left_with(value: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a handler in which a value is given leaves the function."""
    around = (one for one in tree.ancestors(value) if isinstance(one, ast.ExceptHandler))
    handler = next(around, None)
    return handler is not None and isinstance(handler.body[-1], (ast.Return, ast.Raise))


def _is_where_running(call: ast.Call, loop: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a call stands in the branch for a running loop."""
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, FUNCTIONS):
            return False
        if isinstance(node, ast.If) and child in node.body:
            asks = node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]
            for ask in asks:
                owner = receiver(ask.func) if isinstance(ask, ast.Call) else None
                if owner is not None and last_name(ask) == "is_running":
                    return tree.text(owner) == tree.text(loop)
        child = node
    return False
