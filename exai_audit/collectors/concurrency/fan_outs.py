"""``gather`` over all of a collection that comes from outside, with no limit in sight."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.collectors.concurrency.offloads import is_in_loop
from exai_audit.collectors.context.roles import FunctionRoles
from exai_audit.facts.concurrency import FanOutFact
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    first_parameter,
    is_number,
    last_name,
    parameters,
    receiver,
)
from exai_audit.syntax.triggers import Trigger, names_of
from exai_audit.syntax.walk import descendants

_GATHER = "asyncio.gather"
_WRAPS = frozenset({"create_task", "ensure_future", "wait_for", "shield"})
_SAME_ITEMS = frozenset({
    "enumerate", "list", "set", "tuple", "sorted", "reversed", "items", "keys", "values", "zip",
})  # fmt: skip
_LIMITS = re.compile("(?i)semaphore|limiter|throttle|concurrency|max_concurrent|batch|chunk")
_BATCHES = frozenset({"batch", "chunk", "page", "window", "group", "top"})
_OWN_THINGS = frozenset({
    "agent", "backend", "callback", "client", "connection", "consumer", "handler", "hook",
    "listener", "monitor", "peer", "plugin", "pool", "provider", "reader", "runner", "server",
    "service", "session", "socket", "subscriber", "task", "worker", "writer", "coro", "future",
})  # fmt: skip
_ENDS = frozenset({
    "aclose", "cancel", "close", "disconnect", "join", "shutdown", "stop", "wait", "terminate",
    "wrap_future", "wait_closed",
})  # fmt: skip
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)
TRIGGER = Trigger(names=frozenset({"gather"}), applies=lambda words: "async" in words)


class _FanOut(Struct, frozen=True):
    items: ast.expr
    work: ast.Call


def fan_outs(tree: ModuleTree) -> tuple[FanOutFact, ...]:
    """Return the collections that are gathered at once, in source order."""
    if any(_LIMITS.search(word) for word in tree.words):
        return ()
    return tuple(_found(tree))


def _found(tree: ModuleTree) -> Iterator[FanOutFact]:
    roles = FunctionRoles(tree)
    for call in tree.calls(frozenset({"gather"})):
        if tree.qualified(call.func) != _GATHER or is_in_loop(call, tree):
            continue
        for fanned in _fanned(call, tree):
            items = _plain_items(fanned.items)
            if last_name(fanned.work.func) in _ENDS or not _is_from_outside(items, call, tree):
                continue
            yield FanOutFact(
                tree.place(call),
                tree.text(items),
                tree.text(fanned.work.func),
                _reaches(fanned.work, roles, tree),
            )
            break


def _fanned(call: ast.Call, tree: ModuleTree) -> Iterator[_FanOut]:
    """Yield the collections whose items a call of ``gather`` works on, each with the work."""
    for given in call.args:
        if isinstance(given, ast.Starred):
            yield from _made_of(given.value, tree)


def _made_of(value: ast.expr, tree: ModuleTree) -> Iterator[_FanOut]:
    if isinstance(value, _COMPREHENSIONS):
        work = _unwrapped(value.elt)
        if isinstance(work, ast.Call):
            yield _FanOut(value.generators[0].iter, work)
    elif isinstance(value, ast.Name):
        bound = tree.bindings(value.id, value)
        for one in bound if len(bound) == 1 else ():
            if isinstance(one, ast.List) and not one.elts:
                yield from _appended(value, tree)
            elif not isinstance(one, ast.Name):
                yield from _made_of(one, tree)


def _appended(name: ast.Name, tree: ModuleTree) -> Iterator[_FanOut]:
    """Yield what a loop over a collection appends to a list, item by item."""
    function = tree.function_of(name)
    for call in tree.calls(frozenset({"append"})):
        owner = receiver(call.func)
        if not isinstance(owner, ast.Name) or owner.id != name.id or len(call.args) != 1:
            continue
        around = next((n for n in tree.ancestors(call) if isinstance(n, _LOOPS)), None)
        work = _unwrapped(call.args[0])
        if tree.function_of(call) is not function or not isinstance(around, ast.For):
            continue
        if isinstance(work, ast.Call):
            yield _FanOut(around.iter, work)


def _unwrapped(work: ast.expr) -> ast.expr:
    """Look through ``create_task(f(x))`` and its kin."""
    while isinstance(work, ast.Call) and last_name(work.func) in _WRAPS and work.args:
        work = work.args[0]
    return work


def _plain_items(items: ast.expr) -> ast.expr:
    """Look through ``enumerate(items)``, ``items.values()`` and their kin."""
    while isinstance(items, ast.Call) and last_name(items.func) in _SAME_ITEMS:
        owner = receiver(items.func)
        if owner is not None:
            items = owner
        elif items.args:
            items = items.args[0]
        else:
            break
    return items


def _is_from_outside(items: ast.expr, call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether nothing in the function says how many items there can be."""
    spoken = {word.removesuffix("s") for word in words(last_name(items))}
    if spoken & (_BATCHES | _OWN_THINGS) or _is_counted(items, call, tree):
        return False
    if isinstance(items, ast.Attribute):
        return isinstance(items.value, ast.Name) and _is_given(items.value, tree)
    if isinstance(items, ast.Await):
        return True
    if not isinstance(items, ast.Name):
        return False
    if _is_given(items, tree):
        return True
    bound = tree.bindings(items.id, items)
    return bool(bound) and all(isinstance(one, ast.Await) for one in bound)


