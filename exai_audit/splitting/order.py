"""Whether what runs at import would run in the order in which it stands now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exai_audit.facts.symbols import ModuleSymbols, SymbolFact, SymbolKind
from exai_audit.results.plans import Plan

_RUN = frozenset({
    SymbolKind.STATEMENT, SymbolKind.BLOCK, SymbolKind.VARIABLE, SymbolKind.CONSTANT,
})  # fmt: skip
_DEFINED = (SymbolKind.FUNCTION, SymbolKind.CLASS)


@dataclass(frozen=True, slots=True)
class _Effect:
    """What runs on a line: when it is going to, what it changes, and what it looks at."""

    line: int
    turn: tuple[int, int]
    changes: frozenset[int | str]
    reads: frozenset[int | str]


def disorder(plan: Plan, module: ModuleSymbols) -> Iterator[tuple[int, str]]:
    """Yield lines that would run after later ones which change what they do, with the reason."""
    effects = sorted(_effects(plan, module), key=lambda effect: effect.line)
    for number, one in enumerate(effects):
        for later in effects[number + 1 :]:
            shared = (one.changes & (later.changes | later.reads)) | (one.reads & later.changes)
            if shared and later.turn < one.turn:
                yield one.line, f"it runs at import before line {later.line}, and would after it"


def _effects(plan: Plan, module: ModuleSymbols) -> Iterator[_Effect]:
    turns = _turns(plan, module)
    for symbol in module.symbols:
        if symbol.kind not in _RUN and symbol.kind not in _DEFINED:
            continue
        changes = _changes(module, symbol)
        if symbol.kind in _DEFINED and not changes:
            continue
        reads = frozenset[int | str]((*symbol.eager, *symbol.calls, *_outside(symbol)))
        if changes or reads:
            yield _Effect(symbol.line, turns[symbol.line], changes, reads)


def _changes(module: ModuleSymbols, symbol: SymbolFact) -> frozenset[int | str]:
    """Return the symbols that a piece changes when it is imported, and modules outside."""
    found: set[int | str] = {*symbol.touches, *symbol.mutates, *symbol.rebinds}
    if symbol.kind in _DEFINED:
        at = {name: n for n, other in enumerate(module.symbols) for name in other.names}
        roots = {name.partition(".")[0] for name in symbol.registers}
        registered = {at[root] for root in roots if root in at}
        return frozenset({*registered, *_hooked(module.symbols, symbol)})
    for called in _reached(module.symbols, symbol.calls):
        found.update(module.symbols[called].mutates)
        found.update(module.symbols[called].rebinds)
        if module.symbols[called].kind is SymbolKind.VARIABLE:  # its methods may change it
            found.add(called)
    if symbol.kind is SymbolKind.STATEMENT:
        found.update(symbol.external)
    return frozenset(found)


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


def _outside(symbol: SymbolFact) -> tuple[str, ...]:
    return () if symbol.kind in _DEFINED else symbol.external


def _reached(symbols: Sequence[SymbolFact], start: Sequence[int]) -> set[int]:
    found, waiting = set(start), list(start)
    while waiting:
        for used in symbols[waiting.pop()].uses:
            if used not in found:
                found.add(used)
                waiting.append(used)
    return found


def _turns(plan: Plan, module: ModuleSymbols) -> dict[int, tuple[int, int]]:
    """Return by first line when each symbol is going to run: module by module, then the facade."""
    places = {s.line: at for at, part in enumerate(plan.modules) for s in part.symbols}
    last = len(plan.modules)
    first_kept = {s.line for s in plan.kept}
    turns = {}
    for symbol in module.symbols:
        at = places.get(symbol.line, last if symbol.line in first_kept else -1)
        turns[symbol.line] = (at, symbol.line)
    return turns
