"""A module as a list of functions and the text around them, from the interpreter's own tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exai_audit.source import SourceFile

Function = ast.FunctionDef | ast.AsyncFunctionDef
WORD = re.compile(r"[^\W\d]\w*")
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


@dataclass(frozen=True, slots=True)
class Unit:
    """A function that stands in no other function, with its methods' and functions' text in it.

    ``first`` is the line of its first decorator, ``body`` that of its first statement, None where
    that shares a line with the header; ``words`` are the identifiers and words of its text.
    """

    node: Function
    first: int
    body: int | None
    last: int
    text: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outline:
    """The functions of a module, and what stands outside them.

    ``outside`` is the text outside functions and import statements, ``statements`` the statements
    there; ``renamed`` are the pairs of ``import … as``; ``roots`` are the top-level modules that
    any name of the module may come from; ``words`` are those of the whole module.
    """

    units: tuple[Unit, ...]
    outside: str
    outside_words: frozenset[str]
    statements: tuple[ast.stmt, ...]
    renamed: tuple[tuple[str, str], ...]
    roots: frozenset[str]
    words: frozenset[str]


def outline_of(
    source: SourceFile, syntax: ast.Module, dotted: str, imports: Sequence[str]
) -> Outline:
    """Return the outline of a module.

    Args:
        dotted: the module's name; its own definitions are named after it.
        imports: all that the module imports, by dotted name.
    """
    units: list[Unit] = []
    statements: list[ast.stmt] = []
    renamed: list[tuple[str, str]] = []
    outside: list[str] = []
    end = 0
    for node in _outer_statements(syntax):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            unit = _unit(node, source.lines)
            units.append(unit)
            first, last = unit.first, unit.last
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            renamed.extend(
                (alias.name.rpartition(".")[2], alias.asname)
                for alias in node.names
                if alias.asname
            )
            first, last = node.lineno, node.end_lineno or node.lineno
            if any(";" in line for line in source.lines[first - 1 : last]):
                continue
        else:
            statements.append(node)
            continue
        outside.extend(source.lines[end : first - 1])
        end = max(end, last)
    outside.extend(source.lines[end:])
    text = "\n".join(outside)
    roots = frozenset(name.partition(".")[0] for name in (*imports, dotted))
    words = frozenset(WORD.findall(text))
    return Outline(
        tuple(units),
        text,
        words,
        tuple(statements),
        tuple(renamed),
        roots,
        words.union(*(unit.words for unit in units)),
    )


def _outer_statements(syntax: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that stand in no function, outer before inner, in source order."""
    stack: list[ast.AST] = list(reversed(syntax.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            yield node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
        for block in reversed(_BLOCKS):
            inner = getattr(node, block, None)
            if isinstance(inner, list):
                stack.extend(reversed(inner))


def _unit(node: Function, lines: Sequence[str]) -> Unit:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = node.end_lineno or node.lineno
    text = "\n".join(lines[first - 1 : last])
    return Unit(node, first, _body_line(node, lines), last, text, frozenset(WORD.findall(text)))


def _body_line(node: Function, lines: Sequence[str]) -> int | None:
    statement = node.body[0]
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    line = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    before = lines[line - 1].encode()[: statement.col_offset] if line == statement.lineno else b""
    return None if before.strip() or line == node.lineno else line
