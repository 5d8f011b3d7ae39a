"""Names that are assigned anew at run time, reached through the module that holds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from exai_audit.files.source import SourceFile
from exai_audit.results.plans import Plan, PlanModule
from exai_audit.syntax.occurrences import global_statements, occurrences

_HANDLE = re.compile(r"from \. import (\w+) as (\w+)")


def with_handles(plan: Plan, names: Iterable[str], source: SourceFile) -> list[str]:
    """Return the module's lines where new modules reach such names through their module.

    Args:
        names: those that are assigned anew.
    """
    lines = list(source.lines)
    rebound = frozenset(names)
    homes = {
        name: part.name
        for part in plan.modules
        for symbol in part.symbols
        for name in rebound.intersection(symbol.name.split(", "))
    }
    handles = dict(_handles(plan.modules))
    if not handles:
        return lines
    _drop_declarations(source, homes, handles, lines, _part_of(plan))
    found = occurrences(source, homes)
    for name, span in reversed(found):
        handle = handles.get((_part_of(plan).get(span.line, ""), homes[name]))
        if handle is not None:
            line = lines[span.line - 1]
            lines[span.line - 1] = f"{line[: span.column - 1]}{handle}.{line[span.column - 1 :]}"
    return lines


def _handles(parts: Iterable[PlanModule]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield by new module and by the module of a name how the one calls the other."""
    for part in parts:
        for statement in part.imports:
            for home, handle in _HANDLE.findall(statement):
                yield (part.name, home), handle


def _part_of(plan: Plan) -> Mapping[int, str]:
    return {
        line: part.name
        for part in plan.modules
        for symbol in part.symbols
        for line in range(symbol.line, symbol.end_line + 1)
    }


def _drop_declarations(
    source: SourceFile,
    homes: Mapping[str, str],
    handles: Mapping[tuple[str, str], str],
    lines: list[str],
    part_of: Mapping[int, str],
) -> None:
    """Take names that are reached through their module out of ``global`` statements."""
    for span, others in global_statements(source, homes):
        part = part_of.get(span.line, "")
        if any(owner == part for owner, _ in handles):
            line = lines[span.line - 1]
            rest = f"global {', '.join(others)}" if others else "pass"
            lines[span.line - 1] = line[: span.column - 1] + rest + line[span.end_column - 1 :]
