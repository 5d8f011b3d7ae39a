"""Futures: which call made one, and whether the file shows that it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from exai_audit.collectors.timeout_values import last_name
from exai_audit.collectors.tree import ModuleTree
from exai_audit.knowledge.table import table

_WAITS = frozenset({"result", "exception"})
_AWAITS = frozenset({"wait", "as_completed", "wrap_future", "gather", "wait_for"})
_UNFINISHED = frozenset({
    "concurrent.futures.ThreadPoolExecutor.submit", "asyncio.run_coroutine_threadsafe",
    "multiprocessing.Pool.apply_async", "multiprocessing.Pool.map_async",
    "multiprocessing.Pool.starmap_async",
})  # fmt: skip


def made_by(call: cst.Call, tree: ModuleTree) -> tuple[cst.Call, str] | None:
    """Return the call that made the future whose ``result()`` a call is, and what it calls."""
    if not isinstance(call.func, cst.Attribute):
        return None
    makers = [m for value in _values(call.func.value, tree) for m in (_maker(value, tree),)]
    if not makers or any(maker is None for maker in makers):
        return None
    return makers[0]


def is_wait(call: cst.Call) -> bool:
    """Tell whether a call is one of a future's ``result()`` or ``exception()``."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _WAITS


def _maker(value: cst.BaseExpression, tree: ModuleTree) -> tuple[cst.Call, str] | None:
    if not isinstance(value, cst.Call):
        return None
    name = tree.qualified(value.func)
    canonical = table().canonical(name) if name else ""
    return (value, canonical) if canonical in _UNFINISHED else None


def _values(node: cst.BaseExpression, tree: ModuleTree) -> list[cst.BaseExpression]:
    """Return all that an expression is known to be: a call itself, what its name is given."""
    if isinstance(node, cst.Call):
        return [node]
    if isinstance(node, cst.NamedExpr):
        return _values(node.value, tree)
    if isinstance(node, cst.Name):
        return tree.bindings(node.value, node) or list(_elements(node, tree))
    owner = tree.class_of(node)
    if isinstance(node, cst.Attribute) and last_name(node.value) == "self" and owner is not None:
        return [v for v in tree.self_bindings(owner, node.attr.value) if not _is_none(v)]
    return []


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _elements(node: cst.Name, tree: ModuleTree) -> Iterator[cst.BaseExpression]:
    """Yield what makes the elements of the list that a loop's variable runs over."""
    for parent in tree.ancestors(node):
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
            return
        loops: list[cst.For | cst.CompFor] = []
        if isinstance(parent, cst.For):
            loops = [parent]
        elif isinstance(parent, cst.BaseSimpleComp):
            loops = [parent.for_in]
        for loop in loops:
            if isinstance(loop.target, cst.Name) and loop.target.value == node.value:
                yield from _list_elements(loop.iter, tree)
                return


def _list_elements(items: cst.BaseExpression, tree: ModuleTree) -> Iterator[cst.BaseExpression]:
    values = tree.bindings(items.value, items) if isinstance(items, cst.Name) else [items]
    for value in values:
        if isinstance(value, (cst.ListComp, cst.GeneratorExp, cst.SetComp)):
            yield value.elt
        elif isinstance(value, (cst.List, cst.Tuple)):
            yield from (element.value for element in value.elements)


def is_known_done(call: cst.Call, tree: ModuleTree, mentions: Iterable[cst.Name]) -> bool:
    """Tell whether the function asks if the future is done, or has awaited it, anywhere before.

    Args:
        mentions: the names of the module.
    """
    future = call.func.value if isinstance(call.func, cst.Attribute) else None
    if not isinstance(future, (cst.Name, cst.Attribute)):
        return False
    name = last_name(future)
    function = tree.function_of(call)
    return any(
        mention.value == name
        and mention is not future
        and tree.function_of(mention) is function
        and _shows_done(mention, tree)
        for mention in mentions
    )


def _shows_done(mention: cst.Name, tree: ModuleTree) -> bool:
    for parent in tree.ancestors(mention):
        if isinstance(parent, cst.Attribute) and parent.attr.value in ("done", "cancelled"):
            return True
        if isinstance(parent, cst.Await):
            return True
        if isinstance(parent, cst.Call) and last_name(parent.func) in _AWAITS:
            return True
        if isinstance(parent, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            return False
    return False
