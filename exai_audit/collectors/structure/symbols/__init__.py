"""The symbol graph of an oversized module, and the clusters that it falls into."""

from __future__ import annotations

import ast
from dataclasses import replace

from exai_audit.collectors.structure.symbols.atoms import Atoms, atoms_of, detached_names
from exai_audit.collectors.structure.symbols.divisibility import (
    cannot_be_divided,
    is_mostly_one_piece,
)
from exai_audit.collectors.structure.symbols.edges import WEIGHTS, Ties, Weights, edges_of
from exai_audit.collectors.structure.symbols.graph import symbol_graph
from exai_audit.collectors.structure.symbols.statements import pieces_of
from exai_audit.facts.symbols import MOSTLY, ModuleSymbols
from exai_audit.files.source import SourceFile


def module_symbols(
    source: SourceFile, syntax: ast.Module, limit: int, *, always: bool = False
) -> ModuleSymbols | None:
    """Return the symbols of a module in clusters of at most ``limit`` lines.

    None where the nesting is too deep to be read.

    Args:
        always: False for None, too, where the module is certain not to be loose, most often
            before the work is done that shows its clusters. Where a part that nothing divides is
            most of the module, it is the only cluster.
    """
    try:
        pieces = pieces_of(source, syntax)
        if not always and is_mostly_one_piece(pieces, source.text):
            return None
        module = symbol_graph(pieces)
    except RecursionError:
        return None
    atoms = atoms_of(module, limit)
    if not always:
        if cannot_be_divided(module, atoms):
            return None
        module = _clustered(module, atoms, limit, WEIGHTS)
        return module if module.is_loose else None
    largest = max(atoms.lines, default=0)
    if largest > MOSTLY * sum(atoms.lines):
        return replace(module, clusters=(atoms.members[atoms.lines.index(largest)],))
    return _clustered(module, atoms, limit, WEIGHTS)


def clustered(
    module: ModuleSymbols, limit: int, weights: Weights = WEIGHTS, **shape: float
) -> ModuleSymbols:
    """Return ``module`` with its clusters."""
    return _clustered(module, atoms_of(module, limit), limit, weights, **shape)


def _clustered(
    module: ModuleSymbols, atoms: Atoms, limit: int, weights: Weights, **shape: float
) -> ModuleSymbols:
    from exai_audit.collectors.structure.symbols.communities import modularity
    from exai_audit.collectors.structure.symbols.layout import Layout, Shape

    graph = edges_of(module, atoms, weights)
    layout = Layout(atoms, graph.all, Shape(limit, **shape))
    parts = layout.clusters()
    clusters = tuple(
        tuple(sorted(number for atom in part for number in atoms.members[atom])) for part in parts
    )
    return replace(
        module,
        clusters=clusters,
        detached=detached_names(module.symbols, limit),
        modularity=round(
            modularity(graph.all, parts, layout.degrees) * _meaningful(graph.meaning, atoms), 3
        ),
        coupling=round(_coupling(atoms, parts), 3),
    )


def _meaningful(meaning: Ties, atoms: Atoms) -> float:
    """Return the share of atoms that anything but their place ties to another.

    A list of unrelated values stands in a row, which says nothing for any partition of it.
    """
    tied = {atom for pair in meaning for atom in pair}
    return len(tied) / len(atoms.members) if atoms.members else 0.0


def _coupling(atoms: Atoms, parts: list[list[int]]) -> float:
    """Return the share of needs that cross from one part to another."""
    home = {atom: number for number, part in enumerate(parts) for atom in part}
    needs = [(home[a], home[b]) for a, needed in enumerate(atoms.needs) for b in needed]
    return sum(one != other for one, other in needs) / len(needs) if needs else 0.0
