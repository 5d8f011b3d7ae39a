"""Which names a statement binds in any case, and which only on some platforms or versions."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from exai_audit.collectors.structure.symbols.bound import bound_in

_BODIES_THAT_MAY_NOT_RUN = (ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While)
PARTED = (ast.If, ast.Try, *_BODIES_THAT_MAY_NOT_RUN)
"""Statements that may not bind all names that they could."""


def definitely_bound(statements: Iterable[ast.stmt]) -> set[str]:
    """Return the names that are bound whichever way the statements go."""
    return {name for node in statements for name in _certain(node)}


def _certain(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.If):
        return definitely_bound(node.body) & definitely_bound(node.orelse)
    if isinstance(node, ast.Try):
        ways = [definitely_bound([*node.body, *node.orelse])]
        ways += [definitely_bound(h.body) for h in node.handlers if not _leaves(h.body)]
        return set.intersection(*ways) | definitely_bound(node.finalbody)
    if isinstance(node, _BODIES_THAT_MAY_NOT_RUN):
        return set()  # or not to their end
    return set(bound_in(node))


def _leaves(body: Iterable[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Raise) for node in body)
