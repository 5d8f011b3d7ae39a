"""Cyclomatic complexity, in radon's counting; the only module that knows radon."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

_BRANCH = re.compile(r"\b(?:if|for|while|except|case|and|or|assert)\b")


def complexity(function: ast.FunctionDef | ast.AsyncFunctionDef, text: str) -> int | None:
    """Return the complexity of one function, the functions nested in it left out.

    Args:
        text: the function's source; without a branching word in it nothing needs counting.
    """
    if not _BRANCH.search(text):
        return 1
    visitor = _visitor_class()(off=False)
    try:
        visitor.visit(function)
    except RecursionError:
        return None
    return int(visitor.functions[0].complexity)


@cache
def _visitor_class() -> Any:  # noqa: ANN401 - radon has no types
    from radon.visitors import ComplexityVisitor

    return ComplexityVisitor
