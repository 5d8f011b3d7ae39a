"""Functions that a coroutine awaits if they are coroutine functions, and else calls itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from exai_audit.collectors.concurrency.asked import ASKS, branches, calls_of
from exai_audit.collectors.concurrency.retried import retried_calls
from exai_audit.facts.concurrency import LoopCallbackFact
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments, last_name, parameters
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.walk import descendants

_WORK = frozenset({
    "action", "command", "endpoint", "execute", "job", "operation", "run", "step", "target", "task",
    "tool", "work", "worker",
})  # fmt: skip
_NOTICES = frozenset({
    "callback", "callbacks", "cb", "check", "cleanup", "close", "condition", "event", "factory",
    "filter", "hook", "hooks", "key", "listener", "on", "predicate", "progress",
})  # fmt: skip
_OFFLOADS = frozenset({
    "to_thread", "run_in_executor", "run_sync", "run_in_threadpool", "sync_to_async", "submit",
    "partial", "from_thread", "run_in_thread",
})  # fmt: skip
_SAYS_SO = frozenset({"async", "coroutine", "awaitable"})
TRIGGER = Trigger(names=frozenset({"async"}))


def loop_callbacks(tree: ModuleTree) -> tuple[LoopCallbackFact, ...]:
    """Return the plain calls of what a coroutine awaits otherwise, each once, in source order."""
    found = (*_found(tree), *_told_by_flags(tree), *retried_calls(tree))
    known = {fact.place.span: fact for fact in found}
    return tuple(sorted(known.values(), key=lambda fact: fact.place.span))


def _found(tree: ModuleTree) -> Iterator[LoopCallbackFact]:
    for ask in tree.calls(ASKS):
        given = arguments(ask)
        function = tree.function_of(ask)
        if not given or not isinstance(function, ast.AsyncFunctionDef):
            continue
        callee = given[0].value
        awaiting, plain = branches(ask, tree)
        called = _plain_call(plain, callee, function, tree)
        if called is None or _is_offloaded(plain, callee, tree):
            continue
        if _awaits(awaiting, callee, tree):
            place = tree.place(called)
            handed_in = _is_handed_in(callee, function, tree)
            yield LoopCallbackFact(place, tree.text(callee), handed_in and _is_work(callee))


def _told_by_flags(tree: ModuleTree) -> Iterator[LoopCallbackFact]:
    """Yield the calls of a parameter where another one says whether it is a coroutine function."""
    for condition in tree.all(ast.If):
        function, flag = tree.function_of(condition), condition.test
        if not isinstance(function, ast.AsyncFunctionDef) or not isinstance(flag, ast.Name):
            continue
        taken = {one.name for one in parameters(function)}
        if flag.id not in taken or not _SAYS_SO & set(words(flag.id)):
            continue
        awaiting, plain = branches(flag, tree)
        for call in (one for node in plain for one in descendants(node)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                named = call.func
                if (
                    named.id in taken
                    and _plain_call(plain, named, function, tree) is call
                    and _awaits(awaiting, named, tree)
                    and not _is_offloaded(plain, named, tree)
                ):
                    yield LoopCallbackFact(tree.place(call), named.id, _takes_time(named))


def _takes_time(callee: ast.Name) -> bool:
    """Tell whether nothing in a function's name says that it only takes notice."""
    return _NOTICES.isdisjoint(word.removesuffix("s") for word in words(callee.id))


def _plain_call(
    nodes: Sequence[ast.AST], callee: ast.expr, function: ast.AST, tree: ModuleTree
) -> ast.Call | None:
    """Return the first call of ``callee`` that the coroutine itself makes and does not await."""
    for call in calls_of(nodes, callee, tree):
        if tree.function_of(call) is function and not isinstance(tree.parent(call), ast.Await):
            return call
    return None


def _is_offloaded(nodes: Sequence[ast.AST], callee: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether the same branch hands ``callee`` to a thread where a condition says so."""
    text = tree.text(callee)
    return any(
        isinstance(one, ast.Call)
        and last_name(one.func) in _OFFLOADS
        and any(tree.text(given.value) == text for given in arguments(one))
        for node in nodes
        for one in descendants(node)
    )


def _awaits(nodes: Sequence[ast.AST], callee: ast.expr, tree: ModuleTree) -> bool:
    return any(
        isinstance(around, ast.Await)
        for call in calls_of(nodes, callee, tree)
        for around in tree.ancestors(call)
    )


def _is_handed_in(callee: ast.expr, function: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a function comes from whoever calls the coroutine, or from a registry.

    A method of the object itself is its author's own affair; so is what a decorator wraps.
    """
    if isinstance(callee, ast.Attribute):
        return not _is_own_method(callee, tree)
    if not isinstance(callee, ast.Name):
        return True
    owner = tree.scopes.owner(callee.id, tree.scopes.of(callee))
    if owner is None or owner.node is not function:
        return False
    return not any(_is_looked_up(one, tree) for one in tree.bindings(callee.id, callee))


def _is_looked_up(value: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a value is a method of an object that the coroutine itself chose."""
    if isinstance(value, ast.Attribute):
        return _is_own_method(value, tree)
    return isinstance(value, ast.Call) and last_name(value.func) == "getattr"


def _is_own_method(callee: ast.Attribute, tree: ModuleTree) -> bool:
    """Tell whether an attribute is one of ``self`` that no method sets."""
    owner = tree.class_of(callee)
    if owner is None or last_name(callee.value) not in ("self", "cls"):
        return False
    return not tree.self_bindings(owner, callee.attr)


def _is_work(callee: ast.expr) -> bool:
    """Tell whether a function does work, as far as its name says, and not only takes notice."""
    name = callee.value if isinstance(callee, ast.Subscript) else callee
    spoken = {word.removesuffix("s") for word in words(last_name(name))}
    return not _WORK.isdisjoint(spoken) and _NOTICES.isdisjoint(spoken)
