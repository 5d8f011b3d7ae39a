"""The symbol graph of an oversized module, and the clusters that it falls into."""

from __future__ import annotations

import ast
from dataclasses import replace

from exai_audit.collectors.symbols.atoms import Atoms, atoms_of, detached_names
from exai_audit.collectors.symbols.graph import symbol_graph
from exai_audit.collectors.symbols.ties import WEIGHTS, Ties, Weights, ties_of
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.source import SourceFile

_MOSTLY = 0.6


def module_symbols(source: SourceFile, syntax: ast.Module, limit: int) -> ModuleSymbols | None:
    """Return the symbols of a module in clusters of at most ``limit`` lines.

    Where a part that nothing divides is most of the module, it is the only cluster. None where
    the nesting is too deep to be read.
    """
    module = symbol_graph(source, syntax)
    if module is None:
        return None
    atoms = atoms_of(module, limit)
    largest = max(atoms.lines, default=0)
    if largest > _MOSTLY * sum(atoms.lines):
        return replace(module, clusters=(atoms.members[atoms.lines.index(largest)],))
    return clustered(module, limit)


def clustered(
    module: ModuleSymbols, limit: int, weights: Weights = WEIGHTS, **shape: float
) -> ModuleSymbols:
    """Return ``module`` with its clusters."""
    from exai_audit.collectors.symbols.communities import modularity
    from exai_audit.collectors.symbols.layout import Layout, Shape

    atoms = atoms_of(module, limit)
    graph = ties_of(module, atoms, weights)
    parts = Layout(atoms, graph.all, Shape(limit, **shape)).clusters()
    clusters = tuple(
        tuple(sorted(number for atom in part for number in atoms.members[atom])) for part in parts
    )
    return replace(
        module,
        clusters=clusters,
        detached=detached_names(module.symbols, limit),
        modularity=round(modularity(graph.all, parts) * _meaningful(graph.meaning, atoms), 3),
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
