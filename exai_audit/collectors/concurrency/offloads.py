"""What a call has run elsewhere: a function handed to a pool, a thread or a process."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.collectors.context.roles import AnyFunction
from exai_audit.facts.concurrency import RunsIn
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Argument,
    Function,
    argument,
    arguments,
    last_name,
    receiver,
)
from exai_audit.syntax.scopes import BindingKind
from exai_audit.syntax.triggers import Rows, names_of

_PARTIALS = frozenset({"functools.partial", "functools.partialmethod"})
STARTING = frozenset({
    "run", "serve", "server", "start", "launch", "listen", "main", "forever", "worker", "process",
    "loop", "daemon", "entrypoint", "cli", "app",
})  # fmt: skip
"""Words in the names of functions that run, or start, what stays for the program's life."""
_LOOP = "asyncio.AbstractEventLoop"
OF_ANY_LOOP = frozenset({"run_in_executor", "run_until_complete"})
_OF_A_CONTEXT = "run"


class Offloaded(Struct, frozen=True):
    """A function, as an expression, that ``call`` has run elsewhere.

    ``pool`` is the dotted name of something of another file: only if that is a pool.
    """

    call: ast.Call
    function: ast.expr
    runs_in: RunsIn
    pool: str = ""


def keep_gravest(
    handed: dict[AnyFunction, Offloaded], function: AnyFunction, given: Offloaded
) -> None:
    """Note that a function is handed over, unless it is known to run somewhere graver."""
    known = handed.get(function)
    if known is None or _GRAVITY[given.runs_in] > _GRAVITY[known.runs_in]:
        handed[function] = given


_GRAVITY = {
    RunsIn.POOL: 3, RunsIn.THREAD_PER_CALL: 2, RunsIn.PROCESS: 1, RunsIn.THREAD: 0,
}  # fmt: skip


def offloads(row: Call) -> bool:
    """Choose the rows of calls that have a function run elsewhere."""
    return row.offload is not None


def calls_of(rows: Rows, tree: ModuleTree) -> Iterator[ast.Call]:
    """Yield the calls that `row_of` may know as one of the chosen rows, in source order."""
    return tree.calls(names_of(rows, tree.roots) | OF_ANY_LOOP | {_OF_A_CONTEXT})


def row_of(call: ast.Call, tree: ModuleTree) -> Call | None:
    """Return what is known of a call; the methods that only loops have need no known loop."""
    return row_of_callee(callee_of(call, tree), tree)


def callee_of(call: ast.Call, tree: ModuleTree) -> ast.expr:
    """Return what a call calls, also through ``context.run(f, …)``."""
    if not (call.args or call.keywords) or not _is_run_of_context(call.func, tree):
        return call.func
    return arguments(call)[0].value


def row_of_callee(callee: ast.expr, tree: ModuleTree) -> Call | None:
    """Return what is known of a function, see `row_of`."""
    name = tree.qualified(callee)
    known = table().call(name) if name else None
    if known is None and isinstance(callee, ast.Attribute) and callee.attr in OF_ANY_LOOP:
        owner = tree.resolve(callee.value)
        if owner is None or not owner.name.startswith(tree.dotted + "."):
            return table().call(f"{_LOOP}.{callee.attr}")
    return known


def offloaded_by(call: ast.Call, tree: ModuleTree) -> Offloaded | None:
    """Return the function that ``call`` has run elsewhere, None where it is no such call."""
    row = row_of(call, tree)
    if row is None or row.offload is None:
        return None
    function = handed_function(call, row.offload.argument, row.offload.position, tree)
    if function is None:
        return None
    return Offloaded(call, function, _runs_in(call, row.offload.to, function, tree))


def handed_function(
    call: ast.Call, name: str, position: int | None, tree: ModuleTree
) -> ast.expr | None:
    """Return the function among the arguments of a call, ``partial`` and the like left out."""
    given = argument(call, name, position)
    return _unwrapped(given, call, tree) if given is not None else None


