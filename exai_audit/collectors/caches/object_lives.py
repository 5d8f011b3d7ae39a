"""Whether the objects of a class live as long as the process, as its module shows."""

from __future__ import annotations

import ast

from exai_audit.collectors.caches.accesses import last_name, scope_node
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.vocabulary import is_long_lived, is_plugged_in
from exai_audit.syntax.module import ModuleTree


def is_long_lived_object(tree: ModuleTree, index: CacheIndex, owner: ast.AST) -> bool:
    """Tell whether something shows that an object of a class lives as long as the process.

    Its name says so, the module makes one itself, or it holds a lock.
    """
    if not isinstance(owner, ast.ClassDef):
        return False
    if is_long_lived(owner.name) or is_made_once(tree, index, owner):
        return True
    return any(
        last_name(call.func) in ("Lock", "RLock", "Condition") and tree.class_of(call) is owner
        for call in index.calls
    )


def is_made_once(tree: ModuleTree, index: CacheIndex, owner: ast.AST) -> bool:
    """Tell whether the module itself makes an object of one of its classes, or a framework does."""
    if not isinstance(owner, ast.ClassDef):
        return False
    return any(is_plugged_in(last_name(base)) for base in owner.bases) or any(
        isinstance(made.value, ast.Call)
        and last_name(made.value.func) == owner.name
        and scope_node(tree, made) is tree.module
        for made in index.assignments
    )
