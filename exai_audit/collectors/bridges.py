"""Bridges between threads and event loops: a loop for each call, waits for another loop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from exai_audit.collectors.futures import is_known_done, is_wait, made_by
from exai_audit.collectors.handing import (
    OF_ANY_LOOP,
    STARTING,
    Handed,
    callee_of,
    handed_by,
    row_of,
    row_of_callee,
)
from exai_audit.collectors.limiters import is_guarded
from exai_audit.collectors.names import is_none
from exai_audit.collectors.roles import Function, Functions, is_runner
from exai_audit.collectors.sight import Sight, Surroundings
from exai_audit.collectors.timeout_values import argument, last_name, receiver
from exai_audit.collectors.timeout_words import is_timeout_like, words
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.concurrency import BridgeFact, BridgeKind, Role, RunsIn
from exai_audit.knowledge.table import Call, table
from exai_audit.location import Place

TRIGGERS = re.compile(
    rb"run_until_complete|new_event_loop|run_coroutine_threadsafe|run_in_executor|to_thread"
    rb"|nest_asyncio|async_to_sync|sync_to_async|AsyncToSync|SyncToAsync|run_in_threadpool"
    rb"|\b(?:asyncio|uvloop|anyio|trio)\b"
)
SIGHT = Sight(
    rows=lambda row: row.bridge is not None,
    names=lambda _: OF_ANY_LOOP,
    mentions=True,
    around=Surroundings(everything=True),
)
_LOOPS = frozenset({BridgeKind.RUN, BridgeKind.RUN_UNTIL_COMPLETE})
_THREADS = frozenset({"threading.Thread", "multiprocessing.Process"})
_THREADS_OWN = "asyncio.get_event_loop"
_ASKS = frozenset({"asyncio.new_event_loop", "uvloop.new_event_loop", _THREADS_OWN})
_LIMITERS = frozenset({"asyncio.wait_for", "asyncio.timeout"})


class BridgeCollector(cst.CSTVisitor):
    """Gathers calls, functions and names; what they are is known once names are."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[cst.Call] = []
        self.functions: list[cst.FunctionDef] = []
        self.mentions: list[cst.Name] = []

    def visit_Call(self, node: cst.Call) -> None:
        self.calls.append(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.functions.append(node)

    def visit_Name(self, node: cst.Name) -> None:
        self.mentions.append(node)

    def facts(self, tree: ModuleTree) -> tuple[BridgeFact, ...]:
        """Return the bridges, in source order."""
        found = _Bridges(self, tree)
        return tuple(sorted(found.facts(), key=lambda fact: fact.place.span))


class _Bridges:
    """The bridges of one module; what needs all its calls is worked out when first asked for."""

    def __init__(self, gathered: BridgeCollector, tree: ModuleTree) -> None:
        self._gathered = gathered
        self._tree = tree

    @cached_property
    def _functions(self) -> Functions:
        return Functions(self._tree, self._gathered.functions, self._gathered.calls)

    @cached_property
    def _handed(self) -> dict[Function, Handed]:
        """Return the functions of the module that run elsewhere; who calls one of them, too."""
        handed: dict[Function, Handed] = {}
        for call in self._gathered.calls:
            given = handed_by(call, self._tree)
            if given is None:
                continue
            expression = given.function
            function = (
                expression
                if isinstance(expression, cst.Lambda)
                else self._functions.called(expression)
            )
            if function is not None:
                _keep_gravest(handed, function, given)
        for call in self._gathered.calls:
            around = self._tree.function_of(call)
            called = self._functions.called(call.func) if around in handed else None
            if called is not None and around is not None and called.asynchronous is None:
                _keep_gravest(handed, called, handed[around])
        return handed

    def facts(self) -> Iterator[BridgeFact]:
        for call in self._gathered.calls:
            row = row_of(call, self._tree)
            if row is not None and row.bridge is not None:
                yield self._fact(call, row, BridgeKind(row.bridge.kind))
            yield from self._handed_over_itself(call)

    def _handed_over_itself(self, call: cst.Call) -> Iterator[BridgeFact]:
        given = handed_by(call, self._tree)
        row = row_of_callee(given.function, self._tree) if given else None
        if given is None or row is None or row.bridge is None:
            return
        kind = BridgeKind(row.bridge.kind)
        lives_on = kind is BridgeKind.RUN_UNTIL_COMPLETE and self._lives_on(given.function)
        if kind not in _LOOPS or lives_on:
            return
        yield BridgeFact(
            place=self._place(given.function),
            kind=kind,
            operation=row.name,
            is_async=_is_coroutine(self._tree.function_of(call)),
            role=Role.LIBRARY,
            function=self._name_of(self._tree.function_of(call)),
            runs_in=given.runs_in,
            handed_line=self._tree.span(call).line,
            itself=True,
        )

    def _fact(self, call: cst.Call, row: Call, kind: BridgeKind) -> BridgeFact:
        function = self._tree.function_of(call)
        handed = self._handed.get(function) if function is not None and kind in _LOOPS else None
        return BridgeFact(
            place=self._place(call),
            kind=kind,
            operation=row.name,
            is_async=_is_coroutine(function),
            role=self._role(call, kind, function) if kind in _LOOPS else Role.LIBRARY,
            function=self._name_of(function),
            callers=self._callers(function) if kind in _LOOPS else (),
            runs_in=handed.runs_in if handed else None,
            handed_line=self._tree.span(handed.call).line if handed else 0,
            unlimited=self._unlimited(call, kind),
            new_loop=kind is BridgeKind.RUN or self._is_new_loop(call),
        )

    def _place(self, node: cst.CSTNode) -> Place:
        return self._tree.place(node)

    def _name_of(self, function: Function | None) -> str:
        return self._functions.name(function) if isinstance(function, cst.FunctionDef) else ""

    def _callers(self, function: Function | None) -> tuple[str, ...]:
        if function is None:
            return ()
        return tuple(sorted({self._name_of(top) for top in self._functions.tops(function)} - {""}))

    # What runs the loop

    def _role(self, call: cst.Call, kind: BridgeKind, function: Function | None) -> Role:
        if self._functions.is_entry(function):
            return Role.ENTRY
        if self._is_run_of_thread(function):
            return Role.RUNNER
        if is_runner(call, function):
            return Role.OWNER
        if kind is BridgeKind.RUN_UNTIL_COMPLETE:
            if self._lives_on(callee_of(call, self._tree)):
                return Role.RUNNER
            return Role.OWNER if self._closes(call, function) else Role.LIBRARY
        return Role.ENTRY if self._serves(call, function) else Role.LIBRARY

    def _serves(self, call: cst.Call, function: Function | None) -> bool:
        """Tell whether a function runs for the program's life: nothing waits for what it runs.

        Its own name says so, or those of all that call it, and the loop's result is not used.
        """
        if function is None or not isinstance(self._tree.parent(call), cst.Expr):
            return False
        tops = self._functions.tops(function)
        return _is_starting(function) or (bool(tops) and all(map(_is_starting, tops)))

    def _is_run_of_thread(self, function: Function | None) -> bool:
        """Tell whether a function is the ``run`` of a thread or process class."""
        if not isinstance(function, cst.FunctionDef) or function.name.value != "run":
            return False
        owner = self._tree.class_of(function)
        bases = [self._tree.qualified(base.value) for base in owner.bases] if owner else []
        return any(base and table().canonical(base) in _THREADS for base in bases)

    def _lives_on(self, callee: cst.BaseExpression) -> bool:
        """Tell whether a loop outlives the call: only one that the function itself asks for not."""
        loop = receiver(callee)
        if isinstance(loop, cst.Call):
            return not _is_asked_for(loop, self._tree)
        if not isinstance(loop, cst.Name):
            return True
        owner = self._tree.scopes.owner(loop.value, self._tree.scopes.of(loop))
        if owner is None or isinstance(owner.node, cst.Module):
            return True
        values = self._tree.bindings(loop.value, loop)
        return not any(
            isinstance(value, cst.Call) and _is_asked_for(value, self._tree) for value in values
        )

    def _is_new_loop(self, call: cst.Call) -> bool:
        """Tell whether the loop that a call runs is made for it, not the thread's own."""
        loop = receiver(callee_of(call, self._tree))
        made = [loop]
        if isinstance(loop, cst.Name):
            made = list(self._tree.bindings(loop.value, loop))
        rows = [row_of(one, self._tree) for one in made if isinstance(one, cst.Call)]
        return bool(rows) and not any(row and row.name == _THREADS_OWN for row in rows)

    def _closes(self, call: cst.Call, function: Function | None) -> bool:
        """Tell whether the function that runs a loop closes it too."""
        loop = receiver(callee_of(call, self._tree))
        return isinstance(loop, cst.Name) and any(
            last_name(other.func) == "close"
            and last_name(receiver(other.func) or other.func) == loop.value
            and self._tree.function_of(other) is function
            for other in self._gathered.calls
        )

    # Waits

    def _unlimited(self, call: cst.Call, kind: BridgeKind) -> Place | None:
        if kind is BridgeKind.OWN:
            limited = any(arg.keyword and is_timeout_like(arg.keyword.value) for arg in call.args)
            return None if limited or any(arg.star for arg in call.args) else self._place(call)
        if kind is not BridgeKind.RUN_COROUTINE_THREADSAFE or self._limits_inside(call):
            return None
        for wait in self._waits.get(call, ()):
            limit = argument(wait, "timeout", 0)
            unlimited = limit is None or is_none(limit.value)
            known = is_known_done(wait, self._tree, self._gathered.mentions)
            if unlimited and not known and not is_guarded(wait, self._tree):
                return self._place(wait)
        return None

    @cached_property
    def _waits(self) -> dict[cst.Call, list[cst.Call]]:
        """Return the calls of ``result()`` by the call that made their future."""
        waits: dict[cst.Call, list[cst.Call]] = {}
        for call in self._gathered.calls:
            made = made_by(call, self._tree) if is_wait(call) else None
            if made is not None:
                waits.setdefault(made[0], []).append(call)
        return waits

    def _limits_inside(self, call: cst.Call) -> bool:
        """Tell whether the coroutine handed over is itself limited: ``wait_for(work(), 5)``."""
        given = call.args[0].value if call.args else None
        if not isinstance(given, cst.Call):
            return False
        name = self._tree.qualified(given.func)
        return bool(name) and table().canonical(name or "") in _LIMITERS


def _keep_gravest(handed: dict[Function, Handed], function: Function, given: Handed) -> None:
    known = handed.get(function)
    if known is None or _GRAVITY[given.runs_in] > _GRAVITY[known.runs_in]:
        handed[function] = given


_GRAVITY = {
    RunsIn.POOL: 3, RunsIn.THREAD_PER_CALL: 2, RunsIn.PROCESS: 1, RunsIn.THREAD: 0,
}  # fmt: skip


def _is_asked_for(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether a call makes a loop, or gets the thread's own, made if there is none."""
    row = row_of(call, tree)
    return row is not None and row.name in _ASKS


def _is_starting(function: Function) -> bool:
    """Tell whether a function's name says that it runs, or starts, what stays."""
    if not isinstance(function, cst.FunctionDef):
        return False
    return bool(STARTING & set(words(function.name.value)))


def _is_coroutine(function: Function | None) -> bool:
    return isinstance(function, cst.FunctionDef) and function.asynchronous is not None
