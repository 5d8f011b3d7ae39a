"""The identifiers that a node itself has, names and keywords and all that is bound by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield the identifiers of a node, those of the nodes below it left out."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from _imported(node)
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif isinstance(node, ast.MatchClass):
        yield from node.kwd_attrs
    else:
        for field in ("id", "attr", "arg", "name", "rest"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        yield from node.module.split(".")
    for alias in node.names:
        yield from alias.name.split(".")
        if alias.asname:
            yield alias.asname
