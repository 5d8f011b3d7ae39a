"""What runs at import and changes what later statements see: such statements stay together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from exai_audit.facts.symbols import ModuleSymbols, SymbolFact, SymbolKind

_DEFINITIONS = (SymbolKind.FUNCTION, SymbolKind.CLASS)
_RUN = frozenset({
    SymbolKind.STATEMENT, SymbolKind.BLOCK, SymbolKind.VARIABLE, SymbolKind.CONSTANT,
})  # fmt: skip


class Effect(Struct, frozen=True):
    """What a symbol changes when it is imported, and looks at: symbols, and modules outside."""

    symbol: int
    changes: frozenset[int | str]
    reads: frozenset[int | str]


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
    later: set[int] = set()
    for number in reversed(range(len(symbols))):
        if symbols[number].kind is SymbolKind.STATEMENT:
            written = {
                target
                for one in reached[number]
                for target in (*symbols[one].mutates, *symbols[one].rebinds)
            }
            written |= touched & reached[number]
            yield from ((number, target) for target in sorted(written & later))
        later |= reached[number]


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


def effects_of(symbols: Sequence[SymbolFact]) -> tuple[Effect, ...]:
    """Return what runs at import and changes something, or looks at it, in source order."""
    found = []
    at = {name: n for n, other in enumerate(symbols) for name in other.names}
    for number, symbol in enumerate(symbols):
        is_definition = symbol.kind in _DEFINITIONS
        if symbol.kind not in _RUN and not is_definition:
            continue
        changes = _made(symbols, symbol, at) if is_definition else _changes(symbols, symbol)
        if is_definition and not changes:
            continue
        outside = () if is_definition else symbol.external
        reads = frozenset[int | str]((*symbol.eager, *symbol.calls, *outside))
        if changes or reads:
            found.append(Effect(number, changes, reads))
    return tuple(sorted(found, key=lambda effect: symbols[effect.symbol].line))


def _changes(symbols: Sequence[SymbolFact], symbol: SymbolFact) -> frozenset[int | str]:
    """Return what a piece that runs changes, itself or by what it calls."""
    found: set[int | str] = {*symbol.touches, *symbol.mutates, *symbol.rebinds}
    for called in reached_from(symbols, symbol.calls):
        found.update(symbols[called].mutates)
        found.update(symbols[called].rebinds)
        if symbols[called].kind is SymbolKind.VARIABLE:  # its methods may change it
            found.add(called)
    if symbol.kind is SymbolKind.STATEMENT:
        found.update(symbol.external)
    return frozenset(found)


def _made(
    symbols: Sequence[SymbolFact], symbol: SymbolFact, at: Mapping[str, int]
) -> frozenset[int | str]:
    """Return what a definition changes: what its decorators hand it to, or what hooks change.

    Args:
        at: which symbol each name is of.
    """
    roots = {name.partition(".")[0] for name in symbol.registers}
    registered = {at[root] for root in roots if root in at}
    return frozenset({*registered, *_hooked(symbols, symbol)})


def _hooked(symbols: Sequence[SymbolFact], symbol: SymbolFact) -> set[int]:
    """Return what is changed because a class is made: by its metaclass, or by a base class."""
    waiting, found = list(symbol.eager), set[int]()
    seen = set(waiting)
    while waiting:
        base = symbols[waiting.pop()]
        if base.kind is SymbolKind.CLASS or base.calls:
            found |= {*base.hooks} & {*base.mutates, *base.rebinds}
            waiting += [one for one in base.eager if one not in seen]
            seen.update(base.eager)
    return found


def run_order(symbols: Sequence[SymbolFact]) -> Iterator[tuple[int, int]]:
    """Yield pairs of symbols of which the second has to run before the first.

    Enough of them for all: of several that change something each follows the one before it.
    """
    wrote: dict[int | str, int] = {}
    read: dict[int | str, list[int]] = {}
    for effect in effects_of(symbols):
        for thing in sorted(effect.changes | effect.reads, key=str):
            if thing in wrote:
                yield effect.symbol, wrote[thing]
            if thing in effect.changes:
                yield from ((effect.symbol, one) for one in read.pop(thing, ()))
                wrote[thing] = effect.symbol
            else:
                read.setdefault(thing, []).append(effect.symbol)


def runs_in_order(
    module: ModuleSymbols,
    order: Iterable[tuple[int, int]],
    clusters: Sequence[Sequence[int]],
) -> bool:
    """Tell whether clusters, and then what stays, run in the order that `run_order` says."""
    turn = {number: at for at, cluster in enumerate(clusters) for number in cluster}
    for number, symbol in enumerate(module.symbols):
        is_early = symbol.kind in (SymbolKind.LOGGER, SymbolKind.MAIN)
        last = -1 if is_early or comes_first(module, symbol) else len(clusters)
        turn.setdefault(number, last)
    return all(turn[earlier] <= turn[later] for later, earlier in order)


def with_earlier(
    module: ModuleSymbols, moved: frozenset[int], after: Iterable[tuple[int, int]]
) -> set[int]:
    """Return what moves, with all that has to run before it and would run later if it stayed."""
    before: dict[int, set[int]] = {}
    for later, earlier in after:
        symbol = module.symbols[earlier]
        if not symbol.anchored and not comes_first(module, symbol):
            before.setdefault(later, set()).add(earlier)
    found, waiting = set(moved), list(moved)
    while waiting:
        more = before.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found


def comes_first(module: ModuleSymbols, symbol: SymbolFact) -> bool:
    """Tell whether a statement of no symbol stands above an import, which may rely on it."""
    last = max((fact.lines.first for fact in module.imports), default=0)
    return symbol.kind is SymbolKind.STATEMENT and not symbol.uses and symbol.line < last
