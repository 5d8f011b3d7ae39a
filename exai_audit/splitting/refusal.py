"""Why a plan is not carried out: each reason names the line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exai_audit.errors import AuditError
from exai_audit.facts.symbols import ModuleSymbols, SymbolKind
from exai_audit.files.source import SourceFile
from exai_audit.results.plans import Plan
from exai_audit.splitting.late import unfinished
from exai_audit.splitting.order import disorder

_OF_PACKAGE = re.compile(r"^[^#]*(?:\b__package__\b|import_module\(\s*['\"]\.)")
_ELSEWHERE = {
    "globals": "`globals()` would return the names of a new module",
    "__file__": "`__file__` would name a file one folder deeper",
    "__path__": "`__path__` is that of a package",
    "__spec__": "`__spec__` would be that of a new module",
}
_LIKE_THE_OLD = frozenset({"__file__", "__path__"})


class RefusedSplitError(AuditError):
    """A plan that cannot be carried out as it stands; the message names the line."""


def refuse(plan: Plan, module: ModuleSymbols, source: SourceFile) -> None:
    """Raise an error if carrying out the plan would change what the module does.

    Raises:
        RefusedSplitError: with the first reason.
    """
    if not plan.modules:
        raise RefusedSplitError(f"{plan.path}: not split: {plan.verdict}")
    for line, reason in sorted(_reasons(plan, module, source)):
        raise RefusedSplitError(
            f"{plan.path}:{line}: not split: {reason}. Change that first, or follow the plan by"
            " hand."
        )


def _reasons(plan: Plan, module: ModuleSymbols, source: SourceFile) -> Iterator[tuple[int, str]]:
    yield from _hazards(plan, module)
    if not plan.path.endswith("__init__.py"):
        for number, line in enumerate(source.lines, 1):
            if _OF_PACKAGE.match(line):
                yield number, "a name relative to its package would mean another one"
    yield from disorder(plan, module)
    yield from unfinished(plan, module)


def _hazards(plan: Plan, module: ModuleSymbols) -> Iterator[tuple[int, str]]:
    """Yield what asks about its own module where that is going to be another one."""
    is_package = plan.path.endswith("__init__.py")
    moved = {symbol.line for part in plan.modules for symbol in part.symbols}
    for hazard in module.hazards:
        symbol = module.symbols[hazard.symbol]
        stays = symbol.line not in moved and (is_package or hazard.what not in _LIKE_THE_OLD)
        is_same = is_package and hazard.what in _LIKE_THE_OLD and hazard.what != "__path__"
        is_fine = stays or is_same or symbol.kind is SymbolKind.MAIN
        if hazard.what in _ELSEWHERE and not is_fine:
            yield symbol.line, _ELSEWHERE[hazard.what]
