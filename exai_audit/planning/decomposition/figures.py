"""Before and after a split: lines, complexity and radon's maintainability index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import SymbolKind
from exai_audit.files.source import SourceFile
from exai_audit.planning.decomposition.layout import Split
from exai_audit.results.advice import Impact
from exai_audit.results.plans import PlanModule, PlanSymbol

_LONG_LITERALS = 200


def complexity_in(facts: FileFacts, symbols: Iterable[PlanSymbol]) -> int:
    """Return the cyclomatic complexity of all functions that stand in symbols."""
    lines = {n for symbol in symbols for n in range(symbol.line, symbol.end_line + 1)}
    return sum(
        function.complexity or 0
        for function in facts.size.functions
        if function.place.span.line in lines
    )


def maintainability(text: str) -> float | None:
    """Return radon's maintainability index, from 0 to 100; None where radon cannot read a text."""
    from radon.metrics import mi_visit  # only where it is asked for: it loads much

    try:
        return round(float(mi_visit(text, multi=True)), 1)
    except (SyntaxError, ValueError, RecursionError, AttributeError):
        return None


def can_be_measured(facts: FileFacts) -> bool:
    """Tell whether radon can read a module in time: long literals cost it the square of them."""
    return facts.size.literal_lines <= _LONG_LITERALS


def measured(module: PlanModule, source: SourceFile) -> PlanModule:
    """Return a new module with the maintainability of what it will be."""
    texts = ["\n".join(source.lines[s.line - 1 : s.end_line]) for s in module.symbols]
    text = "\n\n".join([*module.imports, *texts]) + "\n"
    return replace(module, maintainability=maintainability(text))


def figures_of(
    split: Split,
    modules: Sequence[PlanModule],
    facade_lines: int,
    crossing: float,
    source: SourceFile | None,
) -> tuple[Impact, ...]:
    """Return figures before and after.

    Args:
        source: the old module, None for no maintainability.
    """
    symbols = split.module.symbols
    named = sum(s.kind is not SymbolKind.STATEMENT for s in symbols)
    total = sum(function.complexity or 0 for function in split.facts.size.functions)
    found = [
        (
            "longest-module",
            "longest module, lines",
            split.facts.lines.physical,
            max([facade_lines, *(module.lines for module in modules)]),
        ),
        ("modules", "modules, the facade included", 1, len(modules) + 1),
        (
            "symbols",
            "symbols in one module at most",
            named,
            max((len(home.symbols) for home in split.homes), default=0),
        ),
        (
            "complexity",
            "complexity of one module at most",
            total,
            max((module.complexity for module in modules), default=0),
        ),
    ]
    figures = [_impact(*one) for one in found]
    known = [m.maintainability for m in modules if m.maintainability is not None]
    before = None if source is None else maintainability(source.text)
    if known and before is not None:
        figures.append(
            Impact("maintainability", "lowest maintainability index", before, min(known))
        )
    figures.append(
        _impact("coupling", "uses among symbols that cross modules, percent", 0, 100 * crossing)
    )
    late = sum(len(home.late) for home in split.homes)
    figures.append(_impact("cycles", "functions that import late to avoid a circle", 0, late))
    return tuple(figures)


def _impact(name: str, label: str, before: float, after: float) -> Impact:
    return Impact(name, label, float(before), float(round(after)))
