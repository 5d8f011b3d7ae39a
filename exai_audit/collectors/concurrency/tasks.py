"""Tasks that are started and that nothing keeps: the loop itself only refers to them weakly."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from exai_audit.facts.concurrency import DroppedTaskFact
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments, last_name, receiver
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.walk import descendants

_STARTS = frozenset({"create_task", "ensure_future"})
_OF_ASYNCIO = frozenset({
    "asyncio.create_task", "asyncio.tasks.create_task", "asyncio.ensure_future",
    "asyncio.tasks.ensure_future", "asyncio.AbstractEventLoop.create_task",
    "asyncio.BaseEventLoop.create_task", "asyncio.events.AbstractEventLoop.create_task",
    "asyncio.base_events.BaseEventLoop.create_task",
})  # fmt: skip
_OF_LOOPS = frozenset(name for name in _OF_ASYNCIO if "EventLoop" in name)
_ANY_ERROR = frozenset({"Exception", "BaseException"})
_LOOPS = frozenset({"loop", "_loop", "event_loop", "_event_loop"})
_RUNS_ON = frozenset({"run_forever", "run_until_complete"})
_SAYS_TASK = re.compile(r"task|background|spawn|future|schedule", re.IGNORECASE)
_EXCUSED = re.compile(r"#\s*noqa\s*:[^#]*\bRUF006\b", re.IGNORECASE)
TRIGGER = Trigger(names=_STARTS)
_HANDS_OVER = "run_coroutine_threadsafe"
DROPS = Trigger(words=_SAYS_TASK, names=frozenset({_HANDS_OVER}))


def dropped_tasks(tree: ModuleTree) -> tuple[DroppedTaskFact, ...]:
    """Return the tasks that nothing keeps, in source order."""
    return tuple(sorted(_dropped(tree), key=lambda fact: fact.place.span))


def starts_tasks(tree: ModuleTree) -> bool:
    """Tell whether a class of the module has a method of its own that starts tasks."""
    return any(
        function.name == "create_task" and isinstance(tree.parent(function), ast.ClassDef)
        for function in tree.functions
    )


def task_starters(tree: ModuleTree) -> tuple[str, ...]:
    """Return the dotted names of the plain functions that start a task and only give it back."""
    return tuple(
        f"{tree.dotted}.{tree.symbol(function)}"
        for function in tree.functions
        if isinstance(function, ast.FunctionDef) and _gives_back_a_task(function, tree)
    )


def _gives_back_a_task(function: ast.FunctionDef, tree: ModuleTree) -> bool:
    started = [one for one in tree.calls(_STARTS) if tree.function_of(one) is function]
    if len(started) != 1 or not _starts_a_task(started[0], tree):
        return False
    statement = tree.parent(started[0])
    if isinstance(statement, ast.Return):
        return True
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if not isinstance(target, ast.Name):
        return False
    others = [one for one in tree.named_in(target.id, function) if one is not target]
    return any(isinstance(tree.parent(one), ast.Return) for one in others) and all(
        isinstance(tree.parent(one), (ast.Return, ast.Attribute)) for one in others
    )


def _dropped_by_starters(tree: ModuleTree) -> Iterator[DroppedTaskFact]:
    """Yield the calls of functions of the project that may start a task, and drop it."""
    for statement in tree.all(ast.Expr):
        call = statement.value
        if not isinstance(call, ast.Call) or not _SAYS_TASK.search(last_name(call.func)):
            continue
        name = tree.qualified(call.func) if call.args and isinstance(call.args[0], ast.Call) else ""
        if name and name not in _OF_ASYNCIO and not name.startswith("asyncio."):
            yield replace(_fact(call, False, tree), by_name=False, starter=name)


def _dropped_elsewhere(tree: ModuleTree) -> Iterator[DroppedTaskFact]:
    """Yield the coroutines handed to another thread's loop whose future nothing looks at."""
    for call in tree.calls(frozenset({_HANDS_OVER})):
        name, is_alone = tree.qualified(call.func), isinstance(tree.parent(call), ast.Expr)
        if is_alone and name == f"asyncio.{_HANDS_OVER}":
            yield replace(_fact(call, False, tree), by_name=False, elsewhere=True)


def _dropped(tree: ModuleTree) -> Iterator[DroppedTaskFact]:
    yield from _dropped_by_starters(tree)
    yield from _dropped_elsewhere(tree)
    for call in tree.calls(_STARTS):
        watch = _watched(call, tree)
        statement = tree.parent(watch or call)
        if not _is_dropped(statement, tree) or not _starts_a_task(call, tree):
            continue
        if not _runs_the_loop(call, tree) and not _is_finalizer(call, tree):
            yield _fact(call, watch is not None, tree)


