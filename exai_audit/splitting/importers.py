"""Importers that take names from the new modules instead of from the facade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_audit.edits.edit import Edit
from exai_audit.files.source import SourceFile
from exai_audit.planning.decomposition.import_groups import member_key, statement
from exai_audit.results.plans import Plan
from exai_audit.syntax.from_imports import FromImport, from_imports


def homes_of(plan: Plan) -> dict[str, str]:
    """Return the new module of each name that moves."""
    return {
        name: part.name
        for part in plan.modules
        for symbol in part.symbols
        for name in symbol.name.split(", ")
    }


def edits_of_importer(
    source: SourceFile, dotted: str, module: str, homes: Mapping[str, str]
) -> Iterator[Edit]:
    """Yield edits after which a file imports from where names are.

    A statement that shares its lines with others, or has comments in it, stays.

    Args:
        dotted: the name of the file's own module.
        module: that of the facade.
        homes: the new module of each name that moved.
    """
    for found in from_imports(source, dotted, module):
        first, last = found.span.line, found.span.end_line
        before = source.line(first)[: found.span.column - 1]
        behind = source.line(last)[found.span.end_column - 1 :]
        inside = "\n".join(source.lines[first - 1 : last])
        moved = any(name in homes for name, _ in found.names)
        if moved and not before.strip() and not behind.strip() and "#" not in inside:
            lines = "\n".join(_statements(found, homes)).replace("\n", f"\n{before}")
            yield Edit(source.path, found.span, lines)


def _statements(found: FromImport, homes: Mapping[str, str]) -> Iterator[str]:
    by_home: dict[str, list[str]] = {}
    for name, alias in found.names:
        said = name if alias == name else f"{name} as {alias}"
        by_home.setdefault(homes.get(name, ""), []).append(said)
    dot = "" if found.origin.endswith(".") else "."
    for home, names in sorted(by_home.items()):
        origin = f"{found.origin}{dot}{home}" if home else found.origin
        yield statement(origin, sorted(names, key=member_key))
