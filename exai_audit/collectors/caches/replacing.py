"""What a removal does in a function that stores: room for a new entry, or the end of an old one."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from exai_audit.collectors.caches.accesses import identifiers, text
from exai_audit.collectors.caches.uses import Use
from exai_audit.collectors.caches.vocabulary import CLOCK_NAMES, is_size, names_expiry
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS

_ASKING = (ast.If, ast.While)
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_BRANCHING = (ast.If, ast.Try, ast.While, ast.For, ast.AsyncFor, ast.Match)


def is_replaced(removal: Use, stores: Iterable[Use], tree: ModuleTree) -> bool:
    """Tell whether the same function stores under the key of a removal right after it."""
    if removal.key is None or removal.whole or removal.callback:
        return False
    key = text(tree, removal.key)
    return any(
        store.function is removal.function
        and store.key is not None
        and text(tree, store.key) == key
        and _surely_follows(tree, removal.node, store.node)
        for store in stores
    )


def ends_whenever(removal: Use, stores: Iterable[Use], tree: ModuleTree) -> bool:
    """Tell whether a function that stores entries drops one by its key whenever it comes so far."""
    stored = list(stores)
    if removal.key is None or removal.whole or removal.callback:
        return False
    statement = tree.statement(removal.node)
    always = statement is not None and tree.parent(statement) is removal.function
    here = any(store.function is removal.function for store in stored)
    return always and here and not is_replaced(removal, stored, tree)


def goes_by_size(removal: Use, tree: ModuleTree) -> bool:
    """Tell whether a removal stands under a question of how much there is, and of no age."""
    around = (
        one for one in tree.ancestors(removal.node) if isinstance(one, (*FUNCTIONS, *_ASKING))
    )
    asking = next(around, None)
    if not isinstance(asking, _ASKING):
        return False
    names = {name for name, _ in identifiers(asking.test)}
    aged = any(names_expiry(name) or name in CLOCK_NAMES for name in names)
    return not aged and ("len" in names or any(map(is_size, names)))


def _surely_follows(tree: ModuleTree, first: ast.AST, second: ast.AST) -> bool:
    """Tell whether ``second`` runs once ``first`` has run: in a block around it, further down."""
    around = {second, *tree.ancestors(second)}
    for node in (first, *tree.ancestors(first)):
        if isinstance(node, FUNCTIONS):
            return False
        block = tree.block(node)
        rest = block[block.index(node) + 1 :] if node in block else []
        later = next((one for one in rest if one in around), None)
        if later is not None:
            return not isinstance(later, _BRANCHING)
        if any(isinstance(one, _LEAVING) for one in rest):
            return False
    return False
