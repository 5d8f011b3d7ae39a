"""What comments and docstrings say of a cache: that it cannot grow, or that it cannot go stale."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from exai_audit.collectors.caches.accesses import Function
from exai_audit.collectors.caches.vocabulary import excuses_age, excuses_growth
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS


def is_argued(tree: ModuleTree, node: ast.AST) -> bool:
    """Tell whether a comment on the line, or right above it, speaks of the cache's growth."""
    return any(map(excuses_growth, _comments(tree, node)))


def is_said_unchanging(
    tree: ModuleTree, node: ast.AST, inside: Iterable[Function | ast.ClassDef]
) -> bool:
    """Tell whether a comment beside a cache says that what it keeps holds for good.

    Or a docstring or a comment right above does so of the functions or classes ``inside`` which
    its results are computed.
    """
    places = [one for one in inside if isinstance(one, (*FUNCTIONS, ast.ClassDef))]
    docstrings = [ast.get_docstring(one) or "" for one in places]
    said = (*docstrings, *(" ".join(_comments(tree, one)) for one in (node, *places)))
    return any(excuses_age(" ".join(one.split())) for one in said)


def _comments(tree: ModuleTree, node: ast.AST) -> list[str]:
    """Return the comments on the line of a node and right above it, the topmost first."""
    number = tree.span(node).line
    lines = [tree.source.line(number)]
    while number > 1 and tree.source.line(number - 1).lstrip().startswith("#"):
        number -= 1
        lines.append(tree.source.line(number))
    return [line.partition("#")[2] for line in reversed(lines)]
