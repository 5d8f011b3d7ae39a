"""Calls that hand a function on with what it is to be given: ``to_thread(get, timeout=5)``."""

from __future__ import annotations

import ast

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name

_ALWAYS = frozenset({"asyncio.to_thread", "functools.partial"})
_BY_NAME = frozenset({"submit", "add_task", "run_in_threadpool", "to_thread", "partial"})


def is_carrier(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the keywords of a call are those of the function that it hands on."""
    first = call.args[0] if call.args else None
    if not isinstance(first, (ast.Name, ast.Attribute)):
        return False
    if last_name(call.func) in _BY_NAME and tree.qualified(first) is not None:
        return True
    return tree.qualified(call.func) in _ALWAYS


def function_called(call: ast.Call, tree: ModuleTree) -> ast.expr:
    """Return the function that in the end is given the keywords of a call."""
    return call.args[0] if is_carrier(call, tree) else call.func


def hands_on_the_rest(call: ast.Call, tree: ModuleTree) -> Function | None:
    """Return the function that hands all other keywords that it is given on to a call."""
    function = tree.function_of(call)
    if not isinstance(function, FUNCTIONS) or function.args.kwarg is None:
        return None
    rest = function.args.kwarg.arg
    handed = (keyword.value for keyword in call.keywords if keyword.arg is None)
    return function if any(isinstance(o, ast.Name) and o.id == rest for o in handed) else None
