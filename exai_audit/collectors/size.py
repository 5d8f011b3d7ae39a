"""Lengths, complexity and shape of functions and classes.

The interpreter's own tree says it all and is cheap; where it cannot read a file that libcst can,
the same facts come from libcst's nodes, without complexity.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from exai_audit.collectors.complexity import complexity
from exai_audit.collectors.scopes import dotted
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.size import ClassFact, FunctionFact, LineCounts, SizeFacts
from exai_audit.location import Place, Span
from exai_audit.source import SourceFile

_UNCOUNTED = frozenset({
    "property", "cached_property", "abstractproperty", "overload", "setter", "getter", "deleter",
})  # fmt: skip
_NAME = re.compile(r"(?:def|class)\s+(\w+)")
_SMALLEST_TABLE = 10
_DUNDER = re.compile(r"__\w+__\Z")
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_SYNTAX_LITERALS = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.Constant, ast.JoinedStr)
_TREE_LITERALS = (
    cst.Dict, cst.List, cst.Set, cst.Tuple, cst.BaseString, cst.BaseNumber,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Definition:
    """A function or class, whichever tree it was read from."""

    place: Place
    name: str
    last_line: int
    docstring_lines: int
    owner: str | None
    decorators: tuple[str, ...]

    @property
    def lines(self) -> int:
        return self.last_line - self.place.span.line + 1

    def is_counted_method(self) -> bool:
        last_words = {name.rpartition(".")[2] for name in self.decorators}
        return not _DUNDER.match(self.name) and not last_words & _UNCOUNTED


def count_lines(source: SourceFile) -> LineCounts:
    """Count physical, blank and comment lines."""
    stripped = [line.strip() for line in source.lines]
    comments = sum(line.startswith("#") for line in stripped)
    return LineCounts(len(stripped), stripped.count(""), comments)


class SizeCollector(cst.CSTVisitor):
    """Gathers functions and classes, for files that the interpreter's parser cannot read."""

    def __init__(self) -> None:
        super().__init__()
        self._functions: list[cst.FunctionDef] = []
        self._classes: list[cst.ClassDef] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._classes.append(node)

    def facts(self, tree: ModuleTree) -> SizeFacts:
        """Return the sizes found in ``tree``."""
        if tree.syntax is not None:
            return sizes(tree.source, tree.syntax)
        functions = tuple(
            _function(_from_tree(node, tree), node.asynchronous is not None, None)
            for node in self._functions
        )
        members = [_from_tree(node, tree) for node in self._functions]
        classes = tuple(_class(_from_tree(node, tree), members) for node in self._classes)
        return SizeFacts(functions, classes, _tree_table_lines(tree))


def sizes(source: SourceFile, syntax: ast.Module) -> SizeFacts:
    """Return the sizes found in the interpreter's own tree."""
    functions: list[FunctionFact] = []
    members: list[_Definition] = []
    classes: list[_Definition] = []
    for node, scope, in_class in _definitions(syntax):
        found = _from_syntax(node, scope, in_class, source)
        if isinstance(node, ast.ClassDef):
            classes.append(found)
            continue
        members.append(found)
        is_async = isinstance(node, ast.AsyncFunctionDef)
        functions.append(_function(found, is_async, complexity(node, source.lines)))
    shapes = tuple(_class(found, members) for found in classes)
    return SizeFacts(tuple(functions), shapes, _syntax_table_lines(syntax))


def _function(found: _Definition, is_async: bool, branches: int | None) -> FunctionFact:
    return FunctionFact(
        found.place, found.name, found.lines, found.docstring_lines, is_async, branches
    )


def _class(found: _Definition, members: list[_Definition]) -> ClassFact:
    first, last = found.place.span.line, found.last_line
    own = (
        m for m in members if m.owner == found.place.symbol and first <= m.place.span.line <= last
    )
    methods = {m.name for m in own if m.is_counted_method()}
    return ClassFact(found.place, found.name, found.lines, found.docstring_lines, len(methods))


def _table_lines(first: int, last: int) -> int:
    """Return the lines of a literal if they are enough to make it a table."""
    lines = last - first + 1
    return lines if lines >= _SMALLEST_TABLE else 0


