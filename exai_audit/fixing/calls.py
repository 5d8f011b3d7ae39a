"""A call as it is written: where it stands, what is around it, and edits of its parts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from exai_audit.edits.edit import Edit
from exai_audit.finding import Finding, Scope
from exai_audit.fixing.bench import Bench
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree

_BINDS_TIGHTER = (ast.Attribute, ast.Subscript, ast.Await)


def calls_at(finding: Finding, tree: ModuleTree) -> list[ast.Call]:
    """Return the calls that begin where a finding stands, the outermost first."""
    found = [
        call
        for call in tree.all(ast.Call)
        if call.lineno == finding.line and tree.span(call).column == finding.column
    ]
    return sorted(found, key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))[::-1]


def binds_tighter(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether what is around a call would take a part of ``await call`` for its own."""
    parent = tree.parent(call)
    is_called = isinstance(parent, ast.Call) and parent.func is call
    is_power = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow)
    is_value = isinstance(parent, _BINDS_TIGHTER) and parent.value is call
    return is_value or is_called or is_power


def inserted(path: str, line: int, column: int, text: str) -> Edit:
    """Return the edit that inserts text at a place."""
    return Edit(path, Span(line, column, line, column), text)


def opening(call: ast.Call, tree: ModuleTree) -> Span | None:
    """Return where the bracket of a call opens, None where it is not right behind the name."""
    end = tree.span(call.func)
    line = tree.source.line(end.end_line)
    if not line.startswith("(", end.end_column - 1):
        return None
    return Span(end.end_line, end.end_column, end.end_line, end.end_column + 1)


def around(node: ast.AST, tree: ModuleTree) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield what stands around a node up to its function, each with its part that holds it."""
    function, child = tree.function_of(node), node
    for parent in tree.ancestors(node):
        if parent is function:
            return
        yield parent, child
        child = parent


def is_patched(name: str, tree: ModuleTree, bench: Bench) -> bool:
    """Tell whether a test may put something else in the place of a function for this module.

    Args:
        name: the dotted name of the function: ``time.sleep``.
    """
    library, _, last = name.rpartition(".")
    stem = tree.dotted.rpartition(".")[2]
    says = re.compile(
        rf"""["'][\w.]*\b(?:{re.escape(library)}|{re.escape(stem)})\.{re.escape(last)}["']"""
        rf"""|(?:setattr|object)\(\s*[\w.]*{re.escape(library)}\s*,\s*["']{re.escape(last)}["']"""
    )
    return any(says.search(text) for text in _tests_of(stem, bench))


def asserts_arguments(name: str, tree: ModuleTree, bench: Bench) -> bool:
    """Tell whether a test may compare the exact arguments of a function's calls."""
    stem, last = tree.dotted.rpartition(".")[2], name.rpartition(".")[2]
    says = re.compile(
        rf"\b{re.escape(last)}\b[^\n]{{0,300}}\.assert_(?:called|any_call|has_calls)\w*_?with"
    )
    return any(says.search(text) for text in _tests_of(stem, bench))


def _tests_of(stem: str, bench: Bench) -> Iterator[str]:
    """Yield the texts of the tests that name a module."""
    for path, scope in bench.project.scope_of.items():
        if scope is Scope.TESTS and (source := bench.read(path)) and stem in source.text:
            yield source.text
