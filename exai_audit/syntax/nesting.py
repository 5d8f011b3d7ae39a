"""How deep a syntax tree is: libcst's parser recurses, and a hostile file could end the process."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from msgspec import Struct

DEEPEST = 400
"""Measured: 400 levels cost libcst's parser up to 2 seconds and 60 MB, ten times as many a hundred
times that; it ends the process before 10,000, on a stack of 8 MiB."""
_SIMPLE = 100
_MOST_BRACKETS = _MOST_INDENTS = 200
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_INDENT = re.compile(r"^[ \t\f]+", re.MULTILINE)
_PIECE = re.compile(
    r"""(?P<nothing>\#[^\n]*|\\\n)"""
    r"""|(?P<string>\"{3}(?:\\.|[^\\])*?(?:\"{3}|\Z)|'{3}(?:\\.|[^\\])*?(?:'{3}|\Z)"""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)|(?P<end>[;\n])|(?P<lambda>\blambda\b)"""
    r"""|(?P<operator>[-+~*/%&|^<>=.@!]|\b(?:not|and|or|if|else|await|in|is|yield)\b)""",
    re.DOTALL,
)


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


def is_simple(text: str) -> bool:
    """Tell whether a text holds too little to be nested deeply, whatever it means."""
    return len(_PIECE.findall(text[: _SIMPLE * 100])) < _SIMPLE and len(text) < _SIMPLE * 100


def may_be_too_deep(text: str) -> bool:
    """Tell the same from the text alone, erring towards yes, where there is no tree to ask.

    Operators and strings nest until a comma, or the end of a line outside brackets; functions
    without a name until the latter; each ``elif`` in the one before.
    """
    if text.count("elif") > DEEPEST or len(set(_INDENT.findall(text))) > _MOST_INDENTS:
        return True
    levels = [_Level()]
    depth = 0
    for found in _PIECE.finditer(text):
        kind = found.lastgroup
        if kind == "close" and len(levels) > 1:
            depth -= levels.pop().depth
        elif kind == "end" and len(levels) == 1:
            depth, levels = 0, [_Level()]
        elif kind == "comma":
            depth -= levels[-1].operators
            levels[-1].operators = 0
        elif kind in ("operator", "string", "open"):
            levels[-1].operators += 1
            depth += 1
        elif kind == "lambda":
            levels[-1].lambdas += 1
            depth += 1
        if kind == "open":
            levels.append(_Level())
        if depth > DEEPEST or len(levels) > _MOST_BRACKETS:
            return True
    return False


class _Level(Struct):
    """What nests within the same brackets."""

    operators: int = 0
    lambdas: int = 0

    @property
    def depth(self) -> int:
        return self.operators + self.lambdas