# From the interpreter's tree


def _definitions(
    syntax: ast.Module,
) -> Iterator[tuple[_Function | ast.ClassDef, tuple[str, ...], bool]]:
    """Yield functions and classes in source order with the symbol around them."""
    stack: list[tuple[ast.AST, tuple[str, ...], bool]]
    stack = [(node, (), False) for node in reversed(syntax.body)]
    while stack:
        node, scope, in_class = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node, scope, in_class
            scope, in_class = (*scope, node.name), isinstance(node, ast.ClassDef)
        for block in ("cases", "finalbody", "orelse", "handlers", "body"):
            inner = getattr(node, block, None)
            if isinstance(inner, list):
                stack.extend((child, scope, in_class) for child in reversed(inner))


def _from_syntax(
    node: _Function | ast.ClassDef, scope: tuple[str, ...], in_class: bool, source: SourceFile
) -> _Definition:
    line = source.line(node.lineno)
    span = _name_span(node.name, node.lineno, line, node.col_offset)
    symbol = ".".join((*scope, node.name))
    return _Definition(
        Place(span, symbol, line.strip()),
        node.name,
        node.end_lineno or node.lineno,
        _docstring_lines(node),
        ".".join(scope) if in_class else None,
        tuple(_dotted_syntax(decorator) for decorator in node.decorator_list),
    )


def _name_span(name: str, number: int, line: str, offset: int) -> Span:
    """Return where the defined name stands on its ``def`` line."""
    found = _NAME.search(line, min(offset, len(line)))
    start, end = found.span(1) if found else (len(line) - len(line.lstrip()), len(line))
    return Span(number, start + 1, number, end + 1)


def _docstring_lines(node: _Function | ast.ClassDef) -> int:
    first = node.body[0]
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return 0
    is_text = isinstance(first.value.value, str)
    return (first.end_lineno or first.lineno) - first.lineno + 1 if is_text else 0


def _dotted_syntax(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted_syntax(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _syntax_table_lines(syntax: ast.Module) -> int:
    total = 0
    for node in syntax.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value:
            value: ast.expr = node.value
            if isinstance(value, ast.Call) and len(value.args) == 1:
                value = value.args[0]
            if isinstance(value, _SYNTAX_LITERALS):
                total += _table_lines(node.lineno, node.end_lineno or node.lineno)
    return total


# From libcst's tree


def _from_tree(node: cst.FunctionDef | cst.ClassDef, tree: ModuleTree) -> _Definition:
    name = tree.span(node.name)
    span = tree.span(node)
    owner = next(
        (n for n in tree.ancestors(node) if isinstance(n, (cst.FunctionDef, cst.ClassDef))), None
    )
    return _Definition(
        Place(name, tree.symbol(node), tree.source.line(name.line).strip()),
        node.name.value,
        _last_line(span, tree),
        _tree_docstring_lines(node, tree),
        tree.symbol(owner) if isinstance(owner, cst.ClassDef) else None,
        tuple(dotted(decorator.decorator) for decorator in node.decorators),
    )


def _last_line(span: Span, tree: ModuleTree) -> int:
    """Return the last line with code: libcst's blocks end after their trailing lines."""
    last = span.end_line if span.end_column > 1 else span.end_line - 1
    while last > span.line and _is_filler(tree.source.line(last)):
        last -= 1
    return last


def _is_filler(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _tree_docstring_lines(node: cst.FunctionDef | cst.ClassDef, tree: ModuleTree) -> int:
    if node.get_docstring(clean=False) is None:
        return 0
    first: cst.CSTNode = node.body.body[0]
    if isinstance(first, cst.SimpleStatementLine):
        first = first.body[0]
    span = tree.span(first)
    return span.end_line - span.line + 1


def _tree_table_lines(tree: ModuleTree) -> int:
    total = 0
    for line in tree.module.body:
        for node in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(node, (cst.Assign, cst.AnnAssign, cst.AugAssign)) and node.value:
                value = node.value
                if isinstance(value, cst.Call) and len(value.args) == 1:
                    value = value.args[0].value
                if isinstance(value, _TREE_LITERALS):
                    span = tree.span(node)
                    total += _table_lines(span.line, span.end_line)
    return total