def _unwrapped(given: Argument, call: ast.Call, tree: ModuleTree) -> ast.expr:
    """Look through ``partial(f, …)`` and ``context.run, f``."""
    function = given.value
    if isinstance(function, ast.Call) and tree.qualified(function.func) in _PARTIALS:
        return next((inner.value for inner in arguments(function)), function)
    if _is_run_of_context(function, tree):
        return _first_argument(given, call) or function
    return function


def _is_run_of_context(function: ast.expr, tree: ModuleTree) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr != _OF_A_CONTEXT:
        return False
    if {"context", "ctx"} & set(words(last_name(function.value))):
        return True
    ref = tree.resolve(function.value)
    return ref is not None and ref.name.startswith("contextvars.")


def _first_argument(given: Argument, call: ast.Call) -> ast.expr | None:
    """Return the first of the arguments that a call hands to the function it is given."""
    for keyword in call.keywords:
        if keyword.arg == "args":
            items = keyword.value
            known = isinstance(items, (ast.Tuple, ast.List)) and items.elts
            return items.elts[0] if known else None  # type: ignore[attr-defined]
    every = arguments(call)
    following = every[every.index(given) + 1 :]
    return following[0].value if following and not following[0].name else None


def _runs_in(call: ast.Call, to: str, function: ast.expr, tree: ModuleTree) -> RunsIn:
    if to == "process":
        return RunsIn.PROCESS
    if to == "thread":
        per_call = _is_thread_per_call(call, function, tree)
        return RunsIn.THREAD_PER_CALL if per_call else RunsIn.THREAD
    given = argument(call, "executor", 0) if last_name(call.func) == "run_in_executor" else None
    owner = given.value if given is not None else receiver(call.func)
    ref = tree.resolve(owner) if owner is not None else None
    pool = table().call(ref.name) if ref else None
    if pool is not None and pool.pool is not None and pool.pool.kind == "process":
        return RunsIn.PROCESS
    return RunsIn.POOL


def _is_thread_per_call(thread: ast.Call, function: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a thread is started for each call of the function that makes it.

    It is when that function joins it, starts it in a loop, or has it run a function made for the
    call; not when the thread is kept, or the function is there to start something that stays.
    """
    around = tree.function_of(thread)
    if not isinstance(around, FUNCTIONS):
        return False
    target = _assigned(thread, tree)
    if target is not None and not isinstance(target, ast.Name):
        return False
    if target is not None and _is_joined(target.id, around, tree):
        return True
    if around.name == "__init__" or STARTING & set(words(around.name)):
        return is_in_loop(thread, tree) and target is None
    return is_in_loop(thread, tree) or _is_made_in(function, around, tree)


def _assigned(thread: ast.Call, tree: ModuleTree) -> ast.expr | None:
    parent = tree.parent(thread)
    if isinstance(parent, ast.Assign):
        return parent.targets[0]
    return parent.target if isinstance(parent, ast.AnnAssign) else None


def is_in_loop(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a node stands in a loop of its own function."""
    function = tree.function_of(node)
    return any(
        isinstance(parent, (ast.For, ast.AsyncFor, ast.While))
        and tree.function_of(parent) is function
        for parent in tree.ancestors(node)
    )


def _is_made_in(function: ast.expr, around: Function, tree: ModuleTree) -> bool:
    """Tell whether a function expression is a lambda or a function of the function ``around``."""
    if isinstance(function, ast.Lambda):
        return True
    if not isinstance(function, ast.Name):
        return False
    owner = tree.scopes.owner(function.id, tree.scopes.of(function))
    return (
        owner is not None
        and owner.node is around
        and any(binding.kind is BindingKind.DEFINITION for binding in owner.names[function.id])
    )


def is_method_of(call: ast.Call, method: str, name: str) -> bool:
    """Tell whether a call is ``….name.method(…)``, as far as it shows."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == method
        and last_name(function.value) == name
    )


def _is_joined(name: str, function: Function, tree: ModuleTree) -> bool:
    return any(
        is_method_of(call, "join", name) and tree.function_of(call) is function
        for call in tree.all(ast.Call)
    )
