"""Calls that another thread makes of a function handed over by name: ``to_thread(get, url)``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, last_name

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
