"""What runs at import and changes what later statements see: such statements stay together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from exai_audit.facts.symbols import SymbolFact, SymbolKind

_DEFINITIONS = (SymbolKind.FUNCTION, SymbolKind.CLASS)


def import_order(symbols: Sequence[SymbolFact]) -> Iterator[tuple[int, int]]:
    """Yield pairs of symbols that have to share a module, so that import runs them in order.

    What runs goes with what it changes; so does all that is made at import by what is changed so,
    and a call with the objects that it changes and that something later reads.
    """
    changed = [n for n, symbol in enumerate(symbols) if _runs(symbol)]
    written: set[int] = set()
    for number in changed:
        targets = {*symbols[number].touches, *symbols[number].mutates} - {number}
        written |= targets
        yield from ((number, target) for target in sorted(targets))
    for number in changed:
        yield from (
            (number, target) for target in sorted(written.intersection(symbols[number].calls))
        )
    yield from _through_calls(symbols)


def _runs(symbol: SymbolFact) -> bool:
    return symbol.kind not in (*_DEFINITIONS, SymbolKind.MAIN, SymbolKind.LOGGER)


def _through_calls(symbols: Sequence[SymbolFact]) -> Iterator[tuple[int, int]]:
    """Yield calls with the objects that functions change for them, if something later reads.

    Also with those that functions use for them while other statements call their methods.
    """
    touched = {target for s in symbols if s.kind is SymbolKind.STATEMENT for target in s.touches}
    reached = [reached_from(symbols, symbol.calls) for symbol in symbols]
    for number, symbol in enumerate(symbols):
        if symbol.kind is not SymbolKind.STATEMENT:
            continue
        written = {
            target
            for one in reached[number]
            for target in (*symbols[one].mutates, *symbols[one].rebinds)
        }
        written |= touched & reached[number]
        later = set().union(*reached[number + 1 :]) if written else set()
        yield from ((number, target) for target in sorted(written & later))


def reached_from(symbols: Sequence[SymbolFact], start: Iterable[int]) -> set[int]:
    """Return what some symbols need, directly or not, themselves included."""
    found = set(start)
    waiting = list(found)
    while waiting:
        for used in symbols[waiting.pop()].uses:
            if used not in found:
                found.add(used)
                waiting.append(used)
    return found
