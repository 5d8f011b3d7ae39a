"""Coroutines that only run in an event loop which their class, or one function, has for itself.

Nobody but those who asked for them waits while they block.
"""

from __future__ import annotations

import ast

from exai_audit.collectors.concurrency.offloads import STARTING
from exai_audit.collectors.context.roles import FunctionRoles
from exai_audit.knowledge.limit_names import words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    COMPREHENSIONS,
    FUNCTIONS,
    argument,
    is_none,
    last_name,
    receiver,
)

_MAKES = frozenset({"asyncio.new_event_loop", "uvloop.new_event_loop"})
_RUNNERS = frozenset({"asyncio.run", "uvloop.run"})
_GIVEN_ON = frozenset({"create_task", "ensure_future", "gather", "wait_for", "shield", "wait"})
_HOLDS = (*COMPREHENSIONS, ast.Starred, ast.List, ast.Tuple, ast.keyword)
_HANDS_OVER, _RUNS = "run_coroutine_threadsafe", "run_until_complete"
_SIGNS = frozenset({"new_event_loop", "run"})


class PrivateLoops:
    """What runs in loops of its own in one module."""

    def __init__(self, tree: ModuleTree, roles: FunctionRoles) -> None:
        self._tree = tree
        self._roles = roles
        self._known: dict[ast.AST, bool] = {}

    def run(self, function: ast.AsyncFunctionDef) -> bool:
        """Tell whether all that the module does with a coroutine function is to run it in one.

        A public method may be awaited elsewhere, unless the loop is its object's.
        """
        if self._tree.words.isdisjoint(_SIGNS):
            return False
        if function not in self._known:
            self._known[function] = False  # while its own uses are looked at
            self._known[function] = self._are_all_private(function)
        return self._known[function]

    def _are_all_private(self, function: ast.AsyncFunctionDef) -> bool:
        if function.decorator_list:
            return False
        is_open = isinstance(self._tree.parent(function), ast.ClassDef)
        is_open = is_open and not function.name.startswith("_")
        uses = list(self._tree.mentions(function.name))
        return bool(uses) and all(self._is_private(use, is_open) for use in uses)

    def _is_private(self, use: ast.AST, is_open: bool) -> bool:
        """Tell whether a use is a call whose coroutine runs in a private loop."""
        tree = self._tree
        call = tree.parent(use)
        if not isinstance(call, ast.Call) or call.func is not use:
            return False
        taker = tree.parent(call)
        while isinstance(taker, _HOLDS):
            taker = tree.parent(taker)
        if isinstance(taker, ast.Call) and last_name(taker.func) == _HANDS_OVER:
            loop = argument(taker, "loop", 1)
            return loop is not None and self._is_own(loop.value)
        if isinstance(taker, ast.Call) and self._runs_privately(taker):
            return not is_open or self._is_own(receiver(taker.func))
        if isinstance(taker, ast.Await) or (
            isinstance(taker, ast.Call) and last_name(taker.func) in _GIVEN_ON
        ):
            around = tree.function_of(taker)
            return isinstance(around, ast.AsyncFunctionDef) and self.run(around)
        return False

    def _is_own(self, loop: ast.expr | None) -> bool:
        """Tell whether a loop is what a class makes for its objects."""
        tree = self._tree
        if not isinstance(loop, ast.Attribute) or last_name(loop.value) != "self":
            return False
        owner = tree.class_of(loop)
        given = tree.self_bindings(owner, loop.attr) if owner is not None else []
        made = [value for value in given if not is_none(value)]
        return bool(made) and all(map(self._makes, made))

    def _runs_privately(self, call: ast.Call) -> bool:
        """Tell whether a plain function that starts nothing makes a loop for what it is given."""
        tree = self._tree
        function = tree.function_of(call)
        if not isinstance(function, FUNCTIONS) or isinstance(function, ast.AsyncFunctionDef):
            return False
        if self._roles.is_entry(function):
            return False
        loop = receiver(call.func)
        if last_name(call.func) == _RUNS and self._is_own(loop):
            return True
        if STARTING & set(words(function.name)):
            return False
        if last_name(call.func) == _RUNS and isinstance(loop, ast.Name):
            made = tree.bindings(loop.id, loop)
            return bool(made) and all(map(self._makes, made))
        return (tree.qualified(call.func) or "") in _RUNNERS

    def _makes(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and self._tree.qualified(value.func) in _MAKES
