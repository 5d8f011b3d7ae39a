"""What a limit bounds: the call that is given it, or the one that it stands around."""

from __future__ import annotations

import ast

from exai_audit.collectors.timeouts.carriers import function_called
from exai_audit.collectors.timeouts.shapes import through_tasks
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments, dotted

_HOLDERS = (ast.keyword, ast.Starred, ast.Attribute)


def operation_of(call: ast.Call | None, row: Call | None, tree: ModuleTree) -> str:
    """Return what the limit of a call bounds: the callee, for a limiter what is awaited in it.

    Args:
        call: the call that is given the limit; of none the operation is empty.
        row: what is known of it.
    """
    if call is None:
        return ""
    name = _callee(call, tree)
    limit = row.timeout if row is not None else None
    awaits = limit is not None and limit.waits == "around" and limit.position
    given = arguments(call) if awaits else []
    awaited = through_tasks(given[0].value) if given else None
    if isinstance(awaited, ast.Call):
        return _callee(awaited, tree) or name
    if limit is not None and limit.waits == "limit":
        outer = _taker(call, tree)
        if outer is not None:
            return _callee(outer, tree)
    return name


def _taker(call: ast.Call, tree: ModuleTree) -> ast.Call | None:
    """Return the call that is given what ``call`` makes, or is one of its methods."""
    holder = tree.parent(call)
    if isinstance(holder, ast.Call):
        return holder if holder.func is not call else None
    outer = tree.parent(holder) if isinstance(holder, _HOLDERS) else None
    if isinstance(holder, ast.Attribute) and isinstance(outer, ast.Call):
        return outer if outer.func is holder else None
    return outer if isinstance(outer, ast.Call) else None


def _callee(call: ast.Call, tree: ModuleTree) -> str:
    function = function_called(call, tree)
    name = tree.qualified(function)
    if name:
        return table().canonical(name)
    return dotted(function) if isinstance(function, (ast.Name, ast.Attribute)) else ""
