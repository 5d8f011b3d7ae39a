"""Futures: which call made one, and whether the file shows that it is done."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, is_none, last_name

WAITS = frozenset({"result", "exception"})
_AWAITS = frozenset({"wait", "as_completed", "wrap_future", "gather", "wait_for"})
_UNFINISHED = frozenset({
    "concurrent.futures.ThreadPoolExecutor.submit", "asyncio.run_coroutine_threadsafe",
    "multiprocessing.Pool.apply_async", "multiprocessing.Pool.map_async",
    "multiprocessing.Pool.starmap_async",
})  # fmt: skip
MAKERS = frozenset(name.rpartition(".")[2] for name in _UNFINISHED)
"""The last names of all calls that make a future."""


def made_by(call: ast.Call, tree: ModuleTree) -> tuple[ast.Call, str] | None:
    """Return the call that made the future whose ``result()`` a call is, and what it calls."""
    if not isinstance(call.func, ast.Attribute):
        return None
    makers = [m for value in _values(call.func.value, tree) for m in (_maker(value, tree),)]
    if not makers or any(maker is None for maker in makers):
        return None
    return makers[0]


def is_wait(call: ast.Call) -> bool:
    """Tell whether a call is one of a future's ``result()`` or ``exception()``."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in WAITS


def _maker(value: ast.expr, tree: ModuleTree) -> tuple[ast.Call, str] | None:
    if not isinstance(value, ast.Call):
        return None
    name = tree.qualified(value.func)
    canonical = table().canonical(name) if name else ""
    return (value, canonical) if canonical in _UNFINISHED else None


def _values(node: ast.expr, tree: ModuleTree) -> list[ast.expr]:
    """Return all that an expression is known to be: a call itself, what its name is given."""
    if isinstance(node, ast.Call):
        return [node]
    if isinstance(node, ast.NamedExpr):
        return _values(node.value, tree)
    if isinstance(node, ast.Name):
        return tree.bindings(node.id, node) or list(_elements(node, tree))
    if isinstance(node, ast.Attribute) and last_name(node.value) == "self":
        owner = tree.class_of(node)
        values = tree.self_bindings(owner, node.attr) if owner is not None else []
        return [value for value in values if not is_none(value)]
    return []


def _elements(node: ast.Name, tree: ModuleTree) -> Iterator[ast.expr]:
    """Yield what makes the elements of the list that a loop's variable runs over."""
    for parent in tree.ancestors(node):
        if isinstance(parent, (*FUNCTIONS, ast.Lambda)):
            return
        if isinstance(parent, (ast.For, ast.AsyncFor)):
            loop: ast.For | ast.AsyncFor | ast.comprehension = parent
        elif isinstance(parent, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            loop = parent.generators[0]
        else:
            continue
        if isinstance(loop.target, ast.Name) and loop.target.id == node.id:
            yield from _list_elements(loop.iter, tree)
            return


def _list_elements(items: ast.expr, tree: ModuleTree) -> Iterator[ast.expr]:
    values = tree.bindings(items.id, items) if isinstance(items, ast.Name) else [items]
    for value in values:
        if isinstance(value, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            yield value.elt
        elif isinstance(value, (ast.List, ast.Tuple)):
            yield from value.elts


def is_known_done(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the function asks if the future is done, or has awaited it, anywhere."""
    future = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not isinstance(future, (ast.Name, ast.Attribute)):
        return False
    own = future if isinstance(future, ast.Name) else None
    function = tree.function_of(call)
    return any(
        mention is not own and tree.function_of(mention) is function and _shows_done(mention, tree)
        for mention in _mentions(last_name(future), tree)
    )


def _mentions(name: str, tree: ModuleTree) -> Iterator[ast.AST]:
    """Yield where a name stands in an expression: as itself, as an attribute or a keyword."""
    yield from tree.named(name)
    yield from (node for node in tree.all(ast.Attribute) if node.attr == name)
    yield from (node for node in tree.all(ast.keyword) if node.arg == name)
    yield from (node for node in tree.all(ast.arg) if node.arg == name)


def _shows_done(mention: ast.AST, tree: ModuleTree) -> bool:
    for node in (mention, *tree.ancestors(mention)):
        if isinstance(node, ast.Attribute) and node.attr in ("done", "cancelled"):
            return True
        if isinstance(node, ast.Await):
            return True
        if isinstance(node, ast.Call) and last_name(node.func) in _AWAITS:
            return True
        if isinstance(node, ast.stmt):
            return False
    return False
