"""Ends of loops, made and asked in one function, that the wall clock sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.timeouts.kept_moments import is_wall_time, reads_the_wall
from exai_audit.collectors.timeouts.long_limits import lasts, names_in
from exai_audit.collectors.timeouts.shapes import is_target
from exai_audit.facts.waits import WallClockFact
from exai_audit.knowledge.limit_names import is_timeout_like
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name

_LOOPS = (ast.While, ast.For, ast.AsyncFor)
_ROUNDS = frozenset({"float", "int", "round", "str", "print", "format", "append"})
_LEAVES = (ast.Break, ast.Return, ast.Raise)


def deadlines(tree: ModuleTree) -> Iterator[WallClockFact]:
    """Yield the moments that end a loop, and the beginnings from which its limit is counted."""
    if not any(is_wall_time(call, tree) for call in tree.calls(frozenset({"time"}))):
        return
    for node in tree.all(ast.Assign):
        target, function = node.targets[0], tree.function_of(node)
        if not isinstance(target, ast.Name) or not isinstance(function, FUNCTIONS):
            continue
        added = _added(node.value, tree)
        if added is not None:
            asked = _end_of_a_loop(target.id, function, tree)
            if asked is not None:
                yield _fact(node, target.id, added, asked, tree)
        elif isinstance(node.value, ast.Call) and is_wall_time(node.value, tree):
            found = _limit_of_age(target.id, function, tree)
            if found is not None:
                yield _fact(node, target.id, *found, tree)


def what_is_left(tree: ModuleTree) -> Iterator[WallClockFact]:
    """Yield where a wait is given what is left of its limit by the wall clock, with no loop."""
    for call in tree.calls(frozenset({"time"})):
        left = tree.parent(call)
        if (
            not is_wall_time(call, tree)
            or not isinstance(left, ast.BinOp)
            or left.right is not call
        ):
            continue
        holder = tree.parent(left)
        waits = isinstance(holder, ast.Call) and last_name(holder.func) not in _ROUNDS
        waits = waits or (isinstance(holder, ast.keyword) and is_timeout_like(holder.arg or ""))
        if waits and isinstance(left.op, ast.Sub) and _counts_a_limit(left.left):
            given = " ".join(tree.text(left).split())
            yield WallClockFact(
                tree.place(call), "the time that is left", given, is_loop=False, of_limit=True
            )


def _counts_a_limit(node: ast.expr) -> bool:
    """Tell whether a sum has a term that is a limit by its name: ``start + timeout``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _counts_a_limit(node.left) or _counts_a_limit(node.right)
    return is_timeout_like(last_name(node))


def _fact(
    node: ast.Assign, name: str, limit: ast.expr, asked: ast.AST, tree: ModuleTree
) -> WallClockFact:
    given = " ".join(tree.text(node.value).split())
    return WallClockFact(
        tree.place(node),
        name,
        given,
        is_loop=False,
        of_limit=any(map(is_timeout_like, names_in(limit))),
        lasts=lasts(limit, tree),
        asked_at=tree.span(asked).line,
    )


def _added(value: ast.expr, tree: ModuleTree) -> ast.expr | None:
    """Return what is added to the wall clock's time, None for any other value."""
    if isinstance(value, ast.IfExp):
        return _added(value.body, tree)
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
        return None
    if reads_the_wall(value.left, tree):
        return value.right
    return value.left if reads_the_wall(value.right, tree) else None


def _uses(name: str, function: ast.AST, tree: ModuleTree) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield what a name of a function is asked in, with the loop around."""
    for use in tree.named(name):
        if is_target(use, tree) or tree.function_of(use) is not function:
            continue
        loop = next((one for one in tree.ancestors(use) if isinstance(one, _LOOPS)), None)
        if loop is not None:
            yield use, loop


def _end_of_a_loop(name: str, function: ast.AST, tree: ModuleTree) -> ast.AST | None:
    """Return where a loop that goes on until the moment has come asks for it, None for no loop."""
    for use, loop in _uses(name, function, tree):
        around = tree.parent(use)
        if isinstance(around, ast.Compare) and _decides(around, loop, tree):
            return None if _is_moved(name, loop) else around
        is_left = isinstance(around, ast.BinOp) and isinstance(around.op, ast.Sub)
        if is_left and is_wall_time(around.right, tree):  # type: ignore[union-attr]
            return None if _is_moved(name, loop) else around
    return None


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


def _limit_of_age(
    name: str, function: ast.AST, tree: ModuleTree
) -> tuple[ast.expr, ast.AST] | None:
    """Return the limit that the time since a moment has in a loop, and where that is asked for."""
    for use, loop in _uses(name, function, tree):
        age = tree.parent(use)
        if not isinstance(age, ast.BinOp) or not isinstance(age.op, ast.Sub):
            continue
        if age.right is not use or not is_wall_time(age.left, tree) or _is_moved(name, loop):
            continue
        for compared in _compared(age, loop, tree):
            if _decides(compared, loop, tree):
                sides = (compared.left, *compared.comparators)
                limit = next((s for s in sides if is_timeout_like(last_name(s))), None)
                return None if limit is None else (limit, age)
    return None


def _compared(age: ast.BinOp, loop: ast.AST, tree: ModuleTree) -> Iterator[ast.Compare]:
    """Yield the comparisons in a loop of a time that has passed, by the name it is given, too."""
    around = tree.parent(age)
    if isinstance(around, ast.Compare):
        yield around
    elif isinstance(around, ast.Assign) and isinstance(around.targets[0], ast.Name):
        name = around.targets[0].id
        for one in ast.walk(loop):
            if isinstance(one, ast.Compare):
                sides = (one.left, *one.comparators)
                if any(isinstance(side, ast.Name) and side.id == name for side in sides):
                    yield one


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
