"""A call that would not fit its line any more: broken as formatters break it."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

from exai_audit.edits.edit import Edit
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.calls import inserted, opening
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree

_WIDTH = 88
_SETTINGS = ("pyproject.toml", "ruff.toml", ".flake8", "setup.cfg", "tox.ini")
_SAYS_WIDTH = re.compile(r"(?m)^\s*(?:max[-_])?line[-_]length\s*=\s*(\d{2,3})\b")
_ENDS = re.compile(r"\s*(?:as \w+)?:?\s*$")
_INDENT = 4


def wrapped(node: ast.expr, text: str, tree: ModuleTree, bench: Bench) -> tuple[Edit, ...]:
    """Return the edits that break the call around a node, where ``text`` for it is too long.

    They are none where it fits, where the line was too long before, or where what else stands on
    the line decides how it is broken.
    """
    line, own, width = tree.source.line(node.lineno), tree.span(node), _width(bench)
    grown = len(line) - (own.end_column - own.column) + len(text)
    call = _outermost(node, tree)
    if call is None or len(line) > width or grown <= width or "#" in line:
        return ()
    if not _ENDS.match(line[tree.span(call).end_column - 1 :]):
        return ()
    indent = line[: len(line) - len(line.lstrip())]
    return tuple(_broken(call, indent, own, len(text), width, tree))


def _broken(
    call: ast.Call, indent: str, own: Span, length: int, width: int, tree: ModuleTree
) -> list[Edit]:
    """Return the edits that break a call, none where that is not enough.

    Args:
        indent: that of the line on which the call begins.
        own: what is to be as long as ``length``.
    """
    given = [*call.args, *call.keywords]
    spans, bracket, end = [tree.span(one) for one in given], opening(call, tree), tree.span(call)
    gaps = [Span(one.line, one.end_column, two.line, two.column) for one, two in pairwise(spans)]
    line, path = tree.source.line(end.line), tree.source.path
    if bracket is None or any(line[g.column - 1 : g.end_column - 1] != ", " for g in gaps):
        return []
    inside = indent + " " * _INDENT
    more = length - (own.end_column - own.column)
    lengths = [one.end_column - one.column + more * _holds(one, own) for one in spans]
    begin = inserted(path, end.line, bracket.end_column, f"\n{inside}")
    close = inserted(path, end.line, end.end_column - 1, f"\n{indent}")
    if len(inside) + sum(lengths) + 2 * len(gaps) <= width:
        return [begin, close]
    if not gaps and isinstance(given[0], ast.Call):
        within = _broken(given[0], inside, own, length, width, tree)
        return [begin, *within, close] if within else []
    if not gaps or len(inside) + max(lengths) >= width or _is_starred(call):
        return []
    each = [Edit(path, gap, f",\n{inside}") for gap in gaps]
    return [begin, *each, inserted(path, end.line, end.end_column - 1, f",\n{indent}")]


def _outermost(node: ast.expr, tree: ModuleTree) -> ast.Call | None:
    """Return the outermost call that a node is given to, where it is all on one line."""
    found: ast.Call | None = None
    child: ast.AST = node
    for parent in tree.ancestors(node):
        if isinstance(parent, ast.stmt):
            break
        if isinstance(parent, ast.Call) and child is not parent.func:
            found = parent
        child = parent
    return found if found is not None and found.lineno == found.end_lineno else None


def _holds(span: Span, own: Span) -> bool:
    return span.column <= own.column < span.end_column


def _is_starred(call: ast.Call) -> bool:
    """Tell whether a call has what older versions of Python let no comma follow."""
    return any(isinstance(one, (ast.Starred, ast.GeneratorExp)) for one in call.args)


def _width(bench: Bench) -> int:
    """Return how long lines may be, as the settings of the project's tools say."""

    def found() -> int:
        for path in _SETTINGS:
            source = bench.read(path)
            says = _SAYS_WIDTH.search(source.text) if source is not None else None
            if says:
                return int(says[1])
        return _WIDTH

    width = bench.made("width", found)
    assert isinstance(width, int)
    return width
