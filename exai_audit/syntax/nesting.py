"""How deep a syntax tree is: libcst's parser recurses, and a hostile file could end the process."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

DEEPEST = 1500
"""Measured: libcst's parser survives 3,000 levels on a stack of 8 MiB, and dies before 10,000."""
_MOST_BRACKETS = 200
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_OPERATORS = re.compile(r"[-+~*/%&|^<>=.]|\b(?:not|and|or|if|lambda|await|in|is|elif)\b|\(\)|\[")
_TOP_LEVEL = re.compile(r"\n(?=\S)")


def is_too_deep(syntax: ast.Module, lines: Sequence[str]) -> bool:
    """Tell whether a tree is deeper than libcst's parser can be trusted with.

    A level takes a character at least, so only statements as long as the limit need a closer look.
    """
    stack: list[tuple[ast.stmt | ast.excepthandler | ast.match_case, int]]
    stack = [(node, 0) for node in syntax.body]
    while stack:
        node, depth = stack.pop()
        inner = [child for block in _BLOCKS for child in getattr(node, block, ())]
        stack.extend((child, depth + 1) for child in inner)
        if depth > DEEPEST or (_is_long(node, inner, lines) and _depth(node) > DEEPEST):
            return True
    return False


def _is_long(
    node: ast.stmt | ast.excepthandler | ast.match_case,
    inner: Sequence[ast.stmt | ast.excepthandler | ast.match_case],
    lines: Sequence[str],
) -> bool:
    """Tell whether what a statement holds besides its blocks has enough characters."""
    if isinstance(node, ast.match_case):
        return True
    first, last = node.lineno, node.end_lineno or node.lineno
    starts = [child.lineno for child in inner if not isinstance(child, ast.match_case)]
    if starts:
        decorators = getattr(node, "decorator_list", ())
        first = min((d.lineno for d in decorators), default=first)
        last = min(starts)
    return sum(map(len, lines[first - 1 : last])) > DEEPEST


def _depth(node: ast.AST) -> int:
    deepest = 0
    stack: list[tuple[ast.AST, int]] = [(node, 0)]
    while stack:
        current, depth = stack.pop()
        if isinstance(current, ast.BoolOp):
            depth += len(current.values)  # a chain here, a nest in libcst
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(current))
    return deepest


def may_be_too_deep(text: str) -> bool:
    """Tell the same from the text alone, erring towards yes, where there is no tree to ask."""
    depth = 0
    for bracket in re.findall(r"[()\[\]{}]", text):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        if depth > _MOST_BRACKETS:
            return True
    chunks = _TOP_LEVEL.split(text)
    return any(len(_OPERATORS.findall(chunk)) > DEEPEST for chunk in chunks)
