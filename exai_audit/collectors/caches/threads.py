"""Whether a file shows that several threads run in it, and what of other files they call."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from exai_audit.collectors.caches.accesses import Function, argument, last_name
from exai_audit.collectors.context.roles import is_handler
from exai_audit.knowledge.calls import Call, Offload
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import COMPREHENSIONS, FUNCTIONS
from exai_audit.syntax.triggers import names_of
from exai_audit.syntax.walk import descendants

_SHOWING = frozenset({
    "threading.Thread", "threading.Lock", "threading.RLock", "threading.Timer",
    "threading.Condition", "threading.Semaphore", "threading.BoundedSemaphore",
    "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor",
    "multiprocessing.pool.ThreadPool", "multiprocessing.dummy.Pool", "_thread.allocate_lock",
    "_thread.start_new_thread",
})  # fmt: skip
_RUN = {"threading.Thread": "target", "threading.Timer": "function"}
_NAMES = frozenset(name.rpartition(".")[2] for name in _SHOWING)
_IN_EXECUTOR = Offload("pool", "func", 1)
_LOOPS = (ast.For, ast.While, *COMPREHENSIONS)
_DEEPEST = 3
# Frameworks that answer each request in a thread of its own, by their top-level module.
_SERVING = {"django": "Django", "rest_framework": "Django", "flask": "Flask", "bottle": "Bottle"}


class _Started(Struct, frozen=True):
    """A function that runs in threads; ``many`` when several of them run it at once."""

    function: Function
    many: bool


def thread_evidence(tree: ModuleTree) -> str:
    """Return the first call that makes a thread, an executor or a lock between threads."""
    for call in tree.calls(_NAMES):
        name = tree.qualified(call.func)
        if name in _SHOWING:
            return name
    return "threading.Thread" if _runs(tree) else ""


def _runs(tree: ModuleTree) -> list[Function]:
    """Return what the threads run whose classes the module defines: ``class Work(Thread)``."""
    if "Thread" not in tree.words:
        return []
    threads = {
        one
        for one in tree.all(ast.ClassDef)
        if any(tree.qualified(base) == "threading.Thread" for base in one.bases)
    }
    return [f for f in tree.functions if f.name == "run" and tree.class_of(f) in threads]


def own_threads(tree: ModuleTree) -> tuple[str, ...] | None:
    """Return the functions that the threads which the module starts run, a few calls away.

    None where a lock or a pool shows others, or where it is not seen what a thread runs.
    """
    found = {function for run in _runs(tree) for function in _reached(tree, run)}
    for call in tree.calls(_NAMES):
        name = tree.qualified(call.func)
        if name not in _SHOWING:
            continue
        run = argument(call, _RUN.get(name), 1) if name in _RUN else None
        function = _denoted(tree, run) if run is not None else None
        if function is None:
            return None
        found |= _reached(tree, function)
    return tuple(sorted(tree.symbol(f) for f in found if isinstance(f, FUNCTIONS)))


def in_threads(tree: ModuleTree) -> tuple[str, ...]:
    """Return the functions of the module that several threads may run at once.

    A pool runs them, or a single thread and, besides, a function that this thread does not run.
    """
    found: set[Function] = set()
    for started, inside in _started(tree):
        found |= inside if started.many else _also_called(tree, inside)
    return tuple(sorted(tree.symbol(f) for f in found if isinstance(f, FUNCTIONS)))


def _also_called(tree: ModuleTree, inside: set[Function]) -> set[Function]:
    others = (function for function in tree.functions if function not in inside)
    called = {_denoted(tree, call.func) for function in others for call in _calls(function)}
    return {function for function in inside if function in called}


def serving(tree: ModuleTree) -> str:
    """Return the framework that runs functions of the module in the threads of requests.

    FastAPI and Starlette do so with handlers that are no coroutines.
    """
    found = next((_SERVING[root] for root in sorted(tree.roots & _SERVING.keys())), "")
    if found or not tree.roots & {"fastapi", "starlette"}:
        return found
    plain = (f for f in tree.functions if isinstance(f, ast.FunctionDef))
    return "FastAPI" if any(f.decorator_list and is_handler(f, tree) for f in plain) else ""


def offloads(row: Call) -> bool:
    return row.offload is not None and row.offload.to != "process"


def threaded(tree: ModuleTree) -> tuple[str, ...]:
    """Return the dotted functions and methods of other modules that several threads call.

    They are called by what a thread of this module runs, a few calls away, and either many threads
    run that, or something else in the module uses the same object.
    """
    found: set[str] = set()
    for started, inside in _started(tree):
        for function in inside:
            for call in _calls(function):
                name = tree.qualified(call.func)
                shared = started.many or _is_used_outside(tree, call, inside)
                if shared and name and _is_of_project(name, tree):
                    found.add(name)
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def _started(tree: ModuleTree) -> tuple[tuple[_Started, set[Function]], ...]:
    """Return what starts in threads, each with all that runs then, for both who ask."""
    return tuple((started, _reached(tree, started.function)) for started in _starts(tree))


def _starts(tree: ModuleTree) -> Iterator[_Started]:
    for call in tree.calls(names_of(offloads, tree.roots) | {"run_in_executor"}):
        row = table().call(tree.qualified(call.func) or "")
        processes = row is not None and ("Process" in row.name or _is_of_processes(tree, call))
        known = row.offload if row is not None and not processes else None
        if known is None and last_name(call.func) == "run_in_executor":
            known = _IN_EXECUTOR
        if known is None or known.to == "process":
            continue
        handed = argument(call, known.argument, known.position)
        if isinstance(handed, ast.Call) and last_name(handed.func) == "partial" and handed.args:
            handed = handed.args[0]
        function = _denoted(tree, handed) if handed is not None else None
        if function is not None:
            looped = any(isinstance(node, _LOOPS) for node in _around(tree, call))
            yield _Started(function, known.to == "pool" or looped)


def _is_of_processes(tree: ModuleTree, call: ast.Call) -> bool:
    """Tell whether what a method is called on is made as a pool of processes, in this module."""
    pool = last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    return bool(pool) and pool in _pools_of_processes(tree)


@lru_cache(maxsize=1)
def _pools_of_processes(tree: ModuleTree) -> frozenset[str]:
    """Return the last names of what the module keeps pools of processes as."""
    made = [(one.targets[0], one.value) for one in tree.all(ast.Assign)]
    made += [(i.optional_vars, i.context_expr) for i in tree.all(ast.withitem) if i.optional_vars]
    return frozenset(last_name(target) for target, value in made if "Process" in last_name(value))


def _around(tree: ModuleTree, node: ast.AST) -> Iterator[ast.AST]:
    for parent in tree.ancestors(node):
        if isinstance(parent, FUNCTIONS):
            return
        yield parent


def _denoted(tree: ModuleTree, expression: ast.expr) -> Function | None:
    """Return the function of this module that an expression names, on ``self`` or plainly."""
    if isinstance(expression, ast.Lambda):
        return expression
    if not isinstance(expression, (ast.Name, ast.Attribute)):
        return None
    if isinstance(expression, ast.Attribute) and last_name(expression.value) not in ("self", "cls"):
        return None
    name = last_name(expression)
    named = _by_name(tree).get(name, ())
    tree.work.add(len(named))
    is_member = named and isinstance(expression, ast.Attribute)
    owner = tree.class_of(expression) if is_member else None
    same = [function for function in named if tree.class_of(function) is owner]
    return same[0] if len(same) == 1 else None


@lru_cache(maxsize=1)
def _by_name(tree: ModuleTree) -> Mapping[str, Sequence[Function]]:
    found: dict[str, list[Function]] = {}
    for function in tree.functions:
        found.setdefault(function.name, []).append(function)
    return found


def _reached(tree: ModuleTree, first: Function) -> set[Function]:
    found, new = {first}, {first}
    for _ in range(_DEEPEST):
        called = {_denoted(tree, call.func) for function in new for call in _calls(function)}
        new = {function for function in called if function is not None} - found
        found |= new
    return found


def _calls(function: Function) -> Iterator[ast.Call]:
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    for part in body:
        yield from (node for node in descendants(part) if isinstance(node, ast.Call))


def _is_of_project(name: str, tree: ModuleTree) -> bool:
    root = name.partition(".")[0]
    known = root == "builtins" or root in STANDARD_LIBRARY or root in table().roots
    return not known and not name.startswith(tree.dotted + ".")


def _is_used_outside(tree: ModuleTree, call: ast.Call, inside: set[Function]) -> bool:
    """Tell whether what a method is called on is used by functions that the thread does not run."""
    held = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(held, ast.Attribute) and last_name(held.value) == "self":
        same = [node for node in tree.all(ast.Attribute) if _is_same(node, held)]
        return any(_is_outside(tree, node, inside) for node in same)
    if isinstance(held, ast.Name):
        return any(_is_outside(tree, node, inside) for node in tree.named(held.id))
    return False


def _is_same(node: ast.Attribute, other: ast.Attribute) -> bool:
    return node.attr == other.attr and last_name(node.value) == "self"


def _is_outside(tree: ModuleTree, node: ast.AST, inside: set[Function]) -> bool:
    function = tree.function_of(node)
    return (
        isinstance(function, FUNCTIONS)
        and function.name != "__init__"
        and function not in inside
        and isinstance(tree.parent(node), ast.Attribute)
    )
