"""Whether a function notes the time at which it stores an entry."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.caches.accesses import Function, identifiers
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.syntax.nodes import FUNCTIONS, arguments
from exai_audit.syntax.walk import children, descendants


def reads_clock(index: CacheIndex, node: ast.AST) -> bool:
    """Tell whether a call somewhere in ``node`` reads the clock."""
    calls = index.clock_calls
    return bool(calls) and any(below in calls for below in descendants(node))


def stamps(index: CacheIndex, function: Function) -> bool:
    """Tell whether a function keeps the time with an entry, rather than one time for all."""
    if not reads_clock(index, function):
        return False
    timed = _timed_names(index, function)
    return any(
        _tells_time(index, value, timed) for node in _own_nodes(function) for value in _kept(node)
    )


def _kept(node: ast.AST) -> list[ast.expr]:
    """Return what is handed to a call, or assigned to what is not one for all entries."""
    if isinstance(node, (ast.Call, ast.ClassDef)):
        return [given.value for given in arguments(node)]
    value = _given(node)
    return [value] if value is not None and not all(map(_is_of_all, _targets(node))) else []


def _timed_names(index: CacheIndex, function: Function) -> set[str]:
    """Return the names that a function gives to the time, or to what it reckons from it."""
    found: set[str] = set()
    for node in _own_nodes(function):
        names = {target.id for target in _targets(node) if isinstance(target, ast.Name)}
        value = _given(node)
        if names and value is not None and _tells_time(index, value, found):
            found |= names
    return found


def _tells_time(index: CacheIndex, value: ast.expr, timed: set[str]) -> bool:
    by_name = bool(timed) and any(name in timed for name, _ in identifiers(value))
    return by_name or reads_clock(index, value)


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body without those of the functions nested in it."""
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    stack: list[ast.AST] = [node for node in reversed(body) if not isinstance(node, FUNCTIONS)]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(c for c in reversed(children(current)) if not isinstance(c, FUNCTIONS))


def _targets(node: ast.AST) -> list[ast.expr]:
    """Return what an assignment assigns to, nothing for another node."""
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) else []


def _given(node: ast.AST) -> ast.expr | None:
    """Return the value that an assignment assigns."""
    return node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None


def _is_of_all(target: ast.expr) -> bool:
    """Tell whether what is assigned is one for all entries: a variable, an attribute of self."""
    if isinstance(target, ast.Attribute):
        return isinstance(target.value, ast.Name) and target.value.id in ("self", "cls")
    return isinstance(target, ast.Name)
