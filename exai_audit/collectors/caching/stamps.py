"""Whether a function notes the time at which it stores an entry."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from exai_audit.collectors.caching.syntax import Function, descendants
from exai_audit.collectors.caching.words import is_clock
from exai_audit.collectors.tree import ModuleTree
from exai_audit.collectors.walk import children


def reads_clock(tree: ModuleTree, node: cst.CSTNode) -> bool:
    """Tell whether a call somewhere in ``node`` reads the clock."""
    calls = (n for n in descendants(node) if isinstance(n, cst.Call))
    return any(is_clock(tree.qualified(call.func) or "") for call in calls)


def stamps(tree: ModuleTree, function: Function) -> bool:
    """Tell whether a function keeps the time with an entry, rather than one time for all."""
    timed = _timed_names(tree, function)
    for node in _own_nodes(function):
        if isinstance(node, cst.Arg):
            kept: cst.BaseExpression | None = node.value
        else:
            kept = _given(node) if not all(map(_is_of_all, _targets(node))) else None
        if kept is not None and _tells_time(tree, kept, timed):
            return True
    return False


def _timed_names(tree: ModuleTree, function: Function) -> set[str]:
    """Return the names that a function gives to the time, or to what it reckons from it."""
    found: set[str] = set()
    for node in _own_nodes(function):
        names = {target.value for target in _targets(node) if isinstance(target, cst.Name)}
        value = _given(node)
        if names and value is not None and _tells_time(tree, value, found):
            found |= names
    return found


def _tells_time(tree: ModuleTree, value: cst.BaseExpression, timed: set[str]) -> bool:
    names = {n.value for n in descendants(value) if isinstance(n, cst.Name)}
    return bool(names & timed) or reads_clock(tree, value)


def _own_nodes(function: Function) -> Iterator[cst.CSTNode]:
    """Yield the nodes of a function's body without those of the functions nested in it."""
    stack: list[cst.CSTNode] = [function.body]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(c for c in reversed(children(current)) if not isinstance(c, cst.FunctionDef))


def _targets(node: cst.CSTNode) -> list[cst.BaseExpression]:
    """Return what an assignment assigns to, nothing for another node."""
    if isinstance(node, cst.Assign):
        return [target.target for target in node.targets]
    return [node.target] if isinstance(node, cst.AnnAssign) else []


def _given(node: cst.CSTNode) -> cst.BaseExpression | None:
    """Return the value that an assignment assigns."""
    return node.value if isinstance(node, (cst.Assign, cst.AnnAssign)) else None


def _is_of_all(target: cst.BaseExpression) -> bool:
    """Tell whether what is assigned is one for all entries: a variable, an attribute of self."""
    if isinstance(target, cst.Attribute):
        return isinstance(target.value, cst.Name) and target.value.value in ("self", "cls")
    return isinstance(target, cst.Name)
