"""What shows before the clusters do that a module is not loose: each saves the work after it."""

from __future__ import annotations

import ast
from unicodedata import normalize

from exai_audit.collectors.structure.symbols.atoms import Atoms
from exai_audit.collectors.structure.symbols.statements import OF_THE_MODULE, Piece, Pieces
from exai_audit.facts.symbols import (
    FEWEST_CLUSTERS,
    FEWEST_SYMBOLS,
    MOSTLY,
    ModuleSymbols,
    SymbolKind,
)

_DEFINED = (SymbolKind.CLASS, SymbolKind.FUNCTION)


def is_mostly_one_piece(found: Pieces, text: str) -> bool:
    """Tell whether there are too few pieces, or one definition is most of all that could move.

    That is so whatever uses what, which need not be read then.
    """
    pieces = [piece for piece in found.pieces if piece.kind is not SymbolKind.LOGGER]
    if len(pieces) < FEWEST_CLUSTERS * FEWEST_SYMBOLS:
        return True
    largest = max(pieces, key=_lines)
    return (
        _lines(largest) > MOSTLY * sum(map(_lines, pieces))
        and largest.kind in _DEFINED
        and all(map(_defines, largest.nodes))
        and not _may_anchor(found, text)
    )


def _lines(piece: Piece) -> int:
    return sum(lines.lines for lines in piece.ranges)


def _defines(node: ast.stmt) -> bool:
    """Tell whether a statement is a definition: what else binds a name may delete it, too."""
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _may_anchor(found: Pieces, text: str) -> bool:
    """Tell whether anything may stay with the module, and what needs it with it."""
    plain = text if text.isascii() else normalize("NFKC", text)  # as the parser reads names
    listed = 0 if found.exported is None else 1
    return plain.count("__all__") > listed or any(
        not OF_THE_MODULE.isdisjoint(piece.names) for piece in found.pieces
    )


def cannot_be_divided(module: ModuleSymbols, atoms: Atoms) -> bool:
    """Tell whether no clusters that these atoms can form are loose."""
    sizes = [sum(module.symbols[n].lines for n in group) for group in atoms.members]
    pairs = sum(len(group) >= FEWEST_SYMBOLS for group in atoms.members)
    singles = len(sizes) - pairs
    return (
        bool(module.opaque)
        or pairs + singles // FEWEST_SYMBOLS < FEWEST_CLUSTERS
        or max(sizes) > MOSTLY * sum(sizes)
        or max(atoms.lines) > MOSTLY * sum(atoms.lines)
    )
