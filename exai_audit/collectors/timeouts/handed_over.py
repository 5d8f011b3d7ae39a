"""Calls of functions that are handed over, ``to_thread(get, url)``, or chosen by their name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, last_name, text_of

_POSITIONS = {
    "submit": 0, "to_thread": 0, "run_sync": 0, "run_in_threadpool": 0, "run_in_executor": 1,
}  # fmt: skip
# These keep their own keywords, and hand on none.
_KEEPS_KEYWORDS = frozenset({"run_sync", "run_in_executor"})


def handed_over(tree: ModuleTree) -> Iterator[tuple[ast.Call, ast.Call]]:
    """Yield the calls that hand a function over, each with the call that this comes to.

    The latter is no node of the tree, but its parts are.
    """
    for call in tree.calls(frozenset(_POSITIONS)):
        name = last_name(call.func)
        position = _POSITIONS.get(name)
        given = argument(call, "func", position) if position is not None else None
        if given is None or position is None or not isinstance(given.value, ast.expr):
            continue
        keywords = [] if name in _KEEPS_KEYWORDS else [k for k in call.keywords if k.arg != "func"]
        rest = call.args[position + 1 :]
        function = given.value
        if isinstance(function, ast.Call):
            if tree.qualified(function.func) != "functools.partial" or not function.args:
                continue
            rest, keywords = [*function.args[1:], *rest], [*function.keywords, *keywords]
            function = function.args[0]
        yield call, ast.copy_location(ast.Call(function, rest, keywords), call)


def calls_by_name(tree: ModuleTree) -> Iterator[ast.Call]:
    """Yield the calls of what ``getattr`` returns, by a local name, too."""
    for chosen in tree.calls(frozenset({"getattr"})):
        holder = tree.parent(chosen)
        if isinstance(holder, ast.Call) and holder.func is chosen:
            yield holder
        elif isinstance(holder, ast.Assign) and isinstance(holder.targets[0], ast.Name):
            for use in tree.uses(holder.targets[0]):
                call = tree.parent(use)
                if isinstance(call, ast.Call) and call.func is use:
                    yield call


def asked_by_name(function: ast.expr, tree: ModuleTree) -> str:
    """Return what sends a request of requests by the name of its method, empty for others."""
    if isinstance(function, ast.Name):
        values = tree.bindings(function.id, function)
        function = values[0] if len(values) == 1 else function
    if not isinstance(function, ast.Call) or last_name(function.func) != "getattr":
        return ""
    if len(function.args) != 2 or text_of(function.args[1]) is not None:
        return ""
    owner = tree.resolve(function.args[0])
    if owner is None or owner.name not in ("requests", "requests.Session"):
        return ""
    return f"{owner.name}.request" if owner.instance == (owner.name != "requests") else ""