def _fact(call: ast.Call, watched: bool, tree: ModuleTree) -> DroppedTaskFact:
    name = tree.qualified(call.func) or ""
    known = name in _OF_ASYNCIO
    lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
    return DroppedTaskFact(
        tree.place(call),
        name if known and name not in _OF_LOOPS else " ".join(tree.text(call.func).split()),
        _work(call),
        watched,
        by_name=not known,
        excused=any(_EXCUSED.search(tree.source.line(number)) for number in lines),
        catches=_catches(_work(call), tree),
    )


def _catches(work: str, tree: ModuleTree) -> bool:
    """Tell whether the coroutine functions of that name in the file catch all their own errors."""
    found = [one for one in tree.all(ast.AsyncFunctionDef) if one.name == work]
    return bool(found) and all(_is_tried(one.body) for one in found)


def _is_tried(body: Sequence[ast.stmt]) -> bool:
    """Tell whether the last statement of a block keeps the errors of all that may wait."""
    last = body[-1]
    if isinstance(last, (ast.While, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor)):
        return _is_tried(last.body)
    if not isinstance(last, ast.Try) or any(_may_wait(one) for one in body[:-1]):
        return False
    return any(
        (one.type is None or last_name(one.type) in _ANY_ERROR)
        and not any(isinstance(below, ast.Raise) for below in descendants(one))
        for one in last.handlers
    )


def _may_wait(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Await) for node in descendants(statement))


def _starts_a_task(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call is asyncio's own: a task group or a manager keeps what it starts."""
    name = tree.qualified(call.func)
    return name in _OF_ASYNCIO or _is_named_a_loop(call, tree)


def _is_named_a_loop(call: ast.Call, tree: ModuleTree) -> bool:
    owner = receiver(call.func)
    if owner is None or last_name(call.func) != "create_task" or last_name(owner) not in _LOOPS:
        return False
    ref = tree.resolve(owner)
    return ref is None or ref.name.rpartition(".")[2] in _LOOPS


def _watched(call: ast.Call, tree: ModuleTree) -> ast.Call | None:
    """Return the call of ``add_done_callback`` right on a task that is started."""
    method = tree.parent(call)
    if not isinstance(method, ast.Attribute) or method.attr != "add_done_callback":
        return None
    around = tree.parent(method)
    return around if isinstance(around, ast.Call) and around.func is method else None


def _is_dropped(statement: ast.AST | None, tree: ModuleTree) -> bool:
    """Tell whether a statement keeps nothing: a bare one, or of a local name nothing reads."""
    if isinstance(statement, ast.Expr):
        return True
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target, function = statement.targets[0], tree.function_of(statement)
    if not isinstance(target, ast.Name) or not isinstance(function, FUNCTIONS):
        return False
    if target.id in tree.scopes.inside(function).declared:
        return False
    others = [name for name in tree.uses(target) if name is not target]
    if not all(_is_weak(name, tree) for name in others):
        return False
    return not _goes_on(statement, function, tree)


def _is_weak(name: ast.Name, tree: ModuleTree) -> bool:
    """Tell whether a name is only put into a set that refers to its elements weakly."""
    added = tree.parent(name)
    if not isinstance(added, ast.Call) or not isinstance(added.func, ast.Attribute):
        return False
    ref = tree.resolve(added.func.value) if added.func.attr == "add" else None
    return ref is not None and ref.name in ("weakref.WeakSet", "_weakrefset.WeakSet")


def _goes_on(statement: ast.stmt, function: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a function, and so its local names, lives on while others run."""
    waits = (*tree.each(ast.Await, ast.Yield), *tree.each(ast.AsyncFor, ast.AsyncWith))
    return any(tree.function_of(one) is function for one in waits if _is_after(one, statement))


def _is_after(node: ast.AST, statement: ast.stmt) -> bool:
    return getattr(node, "end_lineno", 0) > (statement.end_lineno or 0)


def _runs_the_loop(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the same function goes on to run the loop itself, or the module does."""
    function = tree.function_of(call)
    return any(tree.function_of(one) is function for one in tree.calls(_RUNS_ON))


def _is_finalizer(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a task is started by what is being thrown away itself."""
    function = tree.function_of(call)
    return isinstance(function, FUNCTIONS) and function.name == "__del__"


def _work(call: ast.Call) -> str:
    given = arguments(call)
    work = given[0].value if given else None
    return last_name(work.func) if isinstance(work, ast.Call) else ""