def _is_given(name: ast.Name, tree: ModuleTree) -> bool:
    """Tell whether a name is a parameter that nothing binds anew, not ``self``."""
    function = tree.function_of(name)
    if not isinstance(function, FUNCTIONS) or len(_bindings(name, function, tree)) != 1:
        return False
    is_method = isinstance(tree.parent(function), ast.ClassDef)
    own = first_parameter(function) if is_method else None
    return any(p.name == name.id and not p.star and p.name != own for p in parameters(function))


def _bindings(name: ast.Name, function: ast.AST, tree: ModuleTree) -> list[object]:
    owner = tree.scopes.owner(name.id, tree.scopes.of(name))
    return list(owner.names[name.id]) if owner is not None and owner.node is function else []


def _is_counted(items: ast.expr, call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the function compares the number of items, or is called once for each few."""
    name, function = last_name(items), tree.function_of(call)
    return any(
        bool(one.args) and last_name(one.args[0]) == name and _is_limit(one, tree)
        for one in tree.calls(frozenset({"len"}))
        if tree.function_of(one) is function
    )


def _is_limit(count: ast.Call, tree: ModuleTree) -> bool:
    around = tree.parent(count)
    if not isinstance(around, ast.Compare):
        return False
    sides = [side for side in (around.left, *around.comparators) if side is not count]
    return not all(is_number(side) and tree.number(side) in (0, 1) for side in sides)


def _waits_elsewhere(row: Call) -> bool:
    return row.timeout is not None and row.timeout.waits in ("network", "process")


def _reaches(work: ast.Call, roles: FunctionRoles, tree: ModuleTree) -> str:
    """Return the operation on another machine or process that the work is, or makes itself."""
    direct = _operation(work, tree)
    called = roles.called(work.func)
    if direct or called is None:
        return direct
    likely = set(tree.calls(names_of(_waits_elsewhere, tree.roots)))
    inside = (node for node in descendants(called) if node in likely)
    return next((one for node in inside if (one := _operation(node, tree))), "")


def _operation(call: ast.AST, tree: ModuleTree) -> str:
    name = tree.qualified(call.func) if isinstance(call, ast.Call) else None
    row = table().call(name) if name else None
    return row.name if row is not None and _waits_elsewhere(row) else ""
