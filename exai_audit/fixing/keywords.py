"""Arguments put into a call, and taken out of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from exai_audit.edits.edit import Edit
from exai_audit.fixing.calls import inserted
from exai_audit.fixing.refusal import RefusedError
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree

_COMMENT = re.compile(r"#.*")


def with_keyword(call: ast.Call, text: str, tree: ModuleTree) -> tuple[Edit, ...]:
    """Return the edits that give a call one more argument, on a line of its own where others are.

    Raises:
        RefusedError: the call unpacks a mapping that may hold it, or takes a bare generator.
    """
    if any(keyword.arg is None for keyword in call.keywords):
        raise RefusedError("the call unpacks a mapping, which may give the argument")
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if len(given) == 1 and isinstance(given[0], ast.GeneratorExp):
        raise RefusedError("the call takes a bare generator")
    path, end = tree.source.path, tree.span(call)
    line, column = end.end_line, end.end_column - 1
    if not given:
        return (inserted(path, line, column, text),)
    last_line, last_column, last = _last_sign(call, tree)
    is_own_line = not tree.source.line(line)[: column - 1].strip()
    if not is_own_line:
        column_of_last = _first_on_its_line([*call.args, *call.keywords], tree)
        gap = ",\n" + " " * (column_of_last - 1) if column_of_last else ", "
        gap = gap.removeprefix(",") if last == "," else gap
        return (inserted(path, last_line, last_column, f"{gap}{text}"),)
    indent = _indent(tree.source.line(last_line))
    comma = () if last == "," else (inserted(path, last_line, last_column, ","),)
    return (*comma, inserted(path, line, 1, f"{indent}{text},\n"))


def _first_on_its_line(given: Sequence[ast.AST], tree: ModuleTree) -> int:
    """Return the column of the last argument where it stands below the others, else 0."""
    if len(given) < 2:
        return 0
    last, before = tree.span(given[-1]), tree.span(given[-2])
    is_first = not tree.source.line(last.line)[: last.column - 1].strip()
    return last.column if is_first and last.line > before.end_line else 0


def _last_sign(call: ast.Call, tree: ModuleTree) -> tuple[int, int, str]:
    """Return the place behind the last sign before the closing bracket, and that sign."""
    end = tree.span(call)
    first = end.line
    for number in range(end.end_line, first - 1, -1):
        text = tree.source.line(number)
        if number == end.end_line:
            text = text[: end.end_column - 2]
        text = _without_comment(text, number, call, tree).rstrip()
        if text:
            return number, len(text) + 1, text[-1]
    raise RefusedError("the call has no arguments where they should be")


def _without_comment(text: str, number: int, call: ast.Call, tree: ModuleTree) -> str:
    """Cut a comment off, but not a text that has its sign: the arguments end before it."""
    ends = [
        tree.span(node).end_column - 1
        for node in ast.walk(call)
        if isinstance(node, ast.expr) and node.end_lineno == number and node is not call
    ]
    begin = max(ends, default=0)
    return text[:begin] + _COMMENT.sub("", text[begin:])


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def without_argument(call: ast.Call, node: ast.AST, tree: ModuleTree) -> Edit:
    """Return the edit that takes an argument out of a call, with its comma.

    Raises:
        RefusedError: arguments by position follow it.
    """
    given: list[ast.AST] = [*call.args, *call.keywords]
    at = given.index(node)
    if node in call.args and at + 1 < len(call.args):
        raise RefusedError("arguments by position follow the number")
    own = tree.span(node)
    if at + 1 < len(given):
        following = tree.span(given[at + 1])
        span = Span(own.line, own.column, following.line, following.column)
    elif at:
        former = tree.span(given[at - 1])
        span = Span(former.end_line, former.end_column, own.end_line, own.end_column)
    else:
        span = own
    if span.line != span.end_line:
        raise RefusedError("the arguments stand on several lines")
    return Edit(tree.source.path, span, "")
