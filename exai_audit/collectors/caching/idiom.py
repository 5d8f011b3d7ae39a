"""The memo idiom: a look-up, on a miss a value computed, stored and returned."""

from __future__ import annotations

import libcst as cst

from exai_audit.collectors.caching.syntax import descendants, last_name, text
from exai_audit.collectors.caching.uses import Use
from exai_audit.collectors.tree import ModuleTree

_COMPUTED = (
    cst.Call, cst.Await, cst.Name, cst.BinaryOperation, cst.ListComp, cst.DictComp, cst.SetComp,
    cst.Tuple, cst.Subscript, cst.Attribute, cst.IfExp, cst.FormattedString, cst.UnaryOperation,
    cst.Comparison, cst.BooleanOperation, cst.Lambda,
)  # fmt: skip


def is_memo(store: Use, looked_up: list[Use], tree: ModuleTree) -> bool:
    """Tell whether one function looks a key up, computes on a miss, stores, and returns it."""
    function = store.function
    if not isinstance(function, cst.FunctionDef) or store.key is None or store.value is None:
        return False
    if not isinstance(store.value, _COMPUTED) or _is_own_parameter(store.value, function):
        return False
    if is_setdefault(store):
        is_computed = isinstance(store.value, (cst.Call, cst.Await))
        return is_computed and isinstance(tree.parent(store.node), cst.Return)
    key = text(tree, store.key)
    pairs = [
        use
        for use in looked_up
        if use.function is function and use.key is not None and text(tree, use.key) == key
    ]
    return bool(pairs) and _returns_it(function, pairs, tree)


def is_setdefault(use: Use) -> bool:
    return isinstance(use.node, cst.Call) and last_name(use.node.func) == "setdefault"


def _is_own_parameter(value: cst.BaseExpression, function: cst.FunctionDef) -> bool:
    params = function.params
    names = {p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)}
    return isinstance(value, cst.Name) and value.value in names


def _returns_it(function: cst.FunctionDef, looked_up: list[Use], tree: ModuleTree) -> bool:
    """Tell whether the function returns what it looked up, as it is."""
    nodes = {use.node for use in looked_up}
    kept = set()
    for use in looked_up:
        parent = tree.parent(use.node)
        if isinstance(parent, cst.Assign) and isinstance(parent.targets[0].target, cst.Name):
            kept.add(parent.targets[0].target.value)
        elif isinstance(parent, cst.NamedExpr) and isinstance(parent.target, cst.Name):
            kept.add(parent.target.value)
    returned = [n.value for n in descendants(function.body) if isinstance(n, cst.Return)]
    return any(
        value in nodes or (isinstance(value, cst.Name) and value.value in kept)
        for value in returned
    )
