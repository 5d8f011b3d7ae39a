"""Whether a name of a module is free, or means what it is to mean."""

from __future__ import annotations

import ast

from exai_audit.syntax.mentions import names_in
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.scopes import BindingKind


def is_free(name: str, tree: ModuleTree, meaning: str) -> bool:
    """Tell whether a module uses ``name`` nowhere, or only for an import of ``meaning``."""
    if name not in tree.words:
        return True
    return all(
        _means(node, name, tree, meaning)
        for node in tree.nodes
        if not isinstance(node, (ast.Attribute, ast.keyword, ast.Import, ast.ImportFrom))
        and name in names_in(node)
    ) and all(target == meaning for target in _imported_as(name, tree))


def _means(node: ast.AST, name: str, tree: ModuleTree, meaning: str) -> bool:
    if not isinstance(node, ast.Name):
        return False
    owner = tree.scopes.owner(name, tree.scopes.of(node))
    bindings = owner.names[name] if owner else []
    return bool(bindings) and all(
        binding.kind is BindingKind.IMPORT and binding.target == meaning for binding in bindings
    )


def _imported_as(name: str, tree: ModuleTree) -> list[str]:
    """Return what the imports of a module bind to ``name``, in any scope."""
    found = []
    for node in tree.all(ast.Import, ast.ImportFrom):
        scope = tree.scopes.of(node)
        found += [binding.target for binding in scope.names.get(name, ()) if binding.node is node]
    return found
