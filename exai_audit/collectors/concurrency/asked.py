"""Calls that a condition keeps for what is no coroutine function, nor gives an awaitable."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import arguments
from exai_audit.syntax.walk import descendants

ASKS = frozenset({
    "iscoroutinefunction", "is_coroutine_function", "is_async_callable", "is_coroutine_callable",
    "is_async_function",
})  # fmt: skip
_OF_RESULTS = frozenset({"iscoroutine", "isawaitable"})
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def plain_calls(tree: ModuleTree) -> frozenset[ast.Call]:
    """Return the calls of a function where the code has found that it is no coroutine function."""
    return frozenset(_plain_calls(tree))


def in_plain_branches(tree: ModuleTree) -> frozenset[ast.Call]:
    """Return all calls where the code has found that a function is no coroutine function."""
    if tree.words.isdisjoint(ASKS):
        return frozenset()
    return frozenset(
        one
        for ask in tree.calls(ASKS)
        for node in branches(ask, tree)[1]
        for one in descendants(node)
        if isinstance(one, ast.Call)
    )


def _plain_calls(tree: ModuleTree) -> Iterator[ast.Call]:
    for ask in tree.calls(ASKS | _OF_RESULTS | {"hasattr"}):
        given = [one.value for one in arguments(ask)]
        if not given or not _asks(ask, given):
            continue
        callee = given[0].func if isinstance(given[0], ast.Call) else given[0]
        for told in (ask, *_names(ask, tree)):
            _, plain = branches(told, tree)
            yield from calls_of(plain, callee, tree)


def _asks(ask: ast.Call, given: list[ast.expr]) -> bool:
    """Tell whether a call asks for coroutines, as ``hasattr(x, "__await__")`` does."""
    if not isinstance(ask.func, ast.Name) or ask.func.id != "hasattr":
        return True
    last = given[-1]
    return isinstance(last, ast.Constant) and last.value == "__await__"


def _names(ask: ast.Call, tree: ModuleTree) -> Iterator[ast.Name]:
    """Yield the uses of the name that the same function gives to the answer."""
    parent = tree.parent(ask)
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if isinstance(target, ast.Name):
        same = tree.named_in(target.id, tree.function_of(ask))
        yield from (one for one in same if one is not target)


def branches(ask: ast.expr, tree: ModuleTree) -> tuple[Sequence[ast.AST], Sequence[ast.AST]]:
    """Return what runs if a function is a coroutine function, and what if it is not."""
    child: ast.AST = ask
    negated = False
    for node in tree.ancestors(ask):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            negated = not negated
        elif isinstance(node, ast.If) and child is node.test:
            chosen, other = node.body, node.orelse or _after(node, tree)
            return (other, chosen) if negated else (chosen, other)
        elif isinstance(node, ast.IfExp) and child is node.test:
            return ([node.orelse], [node.body]) if negated else ([node.body], [node.orelse])
        elif isinstance(node, ast.stmt):
            break
        child = node
    return (), ()


def _after(condition: ast.If, tree: ModuleTree) -> Sequence[ast.AST]:
    """Return what follows a condition whose body leaves its block."""
    if not isinstance(condition.body[-1], _LEAVES):
        return ()
    block, index = tree.place_in_block(condition)
    tree.work.add(len(block) - index)
    return block[index + 1 :]


def calls_of(nodes: Sequence[ast.AST], callee: ast.expr, tree: ModuleTree) -> Iterator[ast.Call]:
    """Yield the calls within ``nodes`` of what is written like ``callee``."""
    text = tree.text(callee)
    for node in nodes:
        for one in descendants(node):
            if isinstance(one, ast.Call) and tree.text(one.func) == text:
                yield one
