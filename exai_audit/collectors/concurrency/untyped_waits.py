"""Calls in coroutines that wait, whatever they are called on: by what they are called and given.

asyncio's ``Future.result``, ``Queue.get``, ``Event.wait`` and ``Lock.acquire`` take no limit, and
do nothing until awaited: what takes one and is not awaited is a thread's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.concurrency.futures import is_known_done, made_by
from exai_audit.collectors.concurrency.harmless import AWAITS, is_meant, is_right_here
from exai_audit.collectors.concurrency.moments import moments_of
from exai_audit.facts.concurrency import BlockingFact, BlockingKind, Moment
from exai_audit.knowledge.held_clients import HELD_CLIENTS, METHODS, HeldClient
from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Function, is_number, last_name

_TO_THREAD = "await asyncio.to_thread(...)"
_INSTEAD = {
    "result": "await asyncio.wrap_future(future)",
    "exception": "await asyncio.wrap_future(future)",
    "get": "await asyncio.to_thread(queue.get, ...), or an asyncio.Queue",
    "join": "await asyncio.to_thread(thread.join)",
    "acquire": "async with an asyncio.Lock",
    "wait": "await asyncio.to_thread(event.wait, ...), or an asyncio.Event",
    "communicate": "asyncio.create_subprocess_exec and await process.communicate()",
    "poll": _TO_THREAD,
}
_WAITS = frozenset(_INSTEAD)
WAITS = _WAITS | METHODS
"""The last names of what may wait whatever it is called on."""
_OTHERS = frozenset({"pipe", "pipeline", "mock", "fake"})
_OF_THREADS = frozenset({"threading", "multiprocessing", "concurrent", "queue", "subprocess"})
_TAKE_RESULTS = frozenset({"list", "dict", "len", "str", "int", "float", "bool", "print", "set"})
_LIMITS = frozenset({"timeout", "timeout_ms", "timeout_s", "timeout_seconds"})
_OF_QUEUES = frozenset({"block", "blocking", *_LIMITS})
_SHORTEST = 0.01


def untyped_waits(tree: ModuleTree) -> Iterator[BlockingFact]:
    """Yield the waits in coroutines on what the file does not type."""
    found = (call for call in _of_held_clients(tree) if _is_of_coroutine(call[0], tree))
    yield from (fact for _, fact in found)
    plain = {one.name for one in tree.all(ast.AsyncFunctionDef)}
    for call in tree.calls(_WAITS - plain):
        if _is_of_coroutine(call, tree) and _waits(call, tree):
            yield BlockingFact(
                tree.place(call),
                tree.text(call.func),
                _INSTEAD[call.func.attr],  # type: ignore[attr-defined]
                BlockingKind.IN_PROCESS,
                _limit(call, tree),
                moment=moments_of(tree).of(call),
                excused=is_meant(call, tree),
                untyped=True,
            )


def _waits(call: ast.Call, tree: ModuleTree) -> bool:
    called = call.func
    if not isinstance(called, ast.Attribute) or not _is_given_a_limit(called.attr, call):
        return False
    limit = _limit(call, tree)
    if limit is not None and limit < _SHORTEST:
        return False
    if _is_handed_on(call, tree) or is_right_here(call, tree) or _is_typed(called, tree):
        return False
    return made_by(call, tree) is None and not is_known_done(call, tree)


def _is_typed(called: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether the file says what is called, so that a row or another module speaks of it.

    A thread's or process's object of the standard library that no row knows waits as any other.
    """
    name = tree.qualified(called) or ""
    if not name or name.startswith(f"{tree.dotted}."):
        return False
    return table().call(name) is not None or name.partition(".")[0] not in _OF_THREADS


def _is_given_a_limit(name: str, call: ast.Call) -> bool:
    """Tell whether the arguments are those of a thread's or process's wait."""
    given = {one.arg for one in call.keywords}
    if None in given or any(isinstance(one, ast.Starred) for one in call.args):
        return False
    flag = len(call.args) == 1 and _is_flag(call.args[0])
    number = len(call.args) == 1 and is_number(call.args[0])
    if name in ("get", "acquire"):
        is_alone = not call.args or flag or (name == "acquire" and number)
        return is_alone and bool(given & _OF_QUEUES or flag or number) and given <= _OF_QUEUES
    if name == "communicate":
        return given <= {"input", "timeout"}
    return (number and not given) or (not call.args and bool(given) and given <= _LIMITS)


