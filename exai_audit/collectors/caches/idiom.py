"""The memo idiom: a look-up, on a miss a value computed, stored and returned.

So it is with a lock for each key that is made on a miss and held, not returned.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.caches.accesses import Named, call_given, last_name, text
from exai_audit.collectors.caches.lock_registries import is_a_lock
from exai_audit.collectors.caches.uses import Use
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, parameters
from exai_audit.syntax.walk import descendants

_COMPUTED = (
    ast.Call, ast.Await, ast.Name, ast.BinOp, ast.ListComp, ast.DictComp, ast.SetComp, ast.Tuple,
    ast.Subscript, ast.Attribute, ast.IfExp, ast.JoinedStr, ast.UnaryOp, ast.Compare, ast.BoolOp,
    ast.Lambda,
)  # fmt: skip


def is_memo(store: Use, looked_up: list[Use], tree: ModuleTree) -> bool:
    """Tell whether one function looks a key up, computes on a miss, stores, and returns it."""
    function = store.function
    if not isinstance(function, FUNCTIONS) or store.key is None or store.value is None:
        return False
    if not _is_computed(store.value) or _is_own_parameter(store.value, function):
        return False
    if is_setdefault(store):
        if is_a_lock(store.value) and _is_held(store.node, function, tree):
            return True
        is_call = isinstance(store.value, (ast.Call, ast.Await))
        return is_call and isinstance(tree.parent(store.node), ast.Return)
    key = text(tree, store.key)
    pairs = [
        use
        for use in looked_up
        if use.function is function and use.key is not None and text(tree, use.key) == key
    ]
    if not any(tree.span(use.node) < tree.span(store.node) for use in pairs):
        return False
    held = is_a_lock(store.value)
    return _returns_it(function, pairs, tree, or_holds=held) or _answers_with(pairs, tree)


def _answers_with(pairs: list[Use], tree: ModuleTree) -> bool:
    """Tell whether a function that finds an entry hands it to the call that it returns."""
    nodes = {use.node for use in pairs}
    for use in pairs:
        call = call_given(tree, use.node)
        returned = tree.statement(use.node)
        if call is None or not isinstance(returned, ast.Return):
            continue
        made = returned.value.value if isinstance(returned.value, ast.Await) else returned.value
        branch = tree.parent(returned)
        if made is call and isinstance(branch, ast.If) and returned in branch.body:
            return any(node in nodes for node in descendants(branch.test))
    return False


def _is_held(made: ast.AST, function: Named, tree: ModuleTree) -> bool:
    """Tell whether what an expression gives is held by ``with``, at once or under a name."""
    around = tree.parent(made)
    target = around.targets[0] if isinstance(around, ast.Assign) else None
    name = target.id if isinstance(target, ast.Name) else ""
    return any(
        value is made or (isinstance(value, ast.Name) and value.id == name)
        for value in _held(function)
    )


def is_setdefault(use: Use) -> bool:
    return isinstance(use.node, ast.Call) and last_name(use.node.func) == "setdefault"


def _is_computed(value: ast.expr) -> bool:
    """Tell whether a value is no plain text or number; a yes, a no or nothing may be a result."""
    if isinstance(value, ast.Constant):
        return value.value is None or isinstance(value.value, bool)
    return isinstance(value, _COMPUTED)


def _is_own_parameter(value: ast.expr, function: Named) -> bool:
    names = {param.name for param in parameters(function) if not param.star}
    return isinstance(value, ast.Name) and value.id in names


def _returns_it(function: Named, looked_up: list[Use], tree: ModuleTree, *, or_holds: bool) -> bool:
    """Tell whether the function returns what it looked up, as it is, or holds it by ``with``."""
    nodes = {use.node for use in looked_up}
    kept: set[str] = set()
    for use in looked_up:
        parent = tree.parent(use.node)
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            kept.add(parent.targets[0].id)
        elif isinstance(parent, ast.NamedExpr):
            kept.add(parent.target.id)
    return any(
        value in nodes or (isinstance(value, ast.Name) and value.id in kept)
        for value in _returned(function, or_held=or_holds)
    )


def _returned(function: Named, *, or_held: bool) -> Iterator[ast.expr | None]:
    for statement in function.body:
        for node in descendants(statement):
            if isinstance(node, ast.Return):
                yield node.value
    if or_held:
        yield from _held(function)


def _held(function: Named) -> Iterator[ast.expr]:
    for statement in function.body:
        for node in descendants(statement):
            if isinstance(node, (ast.With, ast.AsyncWith)):
                yield from (item.context_expr for item in node.items)
