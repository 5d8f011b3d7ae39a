"""Semaphores, and whether they are surely released."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from exai_audit.facts.practices import PracticeFact, PracticeKind
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS
from exai_audit.syntax.triggers import Trigger

_CLASSES = frozenset({
    "asyncio.Semaphore", "asyncio.BoundedSemaphore", "threading.Semaphore",
    "threading.BoundedSemaphore", "multiprocessing.Semaphore", "multiprocessing.BoundedSemaphore",
    "anyio.Semaphore", "anyio.CapacityLimiter", "trio.Semaphore", "trio.CapacityLimiter",
})  # fmt: skip
_NAMES = frozenset(name.rpartition(".")[2] for name in _CLASSES)
_Mention = ast.Name | ast.Attribute
TRIGGER = Trigger(words=re.compile("Semaphore|CapacityLimiter"))


def semaphores(tree: ModuleTree) -> tuple[PracticeFact, ...]:
    """Return the semaphores that are kept under a name, in source order."""
    found = []
    for call in tree.calls(_NAMES):
        target = _kept_as(call, tree)
        if target is not None and tree.qualified(call.func) in _CLASSES:
            found.append(_semaphore(call, target, tree))
    return tuple(found)


def _semaphore(call: ast.Call, target: _Mention, tree: ModuleTree) -> PracticeFact:
    name = tree.text(target)
    held = [_is_managed(use, tree) for use in _uses(target, tree) if _holds(use, tree)]
    return PracticeFact(
        place=tree.place(call),
        kind=PracticeKind.SEMAPHORE,
        name=name,
        managed=sum(held),
        loose=len(held) - sum(held),
        mentioned=bool(held),
    )


def _kept_as(call: ast.Call, tree: ModuleTree) -> _Mention | None:
    around = tree.parent(call)
    target: ast.expr | None = None
    if isinstance(around, ast.Assign):
        target = around.targets[0]
    elif isinstance(around, ast.AnnAssign) and around.value is call:
        target = around.target
    return target if isinstance(target, (ast.Name, ast.Attribute)) else None


def _uses(target: _Mention, tree: ModuleTree) -> Iterator[_Mention]:
    """Yield the other places that name what a semaphore is kept as."""
    if isinstance(target, ast.Name):
        yield from (name for name in tree.named(target.id) if name is not target)
        return
    text = tree.text(target)
    for mention in tree.all(ast.Attribute):
        if mention.attr == target.attr and mention is not target and tree.text(mention) == text:
            yield mention


def _holds(use: _Mention, tree: ModuleTree) -> bool:
    return _is_entered(use, tree) or _is_acquired(use, tree)


def _is_entered(use: _Mention, tree: ModuleTree) -> bool:
    item = tree.parent(use)
    return isinstance(item, ast.withitem) and item.context_expr is use


def _is_acquired(use: _Mention, tree: ModuleTree) -> bool:
    method = tree.parent(use)
    return isinstance(method, ast.Attribute) and method.attr == "acquire"


def _is_managed(use: _Mention, tree: ModuleTree) -> bool:
    if _is_entered(use, tree):
        return True
    function = tree.function_of(use)
    if not isinstance(function, FUNCTIONS):
        return False
    wanted = f"{tree.text(use)}.release("
    return any(
        wanted in _last_block(statement, tree)
        for statement in tree.all(ast.Try)
        if statement.finalbody and tree.function_of(statement) is function
    )


def _last_block(statement: ast.Try, tree: ModuleTree) -> str:
    first, last = statement.finalbody[0], statement.finalbody[-1]
    return "\n".join(tree.source.lines[first.lineno - 1 : last.end_lineno])
