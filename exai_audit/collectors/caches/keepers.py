"""Decorators for caches that are made before they are used, and stores that objects keep."""

from __future__ import annotations

import ast

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name, text_of
from exai_audit.syntax.walk import descendants


def made_before(decorator: ast.expr, tree: ModuleTree) -> ast.Call | None:
    """Return the call that makes a decorator which has a name: ``keep = lru_cache(maxsize=9)``."""
    if not isinstance(decorator, ast.Name):
        return None
    made = tree.bindings(decorator.id, decorator)
    call = made[0] if len(made) == 1 else None
    if not isinstance(call, ast.Call) or any(_is_function(one, tree) for one in call.args):
        return None
    return call


def _is_function(given: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an argument is what is decorated, and the call no decorator to come."""
    named = {one.name for one in tree.all(*FUNCTIONS)} if isinstance(given, ast.Name) else set()
    return isinstance(given, ast.Lambda) or last_name(given) in named


def store_of_object(store: ast.expr | None, tree: ModuleTree) -> str:
    """Return the attribute that ``lambda self: self.kept`` and ``attrgetter("kept")`` name."""
    if isinstance(store, ast.Lambda) and isinstance(store.body, ast.Attribute):
        return store.body.attr
    if isinstance(store, ast.Call) and tree.qualified(store.func) == "operator.attrgetter":
        return text_of(store.args[0]) or "" if store.args else ""
    return ""


def is_of_class(name: str, owner: ast.ClassDef, tree: ModuleTree) -> bool:
    """Tell whether the body of a class gives a name a value, and no method gives objects theirs."""
    given = tree.self_bindings(owner, name)
    return bool(given) and all(tree.parent(tree.parent(one) or one) is owner for one in given)


def reads_self(function: Function) -> bool:
    """Tell whether a method reads its object."""
    nodes = (node for part in function.body for node in descendants(part))
    return any(isinstance(one, ast.Name) and one.id == "self" for one in nodes)