def _is_flag(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _limit(call: ast.Call, tree: ModuleTree) -> float | None:
    given = [one.value for one in call.keywords if one.arg in _LIMITS]
    given += [one for one in call.args if is_number(one)]
    number = tree.number(given[0]) if given else None
    in_ms = any(one.arg == "timeout_ms" for one in call.keywords)
    return number / 1000 if number is not None and in_ms else number


def plain_untyped_waits(tree: ModuleTree) -> Iterator[tuple[Function, BlockingFact]]:
    """Yield the calls of synchronous clients in plain functions, which await nothing.

    What a function returns may be awaited by who calls it.
    """
    for call, fact in _of_held_clients(tree):
        function = tree.function_of(call)
        if isinstance(function, ast.FunctionDef) and not _is_returned(call, tree):
            yield function, fact


def _is_returned(call: ast.Call, tree: ModuleTree) -> bool:
    return any(
        isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) for node in tree.ancestors(call)
    )


def _of_held_clients(tree: ModuleTree) -> Iterator[tuple[ast.Call, BlockingFact]]:
    clients = [one for one in HELD_CLIENTS if _is_imported(one, tree)]
    methods = frozenset(method for one in clients for method in one.methods)
    for call in tree.calls(methods):
        called = call.func
        if not isinstance(called, ast.Attribute):
            continue
        client = next((one for one in clients if _is_held(called, one)), None)
        if client is None or (client.lazy and isinstance(tree.parent(call), ast.Expr)):
            continue
        if not _is_used_up(call, tree) or _is_typed(called, tree) or is_right_here(call, tree):
            continue
        yield (
            call,
            BlockingFact(
                tree.place(call),
                tree.text(called),
                client.instead,
                client.kind,
                moment=moments_of(tree).of(call)
                if _is_of_coroutine(call, tree)
                else Moment.SERVING,
                excused=is_meant(call, tree),
                untyped=True,
            ),
        )


def _is_imported(client: HeldClient, tree: ModuleTree) -> bool:
    return not client.imported or any(root.startswith(client.imported) for root in tree.roots)


def _is_held(called: ast.Attribute, client: HeldClient) -> bool:
    owner = called.value.func if isinstance(called.value, ast.Call) else called.value
    said = set(words(last_name(owner)))
    is_one = not client.held or not client.held.isdisjoint(said)
    return called.attr in client.methods and is_one and said.isdisjoint(_OTHERS)


def _is_of_coroutine(call: ast.Call, tree: ModuleTree) -> bool:
    return isinstance(tree.function_of(call), ast.AsyncFunctionDef)


def _is_used_up(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether nothing may await later what a call gives: no other call gets it."""
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, ast.Call) and child is not node.func:
            return isinstance(node.func, ast.Name) and node.func.id in _TAKE_RESULTS
        if isinstance(node, (ast.AsyncFor, ast.Yield, ast.Await)):
            return False
        if isinstance(node, ast.comprehension):
            return not node.is_async
        if isinstance(node, (ast.Assign, ast.NamedExpr)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            return not (isinstance(target, ast.Name) and _is_awaited(target, tree))
        if isinstance(node, ast.stmt):
            return True
        child = node
    return True


def _is_handed_on(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether what a call gives may be awaited elsewhere: given to a call, or awaited later.

    The result of a future is what it gives; any other wait gives nothing worth to hand on.
    """
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, ast.Call) and child is not node.func:
            return call.func.attr not in _WAITS - {"wait", "get"}  # type: ignore[attr-defined]
        if isinstance(node, (ast.Assign, ast.NamedExpr)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            return isinstance(target, ast.Name) and _is_awaited(target, tree)
        if isinstance(node, ast.stmt):
            return False
        child = node
    return False


def _is_awaited(name: ast.Name, tree: ModuleTree) -> bool:
    uses = (tree.parent(one) for one in tree.named_in(name.id, tree.function_of(name)))
    return any(
        isinstance(one, (ast.Await, ast.AsyncFor, ast.Yield))
        or (isinstance(one, ast.Call) and last_name(one.func) in AWAITS)
        for one in uses
    )
