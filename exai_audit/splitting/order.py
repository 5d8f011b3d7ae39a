"""Whether what runs at import would run in the order in which it stands now."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.planning.decomposition.effects import run_order
from exai_audit.results.plans import Plan


def disorder(plan: Plan, module: ModuleSymbols) -> Iterator[tuple[int, str]]:
    """Yield lines that would run after later ones which change what they do, with the reason."""
    turns = _turns(plan, module)
    for later, earlier in run_order(module.symbols):
        line, below = module.symbols[earlier].line, module.symbols[later].line
        if turns[below] < turns[line]:
            yield line, f"it runs at import before line {below}, and would after it"


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
