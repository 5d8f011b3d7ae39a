"""What makes pools again and again: coroutines, loops, handlers, wrappers, methods."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cached_property

from exai_audit.collectors.concurrency.offloads import is_in_loop
from exai_audit.collectors.concurrency.pool_holders import PoolHolder
from exai_audit.collectors.concurrency.pool_uses import entered_block
from exai_audit.collectors.context.roles import FunctionRoles, is_handler
from exai_audit.facts.concurrency import PoolLifetime
from exai_audit.syntax.mentions import names_in
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name
from exai_audit.syntax.walk import children, descendants

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_CLOSES = frozenset({
    "close", "aclose", "stop", "shutdown", "terminate", "disconnect", "dispose", "cleanup",
    "teardown", "__exit__", "__aexit__", "on_stop", "on_shutdown",
})  # fmt: skip


class PoolMakers:
    """What makes pools in one module, or code that runs once."""

    def __init__(self, tree: ModuleTree) -> None:
        self.tree = tree

    @cached_property
    def _functions(self) -> FunctionRoles:
        return FunctionRoles(self.tree)

    def starts_the_program(self, call: ast.Call) -> bool:
        """Tell whether an entry point makes a pool, or the main guard of a script."""
        function = self.tree.function_of(call)
        if function is not None:
            return self._functions.is_entry(function)
        return any(
            isinstance(node, ast.If) and "__main__" in self.tree.text(node.test)
            for node in self.tree.ancestors(call)
        )

    def per_call(self, call: ast.Call, kept: PoolHolder, uses: Iterable[ast.AST]) -> str:
        """Return what makes a short-lived pool again and again, empty for none."""
        if kept.lifetime is not PoolLifetime.CALL or _lasts(call, uses, self.tree):
            return ""
        child: ast.AST = call
        for node in self.tree.ancestors(call):
            if isinstance(node, FUNCTIONS):
                return self._per_call_of(node) if isinstance(child, ast.stmt) else ""
            if isinstance(node, ast.Lambda):
                return ""
            if isinstance(node, ast.If) and kept.name and kept.name in _names_in(node.test):
                return ""  # made once, on the first turn
            if isinstance(node, _LOOPS) and any(child is statement for statement in node.body):
                starts = self._functions.is_entry(self.tree.function_of(call))
                return "" if starts else "loop"
            child = node
        return ""

    def _per_call_of(self, function: Function) -> str:
        if is_handler(function, self.tree):
            return "handler"
        if _is_wrapper(function, self.tree):
            return "wrapper"
        if self._functions.is_entry(function):
            return ""
        if isinstance(function, ast.AsyncFunctionDef):
            return "coroutine"
        if any(map(self._is_repeated, self._functions.callers(function))):
            return "called-again"
        owner = self.tree.class_of(function)
        is_method = owner is not None and function in owner.body
        return "method" if is_method and function.name != "__init__" else ""

    def _is_repeated(self, call: ast.Call) -> bool:
        around = self.tree.function_of(call)
        if is_in_loop(call, self.tree) and not self._functions.is_entry(around):
            return True
        return isinstance(around, ast.AsyncFunctionDef) or is_handler(around, self.tree)


def _is_wrapper(function: Function, tree: ModuleTree) -> bool:
    """Tell whether a function stands in for the one that a decorator is given."""
    around = tree.function_of(function)
    if not isinstance(around, FUNCTIONS):
        return False
    if any(last_name(decorator) == "wraps" for decorator in function.decorator_list):
        return True
    takes_all = function.args.vararg is not None and function.args.kwarg is not None
    returned = (s.value for s in around.body if isinstance(s, ast.Return) and s.value is not None)
    return takes_all and any(function.name in _names_in(value) for value in returned)


def _names_in(node: ast.AST) -> set[str]:
    return {name for below in descendants(node) for name in names_in(below)}


def _lasts(call: ast.Call, uses: Iterable[ast.AST], tree: ModuleTree) -> bool:
    """Tell whether a ``with`` block of a pool lasts: it yields to its user, or loops for ever."""
    blocks = (entered_block(node, tree) for node in (call, *uses))
    return any(block is not None and _block_lasts(block, tree) for block in blocks)


def _block_lasts(block: ast.With | ast.AsyncWith, tree: ModuleTree) -> bool:
    function = tree.function_of(block)
    stack: list[ast.AST] = [*block.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            continue
        if isinstance(node, (ast.Yield, ast.YieldFrom)) and tree.function_of(node) is function:
            return True
        if isinstance(node, ast.While) and _is_true(node.test):
            return True
        stack.extend(children(node))
    return False


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and test.value in (True, 1)


def closing_method(call: ast.Call, tree: ModuleTree) -> Function | None:
    """Return the method that closes objects of the class in which a pool is made."""
    owner = tree.class_of(call)
    methods = (s for s in owner.body if isinstance(s, FUNCTIONS)) if owner is not None else ()
    return next((one for one in methods if one.name in _CLOSES and _does_anything(one)), None)


def _does_anything(function: Function) -> bool:
    """Tell whether a function holds more than its docstring and ``pass``."""
    return any(
        not isinstance(one, (ast.Pass, ast.Raise))
        and not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in function.body
    )
