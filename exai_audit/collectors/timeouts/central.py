"""The constants of a module of limits: its name says what they are, theirs what unit they have."""

from __future__ import annotations

import ast

from exai_audit.knowledge.limit_names import LIMIT_WORD, named_unit, names_limits
from exai_audit.syntax.module import ModuleTree


def holds_limits(tree: ModuleTree) -> bool:
    """Tell whether a module is one of limits: its file's name and its text say so."""
    return names_limits(tree.source.path) and any(map(LIMIT_WORD.search, tree.words))


def is_constant_of_limits(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether an assignment makes a constant of limits: its name ends with a unit."""
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    if not isinstance(target, ast.Name) or not target.id.isupper():
        return False
    return named_unit(target.id) is not None and holds_limits(tree)
