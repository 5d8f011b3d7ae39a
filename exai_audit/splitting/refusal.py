"""Why a plan is not carried out: each reason names the line."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.errors import AuditError
from exai_audit.facts.symbols import ModuleSymbols, SymbolKind
from exai_audit.files.source import SourceFile
from exai_audit.results.plans import Plan
from exai_audit.splitting.late import unfinished
from exai_audit.splitting.order import disorder
from exai_audit.splitting.own_place import unclear

_ELSEWHERE = {
    "globals": "`globals()` would return the names of a new module",
    "__path__": "`__path__` is that of a package",
    "__spec__": "`__spec__` would be that of a new module",
}


class RefusedSplitError(AuditError):
    """A plan that cannot be carried out as it stands; the message names the line."""


def refuse(plan: Plan, module: ModuleSymbols, source: SourceFile, dotted: str) -> None:
    """Raise an error if carrying out the plan would change what the module does.

    Args:
        dotted: the module's name.

    Raises:
        RefusedSplitError: with the first reason.
    """
    if not plan.modules:
        raise RefusedSplitError(f"{plan.path}: not split: {plan.verdict}")
    for line, reason in sorted(_reasons(plan, module, source, dotted)):
        raise RefusedSplitError(
            f"{plan.path}:{line}: not split: {reason}. Change that first, or follow the plan by"
            " hand."
        )


def _reasons(
    plan: Plan, module: ModuleSymbols, source: SourceFile, dotted: str
) -> Iterator[tuple[int, str]]:
    yield from _hazards(plan, module)
    yield from unclear(source, dotted, plan.modules, module)
    yield from disorder(plan, module)
    yield from unfinished(plan, module)


def _hazards(plan: Plan, module: ModuleSymbols) -> Iterator[tuple[int, str]]:
    """Yield what asks about its own module where that is going to be another one."""
    moved = {symbol.line for part in plan.modules for symbol in part.symbols}
    for hazard in module.hazards:
        symbol = module.symbols[hazard.symbol]
        is_fine = symbol.line not in moved or symbol.kind is SymbolKind.MAIN
        if hazard.what in _ELSEWHERE and not is_fine:
            yield symbol.line, _ELSEWHERE[hazard.what]
