"""Names of the module itself, its package and its file, said from one folder deeper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_audit.facts.symbols import ModuleSymbols, SymbolKind
from exai_audit.files.source import SourceFile
from exai_audit.results.plans import PlanModule
from exai_audit.syntax.own_place import FILE, NAME, PACKAGE, OwnPlace, own_places

_UNCLEAR = {
    FILE: "`__file__` would name a file one folder deeper",
    NAME: "`__name__` would name another module, or one in another folder",
    PACKAGE: "`__package__` would name another package",
}


def said_from_below(
    source: SourceFile, dotted: str, made: Iterable[PlanModule], module: ModuleSymbols
) -> SourceFile:
    """Return a module's text, line by line, as its parts in a folder below have to ask.

    Args:
        dotted: the module's name.
        made: the new modules.
    """
    lines = list(source.lines)
    edits = [edit for place in _of_parts(source, dotted, made, module) for edit in place.edits]
    for span, text in sorted(edits, reverse=True):
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + text + line[span.end_column - 1 :]
    return SourceFile(source.path, "\n".join([*lines, ""]), tuple(lines))


def unclear(
    source: SourceFile, dotted: str, made: Iterable[PlanModule], module: ModuleSymbols
) -> Iterator[tuple[int, str]]:
    """Yield lines that ask for something that nobody can say from below, with the reason."""
    as_script = _lines_of(module, SymbolKind.MAIN)
    for place in _of_parts(source, dotted, made, module):
        if not place.edits and place.line not in as_script:
            yield place.line, _UNCLEAR[place.what]


def _of_parts(
    source: SourceFile, dotted: str, made: Iterable[PlanModule], module: ModuleSymbols
) -> Iterator[OwnPlace]:
    """Yield where the new modules ask; the facade keeps the name, but not the file."""
    moved = {
        line
        for part in made
        for symbol in part.symbols
        for line in range(symbol.line, symbol.end_line + 1)
    }
    asks_by_name = moved - _lines_of(module, SymbolKind.LOGGER, SymbolKind.MAIN)
    for place in own_places(source, dotted):
        if place.what != NAME or place.line in asks_by_name:
            yield place


def _lines_of(module: ModuleSymbols, *kinds: SymbolKind) -> set[int]:
    return {
        line
        for symbol in module.symbols
        for found in (symbol.ranges if symbol.kind in kinds else ())
        for line in range(found.first, found.last + 1)
    }
