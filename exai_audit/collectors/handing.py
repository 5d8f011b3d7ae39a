"""What a call has run elsewhere: a function handed to a pool, a thread or a process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from exai_audit.collectors.timeout_values import argument, last_name, receiver
from exai_audit.collectors.timeout_words import words
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.concurrency import RunsIn
from exai_audit.knowledge.table import Call, table

_PARTIALS = frozenset({"functools.partial", "functools.partialmethod"})
_LOOP = "asyncio.AbstractEventLoop"
_OF_ANY_LOOP = frozenset({"run_in_executor", "run_until_complete"})


@dataclass(frozen=True, slots=True)
class Handed:
    """A function, as an expression, that ``call`` has run elsewhere."""

    call: cst.Call
    function: cst.BaseExpression
    runs_in: RunsIn


def row_of(call: cst.Call, tree: ModuleTree) -> Call | None:
    """Return what is known of a call; the methods that only loops have need no known loop."""
    return row_of_callee(call.func, tree)


def row_of_callee(callee: cst.BaseExpression, tree: ModuleTree) -> Call | None:
    """Return what is known of a function, see `row_of`."""
    name = tree.qualified(callee)
    known = table().call(name) if name else None
    if known is None and last_name(callee) in _OF_ANY_LOOP and isinstance(callee, cst.Attribute):
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
    return Handed(call, function, _runs_in(call, row.hands.to, tree))


def _unwrapped(given: cst.Arg, call: cst.Call, tree: ModuleTree) -> cst.BaseExpression:
    """Look through ``partial(f, …)`` and ``context.run, f``."""
    function = given.value
    if isinstance(function, cst.Call) and tree.qualified(function.func) in _PARTIALS:
        return function.args[0].value if function.args else function
    owner = receiver(function)
    if owner is None or last_name(function) != "run":
        return function
    ref = tree.resolve(owner)
    is_context = bool({"context", "ctx"} & set(words(last_name(owner))))
    if is_context or (ref is not None and ref.name.startswith("contextvars.")):
        return _first_argument(given, call) or function
    return function


def _first_argument(given: cst.Arg, call: cst.Call) -> cst.BaseExpression | None:
    """Return the first of the arguments that a call hands to the function it is given."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == "args":
            items = arg.value
            known = isinstance(items, (cst.Tuple, cst.List)) and items.elements
            return items.elements[0].value if known else None  # type: ignore[attr-defined]
    following = call.args[call.args.index(given) + 1 :]
    return following[0].value if following and following[0].keyword is None else None


def _runs_in(call: cst.Call, to: str, tree: ModuleTree) -> RunsIn:
    if to == "process":
        return RunsIn.PROCESS
    if to == "thread":
        return RunsIn.THREAD_PER_CALL if _is_waited_for(call, tree) else RunsIn.THREAD
    owner = receiver(call.func)
    ref = tree.resolve(owner) if owner is not None else None
    pool = table().call(ref.name) if ref else None
    if pool is not None and pool.pool is not None and pool.pool.kind == "process":
        return RunsIn.PROCESS
    return RunsIn.POOL


def _is_waited_for(thread: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether the function that starts a thread also joins it: one thread for each call."""
    function = tree.function_of(thread)
    assigned = tree.parent(thread)
    if not isinstance(function, cst.FunctionDef) or not isinstance(assigned, cst.Assign):
        return False
    target = assigned.targets[0].target
    return isinstance(target, cst.Name) and any(
        last_name(callee.value) == target.value and callee.attr.value == "join"
        for callee in _callees_in(function, tree)
    )


def _callees_in(function: cst.FunctionDef, tree: ModuleTree) -> Iterator[cst.Attribute]:
    for node in tree.walked.parents:
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            continue
        if isinstance(node.func.value, cst.Name) and tree.function_of(node) is function:
            yield node.func
