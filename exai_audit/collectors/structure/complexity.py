"""Cyclomatic complexity, in radon's counting; a test compares the two."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS

_DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
_TRY_STAR: type[ast.AST] = getattr(ast, "TryStar", ast.Try)
"""Which Python 3.10 reads as an ``ast.Try``; radon does not know it."""


def complexities(tree: ModuleTree) -> dict[ast.AST, int]:
    """Return the complexity above 1 of each function, what is defined in it left out.

    Decorators, defaults and what an ``assert`` asserts do not count.
    """
    found: dict[ast.AST, int] = {}
    for kind, count in _BRANCHES.items():
        for node in tree.all(kind):
            branches = count(node)
            owner = _owner(node, tree.parents) if branches else None
            if owner is not None:
                found[owner] = found.get(owner, 1) + branches
    return found


def _owner(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.AST | None:
    """Return the function in whose body a branch stands; None where it counts for none."""
    child, parent = node, parents.get(node)
    while parent is not None:
        if isinstance(parent, _DEFINITIONS):
            counts = isinstance(child, ast.stmt) and not isinstance(parent, ast.ClassDef)
            return parent if counts else None
        if type(parent) is ast.Assert:
            return None
        child, parent = parent, parents.get(parent)
    return None


def _one(node: ast.AST) -> int:
    return 1


def _loop(node: ast.For | ast.AsyncFor | ast.While) -> int:
    return 1 + bool(node.orelse)


def _try(node: ast.Try) -> int:
    return len(node.handlers) + bool(node.orelse)


def _match(node: ast.Match) -> int:
    has_default = any(getattr(case.pattern, "pattern", False) is None for case in node.cases)
    return max(0, len(node.cases) - has_default)


def _operators(node: ast.BoolOp) -> int:
    return len(node.values) - 1


def _loops(node: ast.comprehension) -> int:
    return len(node.ifs) + 1


_BRANCHES: dict[type[ast.AST], Callable[..., int]] = {
    ast.If: _one, ast.Assert: _one, ast.IfExp: _one, ast.For: _loop, ast.AsyncFor: _loop,
    ast.While: _loop, ast.Try: _try, ast.Match: _match, ast.BoolOp: _operators,
    ast.comprehension: _loops, _TRY_STAR: _try,
}  # fmt: skip
