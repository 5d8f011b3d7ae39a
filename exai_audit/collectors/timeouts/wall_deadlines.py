"""Ends of loops, made and asked in one function, that the wall clock sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from exai_audit.collectors.timeouts.shapes import is_target
from exai_audit.facts.waits import WallClockFact
from exai_audit.knowledge.layers import words
from exai_audit.knowledge.limit_names import is_timeout_like
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name
from exai_audit.syntax.scopes import Binding, BindingKind

_LONG = frozenset({"day", "days", "hour", "hours", "minute", "minutes", "mins"})
_A_MINUTE = 60
_LOOPS = (ast.While, ast.For, ast.AsyncFor)
_LEAVES = (ast.Break, ast.Return, ast.Raise)


def deadlines(tree: ModuleTree) -> Iterator[WallClockFact]:
    """Yield the moments that end a loop, and the beginnings from which its limit is counted."""
    if not any(_reads(call, tree) for call in tree.calls(frozenset({"time"}))):
        return
    for node in tree.all(ast.Assign):
        target, function = node.targets[0], tree.function_of(node)
        if not isinstance(target, ast.Name) or not isinstance(function, FUNCTIONS):
            continue
        added = _added(node.value, tree)
        if added is not None and _ends_a_loop(target.id, function, tree):
            yield _fact(node, target.id, added, tree)
        elif isinstance(node.value, ast.Call) and _reads(node.value, tree):
            limit = _limit_of_age(target.id, function, tree)
            if limit is not None:
                yield _fact(node, target.id, limit, tree)


def _fact(node: ast.Assign, name: str, limit: ast.expr, tree: ModuleTree) -> WallClockFact:
    given = " ".join(tree.text(node.value).split())
    return WallClockFact(
        tree.place(node),
        name,
        given,
        is_loop=False,
        of_limit=any(map(is_timeout_like, _names(limit))),
        lasts=_lasts(limit, tree),
    )


def _names(limit: ast.expr) -> Iterator[str]:
    nodes = (one for one in ast.walk(limit) if isinstance(one, (ast.Name, ast.Attribute)))
    return map(last_name, nodes)


def _lasts(limit: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a limit may be a minute or more: by its number, its default or its unit.

    So may what another module defines; a caller may give any limit, and give a short one.
    """
    kept = [limit, *_defaults(limit, tree)]
    if any(not _LONG.isdisjoint(words(name)) for one in kept for name in _names(one)):
        return True
    parts = (one for value in kept for one in ast.walk(value) if isinstance(one, ast.expr))
    known = [number for number in map(tree.number, parts) if number is not None]
    return max(known) >= _A_MINUTE if known else not any(_is_given(one, tree) for one in kept)


def _defaults(limit: ast.expr, tree: ModuleTree) -> Iterator[ast.expr]:
    """Yield what an attribute of the object keeps, and the defaults of parameters."""
    names = [one for one in ast.walk(limit) if isinstance(one, ast.Name)]
    owner = tree.class_of(limit)
    if isinstance(limit, ast.Attribute) and owner is not None:
        kept = tree.self_bindings(owner, limit.attr)
        yield from kept
        names = [one for one in kept if isinstance(one, ast.Name)]
    for bound in (one for name in names for one in _bound(name, tree)):
        if bound.kind is BindingKind.PARAMETER and bound.value is not None:
            yield bound.value


def _is_given(limit: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a limit is, or is worked out from, what a function is given."""
    names = (one for one in ast.walk(limit) if isinstance(one, ast.Name))
    kinds = {bound.kind for name in names for bound in _bound(name, tree) if name.id != "self"}
    return BindingKind.PARAMETER in kinds


def _bound(name: ast.Name, tree: ModuleTree) -> Sequence[Binding]:
    scope = tree.scopes.owner(name.id, tree.scopes.of(name))
    return scope.names.get(name.id, ()) if scope is not None else ()


def _reads(node: ast.expr, tree: ModuleTree) -> bool:
    return isinstance(node, ast.Call) and tree.qualified(node.func) == "time.time"


def _added(value: ast.expr, tree: ModuleTree) -> ast.expr | None:
    """Return what is added to the wall clock's time, None for any other value."""
    if isinstance(value, ast.IfExp):
        return _added(value.body, tree)
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
        return None
    if _reads(value.left, tree):
        return value.right
    return value.left if _reads(value.right, tree) else None


def _uses(name: str, function: ast.AST, tree: ModuleTree) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield what a name of a function is asked in, with the loop around."""
    for use in tree.named(name):
        if is_target(use, tree) or tree.function_of(use) is not function:
            continue
        loop = next((one for one in tree.ancestors(use) if isinstance(one, _LOOPS)), None)
        if loop is not None:
            yield use, loop


def _ends_a_loop(name: str, function: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a loop goes on for as long as the moment has not come."""
    for use, loop in _uses(name, function, tree):
        around = tree.parent(use)
        if isinstance(around, ast.Compare) and _decides(around, loop, tree):
            return not _is_moved(name, loop)
        is_left = isinstance(around, ast.BinOp) and isinstance(around.op, ast.Sub)
        if is_left and _reads(around.right, tree):  # type: ignore[union-attr]
            return not _is_moved(name, loop)
    return False


def _decides(compared: ast.AST, loop: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a comparison is in the test of a loop, or of what leaves the loop."""
    if isinstance(loop, ast.While) and any(compared is one for one in ast.walk(loop.test)):
        return True
    for one in tree.ancestors(compared):
        if one is loop:
            return False
        if isinstance(one, ast.If) and any(compared is part for part in ast.walk(one.test)):
            return isinstance(one.body[-1], _LEAVES)
    return False


def _limit_of_age(name: str, function: ast.AST, tree: ModuleTree) -> ast.expr | None:
    """Return the limit that the time since a moment has in a loop: a name that says so."""
    for use, loop in _uses(name, function, tree):
        age = tree.parent(use)
        if not isinstance(age, ast.BinOp) or not isinstance(age.op, ast.Sub):
            continue
        compared = tree.parent(age)
        if age.right is not use or not _reads(age.left, tree) or _is_moved(name, loop):
            continue
        if isinstance(compared, ast.Compare) and _decides(compared, loop, tree):
            sides = (compared.left, *compared.comparators)
            return next((s for s in sides if is_timeout_like(last_name(s))), None)
    return None


def _is_moved(name: str, loop: ast.AST) -> bool:
    """Tell whether the loop itself moves the moment on, as what runs on a beat does."""
    for one in ast.walk(loop):
        if isinstance(one, ast.AugAssign):
            targets: list[ast.expr] = [one.target]
        else:
            targets = one.targets if isinstance(one, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return True
    return False
