"""Symbols that no split may part: circles of use, and names assigned anew with who reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from exai_audit.collectors.structure.symbols.circles import circles
from exai_audit.facts.symbols import SymbolFact, SymbolKind
from exai_audit.planning.decomposition.effects import import_order, reached_from

_BLANK_LINES = 2


class Atoms(Struct, frozen=True):
    """``members`` are symbol indices; ``needs`` the atoms that each needs to run."""

    members: tuple[tuple[int, ...], ...]
    lines: tuple[int, ...]
    needs: tuple[frozenset[int], ...]


def atoms_of(
    symbols: Sequence[SymbolFact],
    together: Iterable[tuple[int, int]],
    detached: Collection[int],
    *,
    after: Iterable[tuple[int, int]] = (),
    late: bool = False,
) -> Atoms:
    """Return the smallest parts in which symbols can be laid out without a circle of imports.

    Args:
        symbols: all of which can move.
        together: pairs that are to stay in one part.
        detached: names assigned anew that others reach through their module.
        after: pairs of which the first has to run after the second.
        late: let functions import what they need when they run.
    """
    shared = rebound_names(symbols) - set(detached)
    tied = {
        number: _at_import(symbols, number) if late else set(symbol.uses) - {number}
        for number, symbol in enumerate(symbols)
    }
    assigned = [
        (number, target)
        for number, symbol in enumerate(symbols)
        for target in shared.intersection((*symbol.uses, *symbol.rebinds))
    ]
    for number, other in (*assigned, *import_order(symbols), *together):
        if number != other:
            tied[number].add(other)
            tied[other].add(number)
    for number, earlier in after:
        tied[number].add(earlier)
    groups = sorted(circles(tied), key=lambda group: _name(symbols, group))
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


def _at_import(symbols: Sequence[SymbolFact], number: int) -> set[int]:
    """Return what a symbol needs when it is imported, or outside of its functions."""
    symbol = symbols[number]
    hooks = {hook for made in _classes_below(symbols, symbol.eager) for hook in symbols[made].hooks}
    return {*symbol.fixed_uses, *reached_from(symbols, {*symbol.calls, *hooks})} - {number}


def _classes_below(symbols: Sequence[SymbolFact], start: Iterable[int]) -> set[int]:
    """Return classes and all that they are made of."""
    found = {n for n in start if symbols[n].kind is SymbolKind.CLASS}
    waiting = list(found)
    while waiting:
        for base in symbols[waiting.pop()].eager:
            if base not in found and symbols[base].kind is SymbolKind.CLASS:
                found.add(base)
                waiting.append(base)
    return found


def movable_symbols(symbols: Sequence[SymbolFact]) -> frozenset[int]:
    """Return the symbols that can go to a module of their own.

    What speaks of the module itself stays unless others use it, and so does what sets something of
    the module, with all that need it. Of the statements that run at import only those go which
    change a symbol: the others stay together, in their order.
    """
    used = {number for symbol in symbols for number in symbol.uses}
    ordered = {number for pair in import_order(symbols) for number in pair}
    gone = {number for number, symbol in enumerate(symbols) if number in symbol.rebinds}
    stays = {number for number, symbol in enumerate(symbols) if symbol.anchored}
    while more := {n for n, s in enumerate(symbols) if stays.intersection(s.uses)} - stays:
        stays |= more
    return frozenset(
        number
        for number, symbol in enumerate(symbols)
        if symbol.kind is not SymbolKind.LOGGER
        and (number in used or symbol.kind not in (SymbolKind.FIXED, SymbolKind.MAIN))
        and (symbol.names or number in used or number in ordered or gone.intersection(symbol.uses))
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
