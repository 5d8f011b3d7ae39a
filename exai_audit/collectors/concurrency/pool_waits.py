"""Tasks of a pool that wait for other tasks of the same pool."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import TypeVar

from exai_audit.collectors.concurrency.offloads import (
    OF_ANY_LOOP,
    calls_of,
    offloaded_by,
    offloads,
)
from exai_audit.collectors.context.roles import AnyFunction, FunctionRoles
from exai_audit.facts.concurrency import PoolWaitFact, RunsIn
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    argument,
    arguments,
    first_parameter,
    last_name,
    receiver,
)
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.walk import descendants

TRIGGER = Trigger(rows=offloads, names=OF_ANY_LOOP)
_RESULTS = frozenset({"result", "exception", "get"})
_WAITS = frozenset({"wait", "as_completed"})
_MAPS = frozenset({"map", "imap", "imap_unordered", "starmap", "apply"})
_DEEPEST = 2
_Node = TypeVar("_Node", bound=ast.AST)
_Pool = tuple[ast.AST | None, str]
"""What a pool is kept as: its class or the scope that owns its name, and the name."""


def pool_waits(tree: ModuleTree) -> tuple[PoolWaitFact, ...]:
    """Return the places where a task hands work to its own pool and waits for it."""
    return tuple(sorted(_PoolWaits(tree).facts(), key=lambda fact: fact.place.span))


class _PoolWaits:
    """Who hands what to which pool, in one module."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._functions = FunctionRoles(tree)

    @cached_property
    def _given(self) -> list[tuple[ast.Call, _Pool, AnyFunction | None]]:
        """The calls that hand something to a pool of threads that has a name, with both."""
        found: list[tuple[ast.Call, _Pool, AnyFunction | None]] = []
        for call in calls_of(offloads, self._tree):
            handed = offloaded_by(call, self._tree)
            pool = self._pool(call) if handed and handed.runs_in is RunsIn.POOL else None
            if handed is not None and pool is not None:
                given = handed.function
                lamb = given if isinstance(given, ast.Lambda) else None
                found.append((call, pool, lamb or self._functions.called(given)))
        return found

    def _pool(self, call: ast.Call) -> _Pool | None:
        tree = self._tree
        owner: ast.expr | None = receiver(call.func)
        if last_name(call.func) == "run_in_executor":
            executor = argument(call, "executor", 0)
            owner = executor.value if executor is not None else None
        if isinstance(owner, ast.Name):
            scope = tree.scopes.owner(owner.id, tree.scopes.of(owner))
            return (scope.node, owner.id) if scope is not None else None
        function = self._method_around(call)
        if not isinstance(owner, ast.Attribute) or not isinstance(function, FUNCTIONS):
            return None
        is_own = tree.text(owner.value) == first_parameter(function)
        return (tree.class_of(call), owner.attr) if is_own else None

    def _method_around(self, node: ast.AST) -> AnyFunction | None:
        """Return the method in which a node stands, through functions inside it."""
        function = self._tree.function_of(node)
        while function is not None and self._tree.function_of(function) is not None:
            function = self._tree.function_of(function)
        return function

    def facts(self) -> Iterator[PoolWaitFact]:
        spoken: set[ast.Call] = set()
        handed = Counter(pool for _, pool, _ in self._given)
        for outer, pool, task in self._given:
            if task is None or handed[pool] < 2:
                continue
            for inner in self._handed_within(task, pool):
                wait = self._wait_for(inner)
                if wait is not None and inner not in spoken and inner is not outer:
                    spoken.add(inner)
                    yield self._fact(outer, inner, wait, pool)

    def _fact(self, outer: ast.Call, inner: ast.Call, wait: ast.AST, pool: _Pool) -> PoolWaitFact:
        tree = self._tree
        limit = argument(wait, "timeout", 0) if isinstance(wait, ast.Call) else None
        return PoolWaitFact(
            place=tree.place(inner),
            pool=pool[1],
            handed_line=tree.span(outer).line,
            wait_line=tree.span(wait).line,
            limited=limit is not None and last_name(getattr(wait, "func", wait)) in _RESULTS,
        )

    def _handed_within(self, task: AnyFunction, pool: _Pool) -> Iterator[ast.Call]:
        """Yield what a task hands to its pool, itself or in what it calls in its module."""
        given = self._given_in
        handed = [each for one in self._called_by(task) for each in given.get((pool, one), ())]
        self._tree.work.add(len(handed))
        yield from (call for _, call in sorted(handed, key=itemgetter(0)))

    @cached_property
    def _given_in(
        self,
    ) -> Mapping[tuple[_Pool, AnyFunction | None], Sequence[tuple[int, ast.Call]]]:
        """The numbered calls that hand something over, by the pool and the function around."""
        found: dict[tuple[_Pool, AnyFunction | None], list[tuple[int, ast.Call]]] = {}
        for number, (call, pool, _) in enumerate(self._given):
            around = self._tree.function_of(call)
            found.setdefault((pool, around), []).append((number, call))
        return found

    def _called_by(self, task: AnyFunction) -> set[AnyFunction | None]:
        """Return a task and the functions of the module that it calls, up to two calls away."""
        within: set[AnyFunction | None] = {task}
        for _ in range(_DEEPEST):
            self._tree.work.add(len(within))
            within = within.union(*(self._calls_of.get(one, ()) for one in within))
        return within

    @cached_property
    def _calls_of(self) -> Mapping[AnyFunction | None, Collection[AnyFunction]]:
        """The functions of the module that each function calls."""
        found: dict[AnyFunction | None, set[AnyFunction]] = {}
        for call in self._functions.calls():
            called = self._functions.called(call.func)
            if isinstance(called, ast.FunctionDef):
                found.setdefault(self._tree.function_of(call), set()).add(called)
        return found

    @cached_property
    def _waits(self) -> Mapping[AnyFunction | None, Sequence[ast.Call]]:
        """The calls that may wait for a future, by the function that they stand in."""
        return _by_function(self._tree.calls(_RESULTS | _WAITS), self._tree)

    @cached_property
    def _loops(self) -> Mapping[AnyFunction | None, Sequence[ast.For | ast.comprehension]]:
        return _by_function(self._tree.all(ast.For, ast.comprehension), self._tree)

    def _wait_for(self, given: ast.Call) -> ast.AST | None:
        """Return where the function itself waits for what it hands over, None if nowhere."""
        tree = self._tree
        if last_name(given.func) in _MAPS:
            return None if isinstance(tree.parent(given), (ast.Expr, ast.Return)) else given
        method = tree.parent(given)
        chained = tree.parent(method) if isinstance(method, ast.Attribute) else None
        if isinstance(chained, ast.Call) and last_name(chained.func) in _RESULTS:
            return chained
        names = self._kept_in(given)
        function = tree.function_of(given)
        for call in self._waits.get(function, ()) if names else ():
            tree.work.add(1)
            if call.lineno > given.lineno:
                asked = last_name(call.func) in _WAITS
                looked_at = [a.value for a in arguments(call)] if asked else [call.func]
                if any(self._mentions(one, names) for one in looked_at):
                    return call
        return None

    def _kept_in(self, given: ast.Call) -> set[str]:
        """Return the local names that lead to the future that a call makes."""
        tree, names = self._tree, set[str]()
        for node in tree.ancestors(given):
            if isinstance(node, ast.Assign):
                names.update(t.id for t in node.targets if isinstance(t, ast.Name))
            elif isinstance(node, ast.Call) and last_name(node.func) in ("append", "add"):
                names.add(last_name(receiver(node.func) or node.func))
            if isinstance(node, ast.stmt):
                break
        for loop in self._loops.get(tree.function_of(given), ()):
            tree.work.add(1)
            if isinstance(loop.target, ast.Name) and self._mentions(loop.iter, names):
                names.add(loop.target.id)
        return names

    def _mentions(self, node: ast.AST, names: set[str]) -> bool:
        return any(isinstance(one, ast.Name) and one.id in names for one in descendants(node))


def _by_function(
    nodes: Iterable[_Node], tree: ModuleTree
) -> Mapping[AnyFunction | None, Sequence[_Node]]:
    found: dict[AnyFunction | None, list[_Node]] = {}
    for node in nodes:
        found.setdefault(tree.function_of(node), []).append(node)
    return found
