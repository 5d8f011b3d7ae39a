"""Whether code asks for a running loop before it starts one, or starts one inside a running one."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from exai_audit.collectors.concurrency.reachability import ASKS_FOR_LOOP
from exai_audit.collectors.context.roles import AnyFunction, FunctionRoles
from exai_audit.knowledge.table import table
from exai_audit.syntax.mentions import names_in
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name, receiver
from exai_audit.syntax.walk import descendants

_ASKS = ASKS_FOR_LOOP | {"is_running"}
_RUNNING = "asyncio.get_running_loop"
_LEAVES = (ast.Return, ast.Raise)
_ANY = frozenset({_RUNNING, "asyncio.get_event_loop", "asyncio.new_event_loop"})


class LoopGuards:
    """What the functions of one module know of a running loop when they start another."""

    def __init__(self, tree: ModuleTree, functions: FunctionRoles) -> None:
        self._tree = tree
        self._functions = functions

    def stand_before(self, call: ast.Call) -> bool:
        """Tell whether a running loop is asked for first, here or in all that call this function.

        So it is where the error that a running loop gives is caught around ``call``.
        """
        function = self._tree.function_of(call)
        if self._is_caught(call):
            return True
        if isinstance(function, ast.AsyncFunctionDef):
            return False
        if self._asks(function, call):
            return True
        callers = self._functions.callers(function) if function is not None else []
        return bool(callers) and all(
            self._asks(self._tree.function_of(caller), caller) for caller in callers
        )

    @cached_property
    def _questions(self) -> Mapping[AnyFunction, list[ast.Call]]:
        found: dict[AnyFunction, list[ast.Call]] = {}
        for call in self._tree.calls(_ASKS):
            function = self._tree.function_of(call)
            if function is not None and last_name(call.func) in _ASKS:
                found.setdefault(function, []).append(call)
        return found

    def _asks(self, function: AnyFunction | None, before: ast.Call) -> bool:
        """Tell whether a function, or one around it, asks for a running loop above a call."""
        while function is not None and not isinstance(function, ast.AsyncFunctionDef):
            if any(one.lineno <= before.lineno for one in self._questions.get(function, ())):
                return True
            function = self._tree.function_of(function)
        return False

    def _is_caught(self, call: ast.Call) -> bool:
        child: ast.AST = call
        for node in self._tree.ancestors(call):
            if isinstance(node, FUNCTIONS):
                return False
            if isinstance(node, ast.Try) and child in node.body:
                caught = (h.type for h in node.handlers if h.type is not None)
                if any("RuntimeError" in _names(kind) for kind in caught):
                    return True
            child = node
        return False

    def surely_fails(self, call: ast.Call) -> bool:
        """Tell whether a loop surely runs already where ``call`` is to run one.

        It does in a coroutine, whatever loop is to be run, and where the loop to be run is what
        ``get_running_loop()`` returned.
        """
        function = self._tree.function_of(call)
        if function is None or self._is_caught(call):
            return False
        if self._runs_the_running(call):
            return True
        in_coroutine = isinstance(function, ast.AsyncFunctionDef)
        loop = receiver(call.func) if last_name(call.func) == "run_until_complete" else None
        if loop is None:
            return in_coroutine
        known = _ANY if in_coroutine else frozenset({_RUNNING})
        if isinstance(loop, ast.Call):
            return self._name(loop) in known
        if not isinstance(loop, ast.Name):
            return False
        got = [
            value
            for value in self._tree.bindings(loop.id, loop)
            if isinstance(value, ast.Call) and self._name(value) in known
        ]
        return any(self._is_reached_with(value, call, loop.id, function) for value in got)

    def _runs_the_running(self, call: ast.Call) -> bool:
        """Tell whether a loop is run where the same name has just said that it is running."""
        loop = receiver(call.func) if last_name(call.func) == "run_until_complete" else None
        if not isinstance(loop, (ast.Name, ast.Attribute)):
            return False
        child: ast.AST = call
        for node in self._tree.ancestors(call):
            if isinstance(node, FUNCTIONS):
                return False
            if isinstance(node, ast.If) and child in node.body and isinstance(node.test, ast.Call):
                asked = receiver(node.test.func)
                if asked is not None and last_name(node.test.func) == "is_running":
                    return self._tree.text(asked) == self._tree.text(loop)
            child = node
        return False

    def _name(self, call: ast.Call) -> str:
        return table().canonical(self._tree.qualified(call.func) or "")

    def _is_reached_with(
        self, asked: ast.Call, call: ast.Call, loop: str, function: AnyFunction
    ) -> bool:
        """Tell whether a call is reached where the question for a running loop had an answer."""
        if self._tree.function_of(asked) is not function or self._is_left_before(asked, call):
            return False
        questions = self._questions.get(function, ())
        if any(last_name(one.func) == "is_running" for one in questions):
            return False
        tried = self._try_around(asked)
        known, unsure = _constants(function, tried), {loop}
        for handler in tried.handlers if tried is not None else ():
            unsure |= {name for statement in handler.body for name in _names(statement)}
        child: ast.AST = call
        for node in self._tree.ancestors(call):
            if node is function:
                return True
            if isinstance(node, ast.ExceptHandler) and self._tree.parent(node) is tried:
                return False
            if isinstance(node, ast.If) and not _may_enter(node, child, known, unsure):
                return False
            child = node
        return False

    def _is_left_before(self, asked: ast.Call, call: ast.Call) -> bool:
        """Tell whether a block in which the question stands is left for good before a call."""
        around = set(self._tree.ancestors(call))
        child: ast.AST = asked
        for node in self._tree.ancestors(asked):
            if isinstance(child, ast.stmt):
                block = self._tree.block(child)
                if not around.isdisjoint(block):
                    return False
                if isinstance(block[-1], _LEAVES):
                    return True
            child = node
        return False

    def _try_around(self, asked: ast.Call) -> ast.Try | None:
        around = (node for node in self._tree.ancestors(asked) if isinstance(node, ast.Try))
        return next(around, None)


def _constants(function: AnyFunction, tried: ast.Try | None) -> dict[str, bool]:
    """Return the flags of a function as they are where no handler of ``tried`` ran."""
    handled = {
        node for handler in (tried.handlers if tried else ()) for node in descendants(handler)
    }
    flags: dict[str, set[bool]] = {}
    for node in descendants(function):
        if node in handled or not isinstance(node, ast.Assign):
            continue
        for name in (target.id for target in node.targets if isinstance(target, ast.Name)):
            value = node.value
            flags.setdefault(name, set()).update(
                (bool(value.value),) if isinstance(value, ast.Constant) else (True, False)
            )
    return {name: values.pop() for name, values in flags.items() if len(values) == 1}


def _may_enter(
    node: ast.If, child: ast.AST, known: Mapping[str, bool], unsure: Collection[str]
) -> bool:
    """Tell whether a condition lets the branch be entered, as far as the known flags say."""
    if child is node.test:
        return True
    holds = _truth(node.test, known)
    if holds is None:
        return _names(node.test).isdisjoint(unsure)
    return holds is (child in node.body)


def _truth(test: ast.expr, known: Mapping[str, bool]) -> bool | None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand, known)
        return None if inner is None else not inner
    return known.get(test.id) if isinstance(test, ast.Name) else None


def _names(node: ast.AST) -> set[str]:
    return set(_each_name(node))


def _each_name(node: ast.AST) -> Iterator[str]:
    for below in descendants(node):
        yield from names_in(below)
