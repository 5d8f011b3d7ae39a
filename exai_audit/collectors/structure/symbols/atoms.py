"""Symbols that no split may part: circles of use, and names assigned anew with who reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from exai_audit.facts.symbols import ModuleSymbols, SymbolFact, SymbolKind

_BLANK_LINES = 2


@dataclass(frozen=True, slots=True)
class Atoms:
    """``members`` are symbol indices; ``needs`` the atoms that each needs to run."""

    members: tuple[tuple[int, ...], ...]
    lines: tuple[int, ...]
    needs: tuple[frozenset[int], ...]


def atoms_of(module: ModuleSymbols, limit: int) -> Atoms:
    """Return the smallest parts in which the movable symbols can be laid out without a circle.

    Args:
        limit: how many lines may be kept together for the sake of a name assigned anew.
    """
    symbols = module.symbols
    movable = movable_symbols(symbols)
    shared = rebound_names(symbols) - set(detached_names(symbols, limit))
    tied = {number: set(symbols[number].uses) & movable for number in movable}
    for number in movable:
        for other in _inseparable(number, symbols, shared, movable):
            tied[number].add(other)
            tied[other].add(number)
    groups = sorted(_circles(tied), key=lambda group: _name(symbols, group))
    home = {number: at for at, group in enumerate(groups) for number in group}
    needs = [
        frozenset(home[used] for number in group for used in tied[number]) - {at}
        for at, group in enumerate(groups)
    ]
    lines = [
        sum(symbols[number].lines + _BLANK_LINES * len(symbols[number].ranges) for number in group)
        for group in groups
    ]
    return Atoms(tuple(groups), tuple(lines), tuple(needs))


def movable_symbols(symbols: Sequence[SymbolFact]) -> frozenset[int]:
    """Return the symbols that can go to a module of their own.

    What speaks of the module itself stays unless others use it, and so does what runs at import
    and touches no symbol. What sets something of the module stays with all that need it.
    """
    used = {number for symbol in symbols for number in symbol.uses}
    stays = {number for number, symbol in enumerate(symbols) if symbol.anchored}
    while more := {n for n, s in enumerate(symbols) if stays.intersection(s.uses)} - stays:
        stays |= more
    return frozenset(
        number
        for number, symbol in enumerate(symbols)
        if symbol.kind is not SymbolKind.LOGGER
        and (number in used or symbol.kind not in (SymbolKind.FIXED, SymbolKind.MAIN))
        and (symbol.names or symbol.uses or number in used)
        and number not in stays
    )


def _name(symbols: Sequence[SymbolFact], group: Sequence[int]) -> tuple[str, int]:
    """Return what orders atoms: names, so that moving a definition changes nothing."""
    names = [name for number in group for name in symbols[number].names]
    return (min(names), 0) if names else ("", group[0])


def rebound_names(symbols: Sequence[SymbolFact]) -> set[int]:
    """Return the symbols whose names are assigned anew, or deleted."""
    return {target for symbol in symbols for target in symbol.rebinds}


def detached_names(symbols: Sequence[SymbolFact], limit: int) -> tuple[int, ...]:
    """Return the rebound symbols that more code reads and assigns than a module may hold.

    A name that is deleted again cannot be reached through its module.
    """
    found = []
    for target in sorted(rebound_names(symbols)):
        group = [s for s in symbols if target in s.uses or target in s.rebinds]
        is_deleted = target in symbols[target].rebinds
        if not is_deleted and sum(symbol.lines for symbol in group) > limit:
            found.append(target)
    return tuple(found)


def _inseparable(
    number: int, symbols: Sequence[SymbolFact], shared: Collection[int], movable: Collection[int]
) -> set[int]:
    """Return what must share the module of a symbol: names that it or its readers assign anew."""
    symbol = symbols[number]
    found = {target for target in (*symbol.uses, *symbol.rebinds) if target in shared}
    if symbol.kind is SymbolKind.STATEMENT and len(symbol.uses) == 1:
        found |= set(symbol.uses)
    return {other for other in found if other in movable and other != number}


def _circles(graph: Mapping[int, Collection[int]]) -> list[tuple[int, ...]]:
    """Return the strongly connected components, each sorted (Tarjan's way, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()  # what is on the stack
    found: list[tuple[int, ...]] = []
    for root in sorted(graph):
        work = [(root, iter(sorted(graph[root])))] if root not in index else []
        while work:
            node, targets = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                waiting.add(node)
            target = next((t for t in targets if t not in index or t in waiting), None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    found.append(tuple(sorted(stack[at:])))
                    waiting.difference_update(stack[at:])
                    del stack[at:]
            elif target in index:
                low[node] = min(low[node], index[target])
            else:
                work.append((target, iter(sorted(graph[target]))))
    return found
