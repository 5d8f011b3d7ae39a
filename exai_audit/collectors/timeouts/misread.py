"""Limits that a caller gives and that do not reach the wait, though something reads them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from exai_audit.facts.waits import UnforwardedFact
from exai_audit.knowledge.limit_names import is_timeout_like, words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Function,
    dotted,
    is_none,
    last_name,
    parameters,
    text_of,
)

_TELLS = frozenset({
    "critical", "debug", "error", "exception", "format", "info", "log", "print", "warn", "warning",
})  # fmt: skip
_MOST_CALLS = 500
_OTHER_KINDS = frozenset({
    "session", "idle", "keepalive", "lock", "cache", "lease", "close", "shutdown", "ping",
    "heartbeat", "visibility", "poll", "interval", "retry",
})  # fmt: skip


def is_own(name: str) -> bool:
    """Tell whether a name is that of a limit on the work itself, not on a pause or a session."""
    return is_timeout_like(name) and not _OTHER_KINDS & set(words(name))


def is_told(use: ast.Name, tree: ModuleTree) -> bool:
    """Tell whether a use of a limit only puts it into a message."""
    for node in tree.ancestors(use):
        if isinstance(node, ast.JoinedStr):
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return text_of(node.left) is not None
        if isinstance(node, ast.Call):
            return last_name(node.func) in _TELLS
        if isinstance(node, ast.stmt):
            return False
    return False


def given_another(
    calls: Sequence[ast.Call], own: str, tree: ModuleTree
) -> Iterator[UnforwardedFact]:
    """Yield the calls that are given another limit than the one that a function does not read."""
    for call in calls:
        for keyword in call.keywords:
            value = keyword.value
            fixed = isinstance(value, ast.Constant) and isinstance(value.value, (int, float))
            kept = isinstance(value, ast.Attribute) and last_name(value.value) == "self"
            if keyword.arg and is_timeout_like(keyword.arg) and (fixed or kept):
                given = " ".join(tree.text(value).split())
                name = dotted(call.func) or last_name(call.func)
                yield UnforwardedFact(tree.place(call), name, own, "another", 0, given)


def kept_instead(
    function: Function, inside: Sequence[ast.AST], own: str, tree: ModuleTree
) -> Iterator[UnforwardedFact]:
    """Yield where the object's own limit is read though the caller's stands in for it.

    That is after ``if timeout is None: timeout = self.timeout``, which leaves one name for both.
    """
    filled = next((one for one in inside if _fills(one, own)), None)
    if filled is None:
        return
    end = tree.span(filled).end_line
    for node in inside:
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        is_kept = node.attr == own and last_name(node.value) == "self"
        if is_kept and tree.span(node).line > end and tree.function_of(node) is function:
            yield UnforwardedFact(tree.place(node), f"self.{own}", own, "kept", 0, own)
            return


def _fills(node: ast.AST, own: str) -> bool:
    """Tell whether a statement gives a limit that is None the value that the object keeps."""
    if not isinstance(node, ast.If) or len(node.body) != 1 or node.orelse:
        return False
    test, filled = node.test, node.body[0]
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Is):
        return False
    if last_name(test.left) != own or not is_none(test.comparators[0]):
        return False
    return (
        isinstance(filled, ast.Assign)
        and last_name(filled.targets[0]) == own
        and isinstance(filled.targets[0], ast.Name)
        and isinstance(filled.value, ast.Attribute)
        and filled.value.attr == own
    )


def left_out(
    calls: Sequence[ast.Call], inside: Sequence[ast.AST], own: str, tree: ModuleTree
) -> Iterator[UnforwardedFact]:
    """Yield the calls that are not handed the options which hold the limit, as others of it are."""
    places = (one for one in inside if isinstance(one, ast.Subscript))
    holders = {last_name(one.value): one for one in places if _keeps(one, own, tree)}
    for name, kept in holders.items():
        handed = [c for c in calls[:_MOST_CALLS] if _unpacks(c, name)]
        said = {dotted(call.func) for call in handed} - {""}
        for call in calls[:_MOST_CALLS]:
            after = tree.span(call).line > tree.span(kept).end_line
            bare = all(k.arg is not None and not is_timeout_like(k.arg) for k in call.keywords)
            if after and bare and dotted(call.func) in said:
                yield UnforwardedFact(tree.place(call), dotted(call.func), own, "options", 0, name)


def _keeps(node: ast.Subscript, own: str, tree: ModuleTree) -> bool:
    """Tell whether a limit is put into options here: ``options["timeout"] = timeout``."""
    if not isinstance(node.ctx, ast.Store):
        return False
    holder = tree.parent(node)
    is_own = isinstance(holder, ast.Assign) and last_name(holder.value) == own
    return is_own and is_timeout_like(text_of(node.slice) or "")


def _unpacks(call: ast.Call, name: str) -> bool:
    return any(k.arg is None and last_name(k.value) == name for k in call.keywords)


def beside_settings(tree: ModuleTree) -> Iterator[UnforwardedFact]:
    """Yield the calls that are handed other settings under their own names, but not the limit.

    ``Client(token=self.token, proxy=self.proxy)`` in a class that has a ``self.timeout``, too.
    """
    for call in tree.all(ast.Call):
        name = (tree.qualified(call.func) or "") if _names_other_settings(call) else ""
        if "." not in name:
            continue
        limits = _kept_beside(call, tree) or _taken_beside(call, tree)
        if len(limits) == 1:
            yield UnforwardedFact(tree.place(call), name, limits[0], "settings", len(call.args))


def _names_other_settings(call: ast.Call) -> bool:
    """Tell whether a call is given two keywords or more, none a limit, and nothing unpacked."""
    if len(call.keywords) < 2 or any(k.arg is None or is_own(k.arg) for k in call.keywords):
        return False
    return not any(isinstance(given, ast.Starred) for given in call.args)


def _kept_beside(call: ast.Call, tree: ModuleTree) -> list[str]:
    """Return the limits of the object two of whose settings are handed on under their names."""
    kept = sum(_is_kept(k.arg, k.value) for k in call.keywords)
    owner = tree.class_of(call) if kept > 1 else None
    return _limits_of(owner, tree) if owner is not None else []


def _taken_beside(call: ast.Call, tree: ModuleTree) -> list[str]:
    """Return the limits among the parameters of which two are handed on under their names."""
    function = tree.function_of(call)
    handed = [k.arg for k in call.keywords if isinstance(k.value, ast.Name) and k.value.id == k.arg]
    if len(handed) < 2 or not isinstance(function, FUNCTIONS):
        return []
    taken = [param.name for param in parameters(function)]
    return [one for one in taken if is_own(one)] if set(handed) <= set(taken) else []


def _is_kept(name: str | None, value: ast.expr) -> bool:
    is_attribute = isinstance(value, ast.Attribute) and last_name(value.value) == "self"
    return is_attribute and last_name(value) == name


def _limits_of(owner: ast.ClassDef, tree: ModuleTree) -> list[str]:
    """Return the limits that a class keeps from its ``__init__``, as they are written."""
    init = next((n for n in owner.body if isinstance(n, FUNCTIONS) and n.name == "__init__"), None)
    given = [param.name for param in parameters(init)] if init is not None else []
    return [f"self.{one}" for one in given if is_own(one) and tree.self_bindings(owner, one)]
