"""What kind of things a cluster holds, where that alone names it: ``errors``, ``constants``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from exai_audit.facts.symbols import SymbolFact, SymbolKind
from exai_audit.words import words_of

_MOSTLY, _HALF, _FEW = 0.6, 0.5, 0.3
_ABOUT_MAIN = 10
_FAULTS = frozenset({"error", "exception", "warning", "fault"})
_ROUTES = frozenset({
    "route", "get", "post", "put", "delete", "patch", "head", "options", "websocket", "api_route",
})  # fmt: skip
_COMMANDS = frozenset({"command", "group"})
_OF_METHODS = frozenset({
    "abstractmethod", "cached_property", "classmethod", "deleter", "getter", "overload", "property",
    "setter", "staticmethod",
})  # fmt: skip
_PARSERS = frozenset({"argparse", "click", "typer", "optparse"})
PLAIN = (SymbolKind.CONSTANT, SymbolKind.VARIABLE, SymbolKind.ALIAS)


def kinds_of(
    symbols: Sequence[SymbolFact], clusters: Sequence[Sequence[int]], number: int
) -> Iterator[str]:
    """Yield what the cluster of that number is called for the kind of its symbols, if anything."""
    inside = [symbols[n] for n in clusters[number] if symbols[n].names]
    plain = [symbol.kind for symbol in inside if symbol.kind in PLAIN]
    faults = [symbol for symbol in inside if _is_fault(symbol)]
    most = _HALF * lines_of(inside)
    if len(faults) > _MOSTLY * len(inside) and lines_of(faults) > most:
        yield "errors"
    elif len(plain) == len(inside):
        is_alias = plain.count(SymbolKind.ALIAS) > _MOSTLY * len(inside)
        yield "types" if is_alias else "constants"
    if lines_of(_inherited(symbols, clusters, number)) > most:
        yield "base"
    yield from _by_registration(inside)
    yield from _by_request(symbols, clusters, number)


def lines_of(symbols: Iterable[SymbolFact]) -> int:
    """Return how many lines symbols have together."""
    return sum(symbol.lines for symbol in symbols)


def _is_fault(symbol: SymbolFact) -> bool:
    words = [*words_of(symbol.names[0])[-1:]]
    words += [word for base in symbol.bases for word in words_of(base)[-1:]]
    return symbol.kind is SymbolKind.CLASS and not _FAULTS.isdisjoint(words)


def _inherited(
    symbols: Sequence[SymbolFact], clusters: Sequence[Sequence[int]], number: int
) -> Iterator[SymbolFact]:
    """Yield the classes that classes of two other clusters inherit."""
    heirs: dict[str, set[int]] = {}
    for at, cluster in enumerate(clusters):
        for one in cluster:
            for base in symbols[one].bases:
                heirs.setdefault(base, set()).add(at)
    for symbol in (symbols[one] for one in clusters[number]):
        others = heirs.get(symbol.names[0], set()) - {number} if symbol.names else set()
        if symbol.kind is SymbolKind.CLASS and len(others) >= 2:
            yield symbol


def _by_request(
    symbols: Sequence[SymbolFact], clusters: Sequence[Sequence[int]], number: int
) -> Iterator[str]:
    """Yield ``endpoints`` where most functions answer a request, and elsewhere few do."""
    inside = _answering([symbols[n] for n in clusters[number]])
    others = _answering([symbols[n] for c in clusters if c is not clusters[number] for n in c])
    if sum(inside) > _MOSTLY * len(inside) and sum(others) < _FEW * len(others):
        yield "endpoints"


def _answering(symbols: Iterable[SymbolFact]) -> list[bool]:
    """Tell of each function whether it is handed a request."""
    return ["request" in s.parameters for s in symbols if s.kind is SymbolKind.FUNCTION]


def _registrations(symbol: SymbolFact) -> list[str]:
    """Return the last word of the first decorator that hands a symbol to something else.

    A plain name (``@locked``) wraps what it decorates.
    """
    found = [name.rpartition(".") for name in symbol.registers]
    hands_over = [last for owner, _, last in found if owner or last in _ROUTES | _COMMANDS]
    return [name for name in hands_over if name not in _OF_METHODS][:1]


def _by_registration(inside: Sequence[SymbolFact]) -> Iterator[str]:
    how = [name for s in inside for name in _registrations(s)]
    main = [s for s in inside if "main" in s.names and s.kind is SymbolKind.FUNCTION]
    if how and len(how) > _MOSTLY * len(inside):
        if all(name in _COMMANDS for name in how):
            yield "commands"
        yield "routes" if sum(name in _ROUTES for name in how) > len(how) / 2 else "handlers"
    elif main and lines_of(inside) <= _ABOUT_MAIN * lines_of(main):
        is_parsed = any(not _PARSERS.isdisjoint(symbol.external) for symbol in inside)
        yield "cli" if is_parsed else "main"
