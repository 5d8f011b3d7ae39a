"""The ``from … import`` statements of a file that take names of one module."""

from __future__ import annotations

import ast

from msgspec import Struct

from exai_audit.facts.file import Failure
from exai_audit.files.source import SourceFile
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.parse import parse_module


class FromImport(Struct, frozen=True):
    """A statement: ``origin`` as it is written, its names as ``(name, alias or name)``."""

    span: Span
    origin: str
    names: tuple[tuple[str, str], ...]


def from_imports(source: SourceFile, dotted: str, module: str) -> tuple[FromImport, ...]:
    """Return the statements that take names of ``module``, wherever they stand.

    Args:
        dotted: the name of the file's own module.
    """
    syntax = parse_module(source)
    if isinstance(syntax, Failure):
        return ()
    tree = ModuleTree(source, syntax, dotted)
    return tuple(
        FromImport(
            tree.span(node),
            "." * node.level + (node.module or ""),
            tuple((alias.name, alias.asname or alias.name) for alias in node.names),
        )
        for node in tree.all(ast.ImportFrom)
        if _origin(node, tree.package) == module
    )


def _origin(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    around = parts[: len(parts) - node.level + 1]
    return ".".join([*around, node.module] if node.module else around)
