"""What functions take, and which of them make an event loop whatever they are given."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.collectors.concurrency.reachability import needs
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Function, Parameter, is_none, last_name, parameters

_RUN = frozenset({"run"})


def loop_runners(tree: ModuleTree) -> set[ast.AST]:
    """Return the plain functions that have ``asyncio.run`` make a loop, whatever they are given."""
    if "asyncio" not in tree.roots:
        return set()
    found: set[ast.AST] = set()
    for call in tree.calls(_RUN):
        function = tree.function_of(call)
        if isinstance(function, ast.FunctionDef) and tree.qualified(call.func) == "asyncio.run":
            found |= set() if needs(call, function, tree) else {function}
    return found


def forwards(function: Function) -> bool:
    """Tell whether all that a function does is to call another, and to return what that does."""
    body = function.body
    if len(body) > 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    (only, *others) = body
    return not others and isinstance(only, (ast.Return, ast.Expr)) and type(only.value) is ast.Call


def taken(function: Function, tree: ModuleTree) -> Iterator[tuple[str, str]]:
    """Yield the parameters that a call gives with their defaults, as far as these are literals."""
    known: Iterable[Parameter] = parameters(function)
    around = tree.parent(function)
    is_static = "staticmethod" in {last_name(one) for one in function.decorator_list}
    if isinstance(around, ast.ClassDef) and not is_static:
        known = list(known)[1:]
    for one in known:
        yield f"{one.star}{one.name}", _literal(one.default)


def _literal(value: ast.expr | None) -> str:
    if is_none(value):
        return "None"
    if isinstance(value, ast.Constant) and isinstance(value.value, (bool, int, float)):
        return str(value.value)
    return ""
