"""Whether functions that run at import would import what is not there yet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exai_audit.facts.symbols import ModuleSymbols, SymbolKind
from exai_audit.results.plans import Plan

_ORIGIN = re.compile(r"from \.(\w+) import")
_RUN = frozenset({"__init__", "__new__", "__init_subclass__", "__set_name__", "__call__"})


def unfinished(plan: Plan, module: ModuleSymbols) -> Iterator[tuple[int, str]]:
    """Yield functions that something calls at import before the module is done they import from."""
    rank = {part.name: at for at, part in enumerate(plan.modules)}
    caller = _first_callers(plan, module)
    symbol_at = {
        line: number
        for number, symbol in enumerate(module.symbols)
        for found in symbol.ranges
        for line in range(found.first, found.last + 1)
    }
    for part in plan.modules:
        for late in part.late:
            number = symbol_at.get(late.line, -1)
            origin = _ORIGIN.search(late.statement)
            runs = number in caller and (
                module.symbols[number].kind is not SymbolKind.CLASS or late.function in _RUN
            )
            if runs and origin is not None and rank[origin[1]] >= caller[number]:
                reason = f"`{late.function}` runs at import, too early for what it would import"
                yield late.line, reason


def _first_callers(plan: Plan, module: ModuleSymbols) -> dict[int, int]:
    """Return by symbol the place of the first new module that calls it when it is imported."""
    places = {s.line: at for at, part in enumerate(plan.modules) for s in part.symbols}
    found: dict[int, int] = {}
    for symbol in module.symbols:
        at = places.get(symbol.line, len(plan.modules))
        for called in symbol.calls:
            found[called] = min(at, found.get(called, at))
    return found
