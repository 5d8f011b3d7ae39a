"""Calls that are given no limit in functions that have one: it never reaches the wait."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.timeouts.misread import (
    beside_settings,
    given_another,
    is_own,
    is_told,
    kept_instead,
    left_out,
)
from exai_audit.collectors.timeouts.shapes import is_target
from exai_audit.facts.waits import UnforwardedFact
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import LIMIT_WORD, is_timeout_like
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    argument,
    arguments,
    last_name,
    parameters,
)
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.walk import descendants

TRIGGER = Trigger(words=LIMIT_WORD)
_WAITERS = frozenset({"wait_for", "result", "timeout", "fail_after", "move_on_after"})
_STARTS = frozenset(
    {"run_coroutine_threadsafe", "create_task", "ensure_future", "submit", "shield"}
)


def unforwarded(tree: ModuleTree) -> tuple[UnforwardedFact, ...]:
    """Return the calls in source order."""
    found = [*_in_functions(tree), *_in_classes(tree), *beside_settings(tree)]
    return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.own)))


def _in_functions(tree: ModuleTree) -> Iterator[UnforwardedFact]:
    for function in tree.functions:
        limits = [p.name for p in parameters(function) if is_own(p.name) and not p.star]
        if len(limits) != 1:
            continue
        own = limits[0]
        inside = list(descendants(function))
        uses = [n for n in inside if isinstance(n, ast.Name) and n.id == own]
        calls = [n for n in inside if isinstance(n, ast.Call)]
        if not uses:
            yield from _facts(calls, own, "unused", tree)
            yield from given_another(calls, own, tree)
        elif all(is_told(use, tree) for use in uses):
            yield from _facts(calls, own, "told", tree)
        elif all(_limits_a_wait(use, tree) for use in uses):
            yield from _facts(list(_waited_for(uses, inside, tree)), own, "around", tree)
        else:
            yield from kept_instead(function, inside, own, tree)
            yield from left_out(calls, inside, own, tree)


def _limits_a_wait(use: ast.Name, tree: ModuleTree) -> bool:
    """Tell whether a limit is given to what waits for something else: ``future.result(t)``."""
    holder = tree.parent(use)
    call = tree.parent(holder) if isinstance(holder, ast.keyword) else holder
    return isinstance(call, ast.Call) and last_name(call.func) in _WAITERS


def _waited_for(
    uses: list[ast.Name], inside: list[ast.AST], tree: ModuleTree
) -> Iterator[ast.Call]:
    """Yield the calls whose results such a wait is for."""
    for use in uses:
        holder = tree.parent(use)
        waiter = tree.parent(holder) if isinstance(holder, ast.keyword) else holder
        if not isinstance(waiter, ast.Call):
            continue
        yield from _started(_awaited(waiter), inside)


def _awaited(waiter: ast.Call) -> ast.expr | None:
    if last_name(waiter.func) == "wait_for" and waiter.args:
        return waiter.args[0]
    return waiter.func.value if isinstance(waiter.func, ast.Attribute) else None


def _started(node: ast.expr | None, inside: list[ast.AST]) -> Iterator[ast.Call]:
    """Yield the call that a future or a coroutine comes from."""
    if isinstance(node, ast.Name):
        made = [
            one.value
            for one in inside
            if isinstance(one, ast.Assign) and last_name(one.targets[0]) == node.id
        ]
        node = made[0] if len(made) == 1 and isinstance(made[0], ast.Call) else None
    if isinstance(node, ast.Call) and last_name(node.func) in _STARTS:
        given = arguments(node)
        node = given[0].value if given else None
    if isinstance(node, ast.Call):
        yield node


def _in_classes(tree: ModuleTree) -> Iterator[UnforwardedFact]:
    """Yield the calls of classes that keep a limit of their own which nothing reads."""
    for owner in tree.all(ast.ClassDef):
        kept = _kept(owner, tree)
        if kept is None or _is_read(kept, owner, tree):
            continue
        methods = [n for n in owner.body if isinstance(n, FUNCTIONS) and n.name != "__init__"]
        for method in methods:
            calls = [n for n in descendants(method) if isinstance(n, ast.Call)]
            yield from _facts(calls, f"self.{kept}", "attribute", tree)


def _is_read(kept: str, owner: ast.ClassDef, tree: ModuleTree) -> bool:
    """Tell whether a class reads an attribute, or anybody does by another name than self."""
    if f'"{kept}"' in tree.source.text:
        return True
    reads = (n for n in tree.all(ast.Attribute) if n.attr == kept and not is_target(n, tree))
    return any(last_name(n.value) != "self" or tree.class_of(n) is owner for n in reads)


def _kept(owner: ast.ClassDef, tree: ModuleTree) -> str | None:
    """Return the one private attribute that keeps a limit given to ``__init__``."""
    init = next((n for n in owner.body if isinstance(n, FUNCTIONS) and n.name == "__init__"), None)
    if init is None or not any(is_own(p.name) for p in parameters(init)):
        return None
    stored = {
        node.attr
        for node in descendants(init)
        if isinstance(node, ast.Attribute) and is_target(node, tree)
    }
    limits = [name for name in stored if name.startswith("_") and is_own(name)]
    return limits[0] if len(limits) == 1 else None


def _facts(
    calls: list[ast.Call], own: str, kind: str, tree: ModuleTree
) -> Iterator[UnforwardedFact]:
    for call in calls:
        if any(k.arg is None or is_timeout_like(k.arg) for k in call.keywords):
            continue
        name = tree.qualified(call.func) or ""
        if not name or "." not in name or any(isinstance(a, ast.Starred) for a in call.args):
            continue
        row = table().call(name)
        known = _default_of(call, row) if row is not None else ""
        if known is not None:
            yield UnforwardedFact(tree.place(call), name, own, kind, len(call.args), known)


def _default_of(call: ast.Call, row: Call) -> str | None:
    """Return the argument that a known call would take, None where it has no limit to cut short.

    One that waits for ever is another matter: a missing limit.
    """
    limit = row.timeout
    if limit is None or limit.waits != "network" or not isinstance(limit.default, float):
        return None
    given = argument(call, limit.argument, limit.position)
    return limit.argument if given is None else None
