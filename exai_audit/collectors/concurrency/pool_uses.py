"""Who uses a pool, and what becomes of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from msgspec import Struct

from exai_audit.collectors.concurrency.pool_holders import PoolHolder, PoolMention
from exai_audit.facts.concurrency import PoolLifetime
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    COMPREHENSIONS,
    FUNCTIONS,
    arguments,
    last_name,
)

_LENDS = frozenset({
    "run_in_executor", "isinstance", "id", "len", "repr", "print", "hasattr", "getattr", "str",
})  # fmt: skip
_STACKS = frozenset({
    "enter_context", "enter_async_context", "closing", "aclosing", "callback", "push",
    "push_async_callback", "addCleanup",
})  # fmt: skip
_TAKES_OVER = frozenset({"set_default_executor", "register", "finalize", "add_executor"})
_GIVES = frozenset({"submit", "apply", "apply_async", "schedule"})
_MAPS = frozenset({"map", "imap", "imap_unordered", "starmap", "map_async"})
_REPEATS = (ast.For, ast.AsyncFor, ast.While, ast.Lambda, *COMPREHENSIONS)
_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)


class Disposal(Struct, frozen=True):
    """How a pool is closed, whether it is given away, whom it serves and how often."""

    closed: str
    handed_on: bool
    lent: bool
    serves_async: bool
    tasks: int


def disposal_of(
    call: ast.Call,
    kept: PoolHolder,
    uses: Sequence[PoolMention],
    closed_by: Sequence[str],
    tree: ModuleTree,
) -> Disposal:
    """Return what the file shows of a pool's life.

    Args:
        closed_by: the methods that close it in its library's own terms.
    """
    entered = _is_entered(call, tree) or any(_is_entered(use, tree) for use in uses)
    closing = {_method_called(use, tree) for use in uses} & {*closed_by, "__exit__", "__aexit__"}
    handed_on = not entered and _is_handed_on(call, kept, uses, tree)
    return Disposal(
        closed="with" if entered else min(closing, default=""),
        handed_on=handed_on,
        lent=handed_on and kept.target is not None and _is_only_handed(uses, tree),
        serves_async=any(_serves_async(node, tree) for node in (call, *uses)),
        tasks=_tasks(uses, tree) if kept.lifetime is PoolLifetime.CALL else 0,
    )


def _method_called(use: PoolMention, tree: ModuleTree) -> str:
    parent = tree.parent(use)
    return parent.attr if isinstance(parent, ast.Attribute) else ""


def _given_to(node: ast.AST, tree: ModuleTree) -> ast.Call | None:
    """Return the call that ``node`` is an argument of."""
    parent = tree.parent(node)
    if isinstance(parent, (ast.keyword, ast.Starred)):
        parent = tree.parent(parent)
    return parent if isinstance(parent, ast.Call) and parent.func is not node else None


def entered_block(node: ast.AST, tree: ModuleTree) -> ast.With | ast.AsyncWith | None:
    """Return the ``with`` statement that enters what ``node`` is."""
    item = tree.parent(node)
    if not isinstance(item, ast.withitem) or item.context_expr is not node:
        return None
    block = tree.parent(item)
    return block if isinstance(block, (ast.With, ast.AsyncWith)) else None


def _is_entered(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a ``with`` statement or an exit stack closes what ``node`` is."""
    if entered_block(node, tree) is not None:
        return True
    call = _given_to(node, tree)
    return call is not None and last_name(call.func) in _STACKS


def _is_handed_on(
    call: ast.Call, kept: PoolHolder, uses: Iterable[PoolMention], tree: ModuleTree
) -> bool:
    """Tell whether the pool is returned, yielded, stored elsewhere or given to another call."""
    if kept.target is None:
        parent = tree.parent(call)
        return not isinstance(parent, (ast.Attribute, ast.Expr)) and not _is_lent(call, tree)
    if not isinstance(kept.target, (ast.Name, ast.Attribute)) or _is_anothers(kept, tree):
        return True
    return any(_gives_away(use, tree) for use in uses)


def _is_anothers(kept: PoolHolder, tree: ModuleTree) -> bool:
    """Tell whether a function that is no method keeps a pool in another object."""
    target = kept.target
    if kept.lifetime is not PoolLifetime.INSTANCE or not isinstance(target, ast.Attribute):
        return False
    function = tree.function_of(target)
    if not isinstance(function, FUNCTIONS) or last_name(target.value) == "self":
        return False
    is_static = "staticmethod" in {last_name(one) for one in function.decorator_list}
    return is_static or tree.class_of(target) is None


def _is_lent(node: ast.AST, tree: ModuleTree) -> bool:
    call = _given_to(node, tree)
    return call is not None and last_name(call.func) in _LENDS


def _gives_away(use: PoolMention, tree: ModuleTree) -> bool:
    parent = tree.parent(use)
    if isinstance(parent, _DISPLAYS):
        around = tree.parent(parent)
        return not (isinstance(around, ast.Subscript) and around.slice is parent)
    if isinstance(parent, (ast.Return, ast.Yield)):
        return True
    if isinstance(parent, ast.Assign):
        return parent.value is use
    return _given_to(use, tree) is not None and not _is_lent(use, tree)


def _is_only_handed(uses: Iterable[PoolMention], tree: ModuleTree) -> bool:
    """Tell whether a pool is given away as an argument only, and to none that takes it over."""
    given = [use for use in uses if _gives_away(use, tree)]
    calls = [_given_to(use, tree) for use in given]
    return bool(given) and all(
        call is not None and last_name(call.func) not in _TAKES_OVER for call in calls
    )


def _serves_async(node: ast.AST, tree: ModuleTree) -> bool:
    if isinstance(tree.function_of(node), ast.AsyncFunctionDef):
        return True
    call = _given_to(node, tree)
    return call is not None and last_name(call.func) == "run_in_executor"


def _tasks(uses: Iterable[PoolMention], tree: ModuleTree) -> int:
    """Return how many tasks a pool is given in all, 0 where that is open."""
    tasks = 0
    for use in uses:
        method = _method_called(use, tree)
        if method in _GIVES and not _is_repeated(use, tree):
            tasks += 1
            continue
        items = _mapped(use, tree) if method in _MAPS else None
        if items is not None:
            if not isinstance(items, (ast.List, ast.Tuple)):
                return 0
            tasks += len(items.elts)
        elif method in _GIVES or method in _MAPS or not method:
            return 0
    return tasks


def _mapped(use: PoolMention, tree: ModuleTree) -> ast.expr | None:
    """Return the second argument of the method that is called on ``use``."""
    method = tree.parent(use)
    call = tree.parent(method) if method is not None else None
    if not isinstance(call, ast.Call) or call.func is not method:
        return None
    given = arguments(call)
    return given[1].value if len(given) > 1 else None


def _is_repeated(node: ast.AST, tree: ModuleTree) -> bool:
    function = tree.function_of(node)
    return any(
        isinstance(parent, _REPEATS)
        for parent in tree.ancestors(node)
        if tree.function_of(parent) is function
    )
