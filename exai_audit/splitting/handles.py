"""Names that are assigned anew at run time, reached through the module that holds them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from exai_audit.files.source import SourceFile
from exai_audit.planning.decomposition.layout import handle_of
from exai_audit.results.plans import PlanModule
from exai_audit.syntax.occurrences import global_statements, occurrences

_HANDLE = re.compile(r"from \. import (\w+) as (\w+)")
_REST = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """Lines that reach such names through their module; ``handles`` are imports of the rest."""

    lines: Sequence[str]
    handles: Sequence[str]


def with_handles(
    made: Sequence[PlanModule], names: Collection[str], source: SourceFile, *, in_rest: bool
) -> Reached:
    """Return the module's lines as the new modules, and the rest, have to reach such names.

    Args:
        names: those that are assigned anew.
        in_rest: whether what has not moved reaches them as well.
    """
    homes = {
        name: part.name
        for part in made
        for symbol in part.symbols
        for name in symbol.name.split(", ")
        if name in names
    }
    handles = {
        (part.name, home): handle
        for part in made
        for statement in part.imports
        for home, handle in _HANDLE.findall(statement)
    }
    if in_rest:
        handles |= {(_REST, home): handle_of(home) for home in homes.values()}
    lines, used = list(source.lines), set[str]()
    part_of = _part_of(made)
    _drop_declarations(source, homes, handles, lines, part_of)
    for name, span in reversed(occurrences(source, homes) if handles else ()):
        part = part_of.get(span.line, _REST)
        handle = handles.get((part, homes[name]))
        if handle is not None:
            line = lines[span.line - 1]
            lines[span.line - 1] = f"{line[: span.column - 1]}{handle}.{line[span.column - 1 :]}"
            used |= {homes[name]} if part == _REST else set()
    return Reached(lines, [f"from . import {one} as {handle_of(one)}" for one in sorted(used)])


def _part_of(parts: Iterable[PlanModule]) -> Mapping[int, str]:
    return {
        line: part.name
        for part in parts
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
    for span, names in reversed(global_statements(source, homes)):
        part = part_of.get(span.line, _REST)
        rest = [name for name in names if (part, homes.get(name, "")) not in handles]
        if len(rest) < len(names):
            line = lines[span.line - 1]
            kept = f"global {', '.join(rest)}" if rest else "pass"
            lines[span.line - 1] = line[: span.column - 1] + kept + line[span.end_column - 1 :]
