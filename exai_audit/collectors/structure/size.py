"""Lengths, complexity and shape of functions and classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from exai_audit.collectors.structure.complexity import complexities
from exai_audit.facts.size import ClassFact, FunctionFact, LineCounts, SizeFacts
from exai_audit.files.source import SourceFile
from exai_audit.location import Place, Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name, text_of

_UNCOUNTED = frozenset({
    "property", "cached_property", "abstractproperty", "overload", "setter", "getter", "deleter",
})  # fmt: skip
_NAME = re.compile(r"(?:def|class)\s+(\w+)")
_SMALLEST_TABLE = 10
_DUNDER = re.compile(r"__\w+__\Z")
_DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
_LITERALS = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.Constant, ast.JoinedStr)


def count_lines(source: SourceFile) -> LineCounts:
    """Count physical, blank and comment lines."""
    stripped = list(map(str.strip, source.lines))
    comments = "\n".join(["", *stripped]).count("\n#")
    return LineCounts(len(stripped), stripped.count(""), comments)


def sizes(tree: ModuleTree) -> SizeFacts:
    """Return the sizes found in a module."""
    branches = complexities(tree)
    symbols: dict[ast.AST, str] = {}
    methods: dict[ast.AST, set[str]] = {}
    functions: list[FunctionFact] = []
    classes: list[tuple[ast.ClassDef, Place]] = []
    for node in tree.all(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        owner = next((n for n in tree.ancestors(node) if isinstance(n, _DEFINITIONS)), None)
        symbols[node] = f"{symbols[owner]}.{node.name}" if owner is not None else node.name
        place = _place(node, symbols[node], tree.source)
        if isinstance(node, ast.ClassDef):
            classes.append((node, place))
            continue
        functions.append(_function(node, place, branches.get(node, 1)))
        if isinstance(owner, ast.ClassDef) and _is_counted(node):
            methods.setdefault(owner, set()).add(node.name)
    shapes = tuple(_class(node, place, len(methods.get(node, ()))) for node, place in classes)
    return SizeFacts(tuple(functions), shapes, sum(_tables(tree.module)))


def _place(node: Function | ast.ClassDef, symbol: str, source: SourceFile) -> Place:
    """Return where the defined name stands on its ``def`` line."""
    line = source.line(node.lineno)
    found = _NAME.search(line, min(node.col_offset, len(line)))
    start, end = found.span(1) if found else (len(line) - len(line.lstrip()), len(line))
    return Place(Span(node.lineno, start + 1, node.lineno, end + 1), symbol, line.strip())


def _function(node: Function, place: Place, complexity: int) -> FunctionFact:
    is_async = isinstance(node, ast.AsyncFunctionDef)
    return FunctionFact(
        place, node.name, _lines(node), _docstring_lines(node), is_async, complexity
    )


def _class(node: ast.ClassDef, place: Place, methods: int) -> ClassFact:
    return ClassFact(place, node.name, _lines(node), _docstring_lines(node), methods)


def _is_counted(node: Function) -> bool:
    last_words = {last_name(d) for d in node.decorator_list if not isinstance(d, ast.Call)}
    return not _DUNDER.match(node.name) and not last_words & _UNCOUNTED


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _docstring_lines(node: Function | ast.ClassDef) -> int:
    first = node.body[0]
    is_text = isinstance(first, ast.Expr) and text_of(first.value) is not None
    return _lines(first) if is_text else 0


def _tables(module: ast.Module) -> Iterator[int]:
    """Yield the lines of each top-level literal that has enough of them to be a table."""
    for node in module.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value:
            value: ast.expr = node.value
            if isinstance(value, ast.Call) and len(value.args) == 1:
                value = value.args[0]
            if isinstance(value, _LITERALS) and _lines(node) >= _SMALLEST_TABLE:
                yield _lines(node)
