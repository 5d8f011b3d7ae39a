"""Cyclomatic complexity, in radon's counting; a test compares the two."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

_BRANCH = re.compile(r"\b(?:if|for|while|except|case|and|or|assert)\b")
_IN_EXPRESSIONS = re.compile(r"\b(?:and|or|if|for)\b")
_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")


def complexity(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[str]) -> int:
    """Return the complexity of one function, what is defined in it left out.

    Args:
        lines: those of the file; what has no branching word in it needs no counting.
    """
    if not _may_branch(_BRANCH, function, lines):
        return 1
    total = 1
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if type(node) in _DEFINITIONS:
            continue
        total += _branches(node)
        if isinstance(node, ast.Assert):
            continue
        for block in _BLOCKS:
            stack.extend(getattr(node, block, ()))
        for expression in _expressions(node):
            if _may_branch(_IN_EXPRESSIONS, expression, lines):
                total += sum(map(_branches_of_expression, ast.walk(expression)))
    return total


def _may_branch(words: re.Pattern[str], node: ast.AST, lines: Sequence[str]) -> bool:
    first: int = node.lineno  # type: ignore[attr-defined]
    last: int = node.end_lineno  # type: ignore[attr-defined]
    if first == last:
        return words.search(lines[first - 1]) is not None
    return words.search("\n".join(lines[first - 1 : last])) is not None


def _branches(node: ast.AST) -> int:
    """Return what a statement counts by itself."""
    if isinstance(node, (ast.If, ast.Assert)):
        return 1
    if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
        return 1 + bool(node.orelse)
    if isinstance(node, ast.Try):
        return len(node.handlers) + bool(node.orelse)
    if isinstance(node, ast.Match):
        has_default = any(getattr(case.pattern, "pattern", False) is None for case in node.cases)
        return max(0, len(node.cases) - has_default)
    return 0


def _branches_of_expression(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.IfExp):
        return 1
    return len(node.ifs) + 1 if isinstance(node, ast.comprehension) else 0


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions of a statement, its blocks left out."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.expr):
            yield value
        elif isinstance(value, list) and name not in _BLOCKS:
            for item in value:
                if isinstance(item, ast.expr):
                    yield item
                elif isinstance(item, ast.withitem):
                    yield from _expressions(item)
