"""What is done with a name, attribute or entry where it stands: it is read, set or deleted."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

_STORE, _DELETE = ast.Store(), ast.Del()


def set_contexts(tree: ast.Module) -> None:
    """Mark the targets of a tree in which all is marked as read."""
    for node in ast.walk(tree):
        for target in _targets(node):
            _mark(target, _STORE)
        if isinstance(node, ast.Delete):
            for target in node.targets:
                _mark(target, _DELETE)


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        yield from node.targets
    elif isinstance(
        node,
        (ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.comprehension),
    ):
        yield node.target
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars
    elif type(node).__name__ == "TypeAlias":  # from Python 3.12 on
        yield node.name  # type: ignore[attr-defined]


def _mark(target: ast.expr, context: ast.expr_context) -> None:
    parts: Sequence[ast.expr] = ()
    if isinstance(target, (ast.Tuple, ast.List)):
        parts = target.elts
    elif isinstance(target, ast.Starred):
        parts = (target.value,)
    for part in parts:
        _mark(part, context)
    if isinstance(
        target, (ast.Name, ast.Attribute, ast.Subscript, ast.Starred, ast.List, ast.Tuple)
    ):
        target.ctx = context
