"""How deep a syntax tree is: libcst's parser recurses, and a hostile file could end the process."""

from __future__ import annotations

import ast
import re

DEEPEST = 1500
"""Measured: libcst's parser survives 3,000 levels on a stack of 8 MiB, and dies before 10,000."""
_MOST_BRACKETS = 200
_OPERATORS = re.compile(r"[-+~*/%&|^<>=.]|\b(?:not|and|or|if|lambda|await|in|is|elif)\b|\(\)|\[")
_TOP_LEVEL = re.compile(r"\n(?=\S)")


def is_too_deep(syntax: ast.Module) -> bool:
    """Tell whether a tree is deeper than libcst's parser can be trusted with."""
    stack: list[tuple[ast.AST, int]] = [(syntax, 0)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, ast.BoolOp):
            depth += len(node.values)  # a chain here, a nest in libcst
        if depth > DEEPEST:
            return True
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return False


def may_be_too_deep(text: str) -> bool:
    """Tell the same from the text alone, erring towards yes, where there is no tree to ask."""
    depth = 0
    for bracket in re.findall(r"[()\[\]{}]", text):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        if depth > _MOST_BRACKETS:
            return True
    chunks = _TOP_LEVEL.split(text)
    return any(len(_OPERATORS.findall(chunk)) > DEEPEST for chunk in chunks)
