"""What an oversized module defines, and what of it needs what."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.structure.symbols import members
from exai_audit.collectors.structure.symbols.circles import circles
from exai_audit.collectors.structure.symbols.graph import symbol_graph
from exai_audit.collectors.structure.symbols.statements import pieces_of
from exai_audit.facts.symbols import ClassMembers, ModuleShape, ModuleSymbols, SymbolKind
from exai_audit.files.source import SourceFile

_DEFINED = (SymbolKind.FUNCTION, SymbolKind.CLASS)


def module_symbols(source: SourceFile, syntax: ast.Module) -> ModuleSymbols | None:
    """Return the symbols of a module, None where the nesting is too deep to be read."""
    try:
        return symbol_graph(pieces_of(source, syntax))
    except RecursionError:
        return None


def module_shape(source: SourceFile, syntax: ast.Module) -> ModuleShape:
    """Return what shows of a module's duties before its clusters are known."""
    try:
        module = symbol_graph(pieces_of(source, syntax), with_words=False)
    except RecursionError:
        return ModuleShape(0, 0, 0)
    defined = [n for n, symbol in enumerate(module.symbols) if symbol.kind in _DEFINED]
    groups = circles({number: module.symbols[number].uses for number in range(len(module.symbols))})
    lines = [sum(module.symbols[number].lines for number in group) for group in groups]
    return ModuleShape(len(defined), sum(lines), max(lines, default=0), bool(module.opaque))


def class_members(syntax: ast.Module, name: str) -> ClassMembers | None:
    """Return the members of a class, None where there is none of that name.

    Args:
        name: with the classes around it, as in ``Outer.Inner``.
    """
    body: list[ast.stmt] = syntax.body
    node: ast.ClassDef | None = None
    for part in name.split("."):
        named = [n for n in _definitions(body) if n.name == part]
        if not named:
            return None
        node = named[-1]
        body = node.body
    return None if node is None else members.class_members(name, node)


def _definitions(body: list[ast.stmt]) -> Iterator[ast.ClassDef]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield node
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _definitions([*node.body, *node.orelse])
