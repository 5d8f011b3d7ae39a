"""Which names a statement binds in the module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.structure.symbols.uses import names_bound
from exai_audit.syntax.walk import children

_INNER_SCOPES = frozenset({
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
})  # fmt: skip
_BIND = frozenset({
    ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom,
    ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.Nonlocal,
})  # fmt: skip
_ENDS = frozenset({*_INNER_SCOPES, ast.Name, ast.Constant})


def bound_in(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds in the module, those of nested scopes left out."""
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        kind = type(part)
        if kind in _BIND:
            yield from names_bound(part)
        if kind not in _ENDS:
            found = children(part)
            found.reverse()
            stack += found
