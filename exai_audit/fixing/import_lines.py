"""Where lines of imports go in a file: below others, above code, never into a header."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from exai_audit.edits.edit import Edit
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import text_of

Import = ast.Import | ast.ImportFrom


def section(node: Import) -> int:
    """Return 0 for the standard library, 1 for others, 2 for relative imports."""
    if isinstance(node, ast.ImportFrom) and node.level:
        return 2
    name = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
    return 0 if name.partition(".")[0] in STANDARD_LIBRARY else 1


def begins_its_line(node: ast.stmt, tree: ModuleTree) -> bool:
    line = tree.source.line(node.lineno)
    return not line[: tree.span(node).column - 1].strip()


def body_of(tree: ModuleTree) -> Sequence[ast.stmt]:
    """Return the statements of a module after docstring and ``__future__``."""
    body = tree.module.body
    at = 1 if body and isinstance(body[0], ast.Expr) and text_of(body[0].value) is not None else 0
    while at < len(body) and _is_future(body[at]):
        at += 1
    return body[at:]


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def after(node: ast.stmt, text: str, tree: ModuleTree) -> Edit:
    """Put lines below the line on which a statement ends, with all that stands on that line."""
    body = tree.module.body
    at = body.index(node)
    while at + 1 < len(body) and body[at + 1].lineno == _end(body[at]):
        at += 1
    return _below(_end(body[at]), text, tree)


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _below(line: int, text: str, tree: ModuleTree) -> Edit:
    source = tree.source
    if line < len(source.lines) or source.text.endswith("\n"):
        return inserted_line(tree, line + 1, 1, text)
    return inserted_line(tree, line, len(source.line(line)) + 1, "\n" + text.rstrip("\n"))


def first(text: str, tree: ModuleTree) -> Edit:
    """Put an import where the module has none: below docstring and header, above the code."""
    body, rest = tree.module.body, body_of(tree)
    if len(rest) < len(body):
        last = body[len(body) - len(rest) - 1]
        return after(last, f"\n{text}" + ("\n" if _is_dense(last, tree) else ""), tree)
    top = _first_line(tree, rest)
    gap = "\n\n" if rest and isinstance(rest[0], (ast.FunctionDef, ast.ClassDef)) else "\n"
    return inserted_line(tree, top, 1, text + gap)


def _is_dense(node: ast.stmt, tree: ModuleTree) -> bool:
    return bool(tree.source.line(_end(node) + 1).strip())


def _first_line(tree: ModuleTree, rest: Sequence[ast.stmt]) -> int:
    """Return the line of the first statement with the comments right above it, below a header."""
    if not rest:
        return len(tree.source.lines) + 1
    node = rest[0]
    decorators = getattr(node, "decorator_list", [])
    line: int = min([node.lineno, *(one.lineno for one in decorators)])
    while line > 1 and tree.source.line(line - 1).startswith("#"):
        line -= 1
    is_header = line == 1
    return min([node.lineno, *(one.lineno for one in decorators)]) if is_header else line


def inserted_line(tree: ModuleTree, line: int, column: int, text: str) -> Edit:
    return Edit(tree.source.path, Span(line, column, line, column), text)
