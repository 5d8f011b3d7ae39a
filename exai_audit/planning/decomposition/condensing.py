"""Symbols of a crowded module taken together, so that each can be compared with all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from exai_audit.facts.symbols import SymbolFact, SymbolKind
from exai_audit.planning.decomposition.atoms import rebound_names

MOST_SYMBOLS = 800
"""Of more symbols short ones are taken together: time grows with the square of their number."""
Members = tuple[tuple[int, ...], ...]
"""Of each symbol, or several taken together, the indices in the module."""


def condensed(
    symbols: Sequence[SymbolFact], most: int = MOST_SYMBOLS
) -> tuple[list[SymbolFact], Members]:
    """Return at most about ``most`` symbols: of more, short ones of a kind that follow each other.

    Args:
        symbols: in source order; their uses are indices among them.
    """
    if len(symbols) <= most:
        return list(symbols), tuple((number,) for number in range(len(symbols)))
    alone = rebound_names(symbols)
    budget = sum(symbol.lines for symbol in symbols) // most
    members = _runs(symbols, alone, budget)
    while len(members) > most + len(alone) + len(SymbolKind):
        budget += 1 + budget // 4
        members = _runs(symbols, alone, budget)
    home = {number: at for at, run in enumerate(members) for number in run}
    return [_merged(symbols, run, home) for run in members], members


def crowding(count: int, nouns: str) -> str:
    """Return the sentence that tells of symbols taken together, empty where there are few."""
    if count <= MOST_SYMBOLS:
        return ""
    return f" Of {count:,} {nouns}, short ones that follow each other were kept together."


def _runs(symbols: Sequence[SymbolFact], alone: Collection[int], budget: int) -> Members:
    """Return runs of symbols of one kind, each ended by the symbol that fills its lines."""
    found: list[list[int]] = []
    begun: dict[SymbolKind, list[int]] = {}
    for number, symbol in enumerate(symbols):
        run = [] if number in alone else begun.pop(symbol.kind, [])
        if not run:
            found.append(run)
        run.append(number)
        if number not in alone and sum(symbols[one].lines for one in run) < budget:
            begun[symbol.kind] = run
    return tuple(map(tuple, found))


def _merged(symbols: Sequence[SymbolFact], run: Sequence[int], home: dict[int, int]) -> SymbolFact:
    inside = [symbols[number] for number in run]

    def numbers(of: Callable[[SymbolFact], Iterable[int]]) -> tuple[int, ...]:
        """Return indices as those of what they are in now; what is in here is not needed."""
        own = home[run[0]]
        found = {home[number] for symbol in inside for number in of(symbol)}
        return tuple(sorted(found - {own} if len(run) > 1 else found))

    def names(of: Callable[[SymbolFact], Iterable[str]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for symbol in inside for name in of(symbol)))

    return SymbolFact(
        names=names(lambda s: s.names),
        kind=inside[0].kind,
        ranges=tuple(lines for symbol in inside for lines in symbol.ranges),
        uses=numbers(lambda s: s.uses),
        eager=numbers(lambda s: s.eager),
        typed=numbers(lambda s: s.typed),
        rebinds=numbers(lambda s: s.rebinds),
        mutates=numbers(lambda s: s.mutates),
        calls=numbers(lambda s: s.calls),
        hooks=numbers(lambda s: s.hooks),
        touches=numbers(lambda s: s.touches),
        fixed_uses=numbers(lambda s: s.fixed_uses),
        annotated=numbers(lambda s: s.annotated),
        bases=names(lambda s: s.bases),
        parameters=names(lambda s: s.parameters),
        attributes=names(lambda s: s.attributes),
        words=_words(inside),
    )


def _words(inside: Iterable[SymbolFact]) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    for symbol in inside:
        counts.update(dict(symbol.words))
    return tuple(sorted(counts.items()))
