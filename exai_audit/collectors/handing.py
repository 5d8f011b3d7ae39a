"""What a call has run elsewhere: a function handed to a pool, a thread or a process."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from exai_audit.collectors.scopes import How
from exai_audit.collectors.timeout_values import argument, last_name, receiver
from exai_audit.collectors.timeout_words import words
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.concurrency import RunsIn
from exai_audit.knowledge.table import Call, table

_PARTIALS = frozenset({"functools.partial", "functools.partialmethod"})
STARTING = frozenset({
    "run", "serve", "server", "start", "launch", "listen", "main", "forever", "worker", "process",
    "loop", "daemon", "entrypoint", "cli", "app",
})  # fmt: skip
"""Words in the names of functions that run, or start, what stays for the program's life."""
_LOOP = "asyncio.AbstractEventLoop"
OF_ANY_LOOP = frozenset({"run_in_executor", "run_until_complete"})


@dataclass(frozen=True, slots=True)
class Handed:
    """A function, as an expression, that ``call`` has run elsewhere."""

    call: cst.Call
    function: cst.BaseExpression
    runs_in: RunsIn


def row_of(call: cst.Call, tree: ModuleTree) -> Call | None:
    """Return what is known of a call; the methods that only loops have need no known loop."""
    return row_of_callee(callee_of(call, tree), tree)


def callee_of(call: cst.Call, tree: ModuleTree) -> cst.BaseExpression:
    """Return what a call calls, also through ``context.run(f, …)``."""
    if not call.args or not _is_run_of_context(call.func, tree):
        return call.func
    return call.args[0].value


def row_of_callee(callee: cst.BaseExpression, tree: ModuleTree) -> Call | None:
    """Return what is known of a function, see `row_of`."""
    name = tree.qualified(callee)
    known = table().call(name) if name else None
    if known is None and last_name(callee) in OF_ANY_LOOP and isinstance(callee, cst.Attribute):
        owner = tree.resolve(callee.value)
        if owner is None or not owner.name.startswith(tree.dotted + "."):
            return table().call(f"{_LOOP}.{last_name(callee)}")
    return known


def handed_by(call: cst.Call, tree: ModuleTree) -> Handed | None:
    """Return the function that ``call`` has run elsewhere, None where it is no such call."""
    row = row_of(call, tree)
    if row is None or row.hands is None:
        return None
    given = argument(call, row.hands.argument, row.hands.position)
    if given is None:
        return None
    function = _unwrapped(given, call, tree)
    return Handed(call, function, _runs_in(call, row.hands.to, function, tree))


def _unwrapped(given: cst.Arg, call: cst.Call, tree: ModuleTree) -> cst.BaseExpression:
    """Look through ``partial(f, …)`` and ``context.run, f``."""
    function = given.value
    if isinstance(function, cst.Call) and tree.qualified(function.func) in _PARTIALS:
        return function.args[0].value if function.args else function
    if _is_run_of_context(function, tree):
        return _first_argument(given, call) or function
    return function


def _is_run_of_context(function: cst.BaseExpression, tree: ModuleTree) -> bool:
    owner = receiver(function)
    if owner is None or last_name(function) != "run":
        return False
    if {"context", "ctx"} & set(words(last_name(owner))):
        return True
    ref = tree.resolve(owner)
    return ref is not None and ref.name.startswith("contextvars.")


def _first_argument(given: cst.Arg, call: cst.Call) -> cst.BaseExpression | None:
    """Return the first of the arguments that a call hands to the function it is given."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == "args":
            items = arg.value
            known = isinstance(items, (cst.Tuple, cst.List)) and items.elements
            return items.elements[0].value if known else None  # type: ignore[attr-defined]
    following = call.args[call.args.index(given) + 1 :]
    return following[0].value if following and following[0].keyword is None else None


def _runs_in(call: cst.Call, to: str, function: cst.BaseExpression, tree: ModuleTree) -> RunsIn:
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


def _is_thread_per_call(thread: cst.Call, function: cst.BaseExpression, tree: ModuleTree) -> bool:
    """Tell whether a thread is started for each call of the function that makes it.

    It is when that function joins it, starts it in a loop, or has it run a function made for the
    call; not when the thread is kept, or the function is there to start something that stays.
    """
    around = tree.function_of(thread)
    if not isinstance(around, cst.FunctionDef):
        return False
    target = _assigned(thread, tree)
    if target is not None and not isinstance(target, cst.Name):
        return False
    if target is not None and _is_joined(target.value, around, tree):
        return True
    if around.name.value == "__init__" or STARTING & set(words(around.name.value)):
        return _is_in_loop(thread, tree) and target is None
    return _is_in_loop(thread, tree) or _is_made_in(function, around, tree)


def _assigned(thread: cst.Call, tree: ModuleTree) -> cst.BaseExpression | None:
    parent = tree.parent(thread)
    if isinstance(parent, cst.Assign):
        return parent.targets[0].target
    return parent.target if isinstance(parent, cst.AnnAssign) else None


def _is_in_loop(node: cst.CSTNode, tree: ModuleTree) -> bool:
    function = tree.function_of(node)
    return any(
        isinstance(parent, (cst.For, cst.While)) and tree.function_of(parent) is function
        for parent in tree.ancestors(node)
    )


def _is_made_in(function: cst.BaseExpression, around: cst.FunctionDef, tree: ModuleTree) -> bool:
    """Tell whether a function expression is a lambda or a function of the function ``around``."""
    if isinstance(function, cst.Lambda):
        return True
    if not isinstance(function, cst.Name):
        return False
    owner = tree.scopes.owner(function.value, tree.scopes.of(function))
    return (
        owner is not None
        and owner.node is around
        and any(binding.how is How.DEFINITION for binding in owner.names[function.value])
    )


def _is_joined(name: str, function: cst.FunctionDef, tree: ModuleTree) -> bool:
    return any(
        isinstance(node, cst.Call)
        and last_name(node.func) == "join"
        and last_name(receiver(node.func) or node.func) == name
        and tree.function_of(node) is function
        for node in tree.walked.parents
    )
