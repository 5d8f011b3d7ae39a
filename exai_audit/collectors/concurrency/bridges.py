"""Bridges between threads and event loops: a loop for each call, waits for another loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from msgspec.structs import replace

from exai_audit.collectors.concurrency.bridge_waits import doubt_about, is_of_a_parameter
from exai_audit.collectors.concurrency.foreign_pools import handed_to_foreign_pools
from exai_audit.collectors.concurrency.hazards import hazard_of, is_made_before
from exai_audit.collectors.concurrency.loop_guards import LoopGuards
from exai_audit.collectors.concurrency.offloads import (
    OF_ANY_LOOP,
    STARTING,
    Offloaded,
    callee_of,
    calls_of,
    is_in_loop,
    keep_gravest,
    offloaded_by,
    offloads,
    row_of,
    row_of_callee,
)
from exai_audit.collectors.concurrency.result_waits import ResultWaits
from exai_audit.collectors.context.roles import AnyFunction, FunctionRoles, is_runner
from exai_audit.facts.concurrency import LOOPS, BridgeFact, BridgeKind, Role, RunsIn
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.table import table
from exai_audit.location import Place
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments, receiver
from exai_audit.syntax.triggers import Trigger


def _bridges(row: Call) -> bool:
    return row.bridge is not None


def _speaks(row: Call) -> bool:
    return row.bridge is not None or row.offload is not None


TRIGGER = Trigger(rows=_bridges, names=OF_ANY_LOOP)
_THREADS = frozenset({"threading.Thread", "multiprocessing.Process"})
_THREADS_OWN = "asyncio.get_event_loop"
_ASKS = frozenset({"asyncio.new_event_loop", "uvloop.new_event_loop", _THREADS_OWN})
_STARTS = frozenset({"start", "serve", "launch", "entrypoint"})


def bridges(tree: ModuleTree) -> tuple[BridgeFact, ...]:
    """Return the bridges, in source order."""
    return tuple(sorted(_Bridges(tree).facts(), key=lambda fact: fact.place.span))


class _Bridges:
    """The bridges of one module; what needs all its calls is worked out when first asked for."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._functions = FunctionRoles(tree)
        self._guards = LoopGuards(tree, self._functions)
        self._waits = ResultWaits(tree)

    @cached_property
    def _handed(self) -> dict[AnyFunction, Offloaded]:
        """Return the functions of the module that run elsewhere; who calls one of them, too."""
        handed: dict[AnyFunction, Offloaded] = {}
        for call in calls_of(offloads, self._tree):
            given = offloaded_by(call, self._tree)
            if given is None:
                continue
            function = self._given_by(given)
            if function is not None:
                keep_gravest(handed, function, self._once(given))
            for other in self._handed_along(call):
                keep_gravest(handed, other, self._once(given))
        for given in self._foreign:
            function = self._given_by(given)
            if function is not None:
                handed.setdefault(function, given)
        for call in self._functions.calls() if handed else ():
            around = self._tree.function_of(call)
            called = self._functions.called(call.func) if around in handed else None
            if called is not None and around is not None and not _is_coroutine(called):
                keep_gravest(handed, called, handed[around])
        return handed

    @cached_property
    def _foreign(self) -> tuple[Offloaded, ...]:
        return tuple(handed_to_foreign_pools(self._tree))

    def _given_by(self, given: Offloaded) -> AnyFunction | None:
        """Return the function of the module that is handed over."""
        expression = given.function
        if isinstance(expression, ast.Lambda):
            return expression
        return self._functions.called(expression)

    def _once(self, given: Offloaded) -> Offloaded:
        """Take a thread that an entry point starts for one that is started once."""
        if given.runs_in is not RunsIn.THREAD_PER_CALL or not self._runs_once(given.call):
            return given
        return replace(given, runs_in=RunsIn.THREAD)

    def _handed_along(self, call: ast.Call) -> Iterator[AnyFunction]:
        """Yield the functions of the module among the arguments for the one that is handed over."""
        for given in arguments(call):
            items = given.value.elts if isinstance(given.value, ast.Tuple) else [given.value]
            for item in items:
                function = self._functions.called(item)
                if function is not None and not _is_coroutine(function):
                    yield function

    def facts(self) -> Iterator[BridgeFact]:
        for call in calls_of(_speaks, self._tree):
            row = row_of(call, self._tree)
            if row is not None and row.bridge is not None:
                yield self._fact(call, row, BridgeKind(row.bridge.kind))
            offloaded = offloaded_by(call, self._tree)
            if offloaded is not None:
                yield from self._handed_over_itself(offloaded)
        for given in self._foreign:
            yield from self._handed_over_itself(given)

    def _handed_over_itself(self, given: Offloaded) -> Iterator[BridgeFact]:
        call, row = given.call, row_of_callee(given.function, self._tree)
        if row is None or row.bridge is None:
            return
        kind = BridgeKind(row.bridge.kind)
        lives_on = kind is BridgeKind.RUN_UNTIL_COMPLETE and self._lives_on(given.function)
        if kind not in LOOPS or lives_on:
            return
        yield BridgeFact(
            place=self._place(given.function),
            kind=kind,
            operation=row.name,
            is_async=_is_coroutine(self._tree.function_of(call)),
            role=Role.ENTRY if self._runs_once(call) else Role.LIBRARY,
            function=self._name_of(self._tree.function_of(call)),
            runs_in=given.runs_in,
            handed_line=self._tree.span(call).line,
            itself=True,
            pool=given.pool,
            guarded=self._guards.stand_before(call),
            generic=self._is_generic(call, given.function),
        )

    def _runs_once(self, call: ast.Call) -> bool:
        """Tell whether a call stands in an entry point, and in no loop of it."""
        is_entry = self._functions.is_entry(self._tree.function_of(call))
        return is_entry and not is_in_loop(call, self._tree)

    def _fact(self, call: ast.Call, row: Call, kind: BridgeKind) -> BridgeFact:
        function = self._tree.function_of(call)
        in_loop = kind in LOOPS
        handed = self._handed.get(function) if function is not None and in_loop else None
        sure = handed if handed is not None and not handed.pool else None
        starts = not _is_coroutine(function) and self._functions.is_entry(function)
        fails = in_loop and not starts and self._guards.surely_fails(call)
        return BridgeFact(
            place=self._place(call),
            kind=kind,
            operation=row.name,
            is_async=_is_coroutine(function),
            role=self._role(call, kind, function) if in_loop else Role.LIBRARY,
            function=self._name_of(function),
            callers=self._callers(function) if in_loop else (),
            runs_in=handed.runs_in if handed else None,
            handed_line=self._tree.span(handed.call).line if handed else 0,
            unlimited=self._waits.unlimited(call, kind),
            stuck=self._waits.stuck(call, kind),
            new_loop=kind is BridgeKind.RUN or self._is_new_loop(call),
            guarded=in_loop and self._guards.stand_before(sure.call if sure else call),
            fails=fails,
            pool=handed.pool if handed else "",
            hazard=hazard_of(call, self._tree) if in_loop else None,
            runs=self._run_by(call) if in_loop else "",
            generic=in_loop and self._is_generic(call, call),
            doubt=doubt_about(call, kind, self._tree),
        )

    def _is_generic(self, call: ast.Call, runner: ast.expr) -> bool:
        """Tell whether a parameter is run, of the function around or one around that."""
        function = self._tree.function_of(call)
        if not isinstance(function, FUNCTIONS):
            return False
        given = [one.value for one in arguments(call) if one.value is not runner]
        return any(is_of_a_parameter(one, function, self._tree) for one in given[:1])

    def _run_by(self, call: ast.Call) -> str:
        """Return the dotted name of the coroutine function whose coroutine is run."""
        given = next((given.value for given in arguments(call)), None)
        called = given.func if isinstance(given, ast.Call) else given
        return (self._tree.qualified(called) or "") if called is not None else ""

    def _place(self, node: ast.expr) -> Place:
        return self._tree.place(node)

    def _name_of(self, function: AnyFunction | None) -> str:
        return self._functions.name(function) if isinstance(function, FUNCTIONS) else ""

    def _callers(self, function: AnyFunction | None) -> tuple[str, ...]:
        if function is None:
            return ()
        return tuple(sorted({self._name_of(top) for top in self._functions.tops(function)} - {""}))

    # What runs the loop

    def _role(self, call: ast.Call, kind: BridgeKind, function: AnyFunction | None) -> Role:
        runs_a_loop = kind is BridgeKind.RUN_UNTIL_COMPLETE
        if self._is_run_of_thread(function):
            return Role.RUNNER
        if runs_a_loop and self._lives_on(callee_of(call, self._tree)):
            return Role.RUNNER
        if self._is_in_while(call, function) and is_made_before(call, self._tree):
            return Role.RUNNER
        if self._functions.is_entry(function):
            return Role.ENTRY
        if is_runner(call, function):
            return Role.OWNER
        return Role.ENTRY if self._serves(call, function) else Role.LIBRARY

    def _is_in_while(self, call: ast.Call, function: AnyFunction | None) -> bool:
        around = (node for node in self._tree.ancestors(call) if isinstance(node, ast.While))
        return any(self._tree.function_of(node) is function for node in around)

    def _serves(self, call: ast.Call, function: AnyFunction | None) -> bool:
        """Tell whether a function runs for the program's life: nothing waits for what it runs.

        Its own name says so, or those of all that call it, and the loop's result is not used.
        """
        parent = self._tree.parent(call)
        if isinstance(function, FUNCTIONS):
            of_module = self._tree.parent(function) is self._tree.module
            if of_module and function.name in _STARTS:
                return True
            if isinstance(parent, ast.Return):
                return bool(_STARTS & set(words(function.name)))
        if function is None or not isinstance(parent, ast.Expr):
            return False
        tops = self._functions.tops(function)
        return _is_starting(function) or (bool(tops) and all(map(_is_starting, tops)))

    def _is_run_of_thread(self, function: AnyFunction | None) -> bool:
        """Tell whether a function is the ``run`` of a thread or process class."""
        if not isinstance(function, FUNCTIONS) or function.name != "run":
            return False
        owner = self._tree.class_of(function)
        bases = [self._tree.qualified(base) for base in owner.bases] if owner else []
        return any(base and table().canonical(base) in _THREADS for base in bases)

    def _lives_on(self, callee: ast.expr) -> bool:
        """Tell whether a loop outlives the call: only one that the function itself asks for not."""
        loop = receiver(callee)
        if isinstance(loop, ast.Call):
            return not _is_asked_for(loop, self._tree)
        if not isinstance(loop, ast.Name):
            return True
        owner = self._tree.scopes.owner(loop.id, self._tree.scopes.of(loop))
        if owner is None or isinstance(owner.node, ast.Module):
            return True
        values = self._tree.bindings(loop.id, loop)
        return not any(
            isinstance(value, ast.Call) and _is_asked_for(value, self._tree) for value in values
        )

    def _is_new_loop(self, call: ast.Call) -> bool:
        """Tell whether the loop that a call runs is made for it, not the thread's own."""
        loop = receiver(callee_of(call, self._tree))
        made = [loop]
        if isinstance(loop, ast.Name):
            made = list(self._tree.bindings(loop.id, loop))
        rows = [row_of(one, self._tree) for one in made if isinstance(one, ast.Call)]
        return bool(rows) and not any(row and row.name == _THREADS_OWN for row in rows)


def _is_asked_for(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call makes a loop, or gets the thread's own, made if there is none."""
    row = row_of(call, tree)
    return row is not None and row.name in _ASKS


def _is_starting(function: AnyFunction) -> bool:
    """Tell whether a function's name says that it runs, or starts, what stays."""
    if not isinstance(function, FUNCTIONS):
        return False
    return bool(STARTING & set(words(function.name)))


def _is_coroutine(function: AnyFunction | None) -> bool:
    return isinstance(function, ast.AsyncFunctionDef)
