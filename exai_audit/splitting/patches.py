"""Names in quotes that tests replace, written as those of the new modules where one uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from exai_audit.edits.edit import Edit
from exai_audit.facts.symbols import ModuleSymbols, SymbolFact
from exai_audit.files.source import SourceFile
from exai_audit.location import Span
from exai_audit.results.plans import Plan


def users_of(plan: Plan, module: ModuleSymbols) -> dict[str, frozenset[str]]:
    """Return by name, imported ones among them, the new modules that bind or use it."""
    at = {r.first: symbol for symbol in module.symbols for r in symbol.ranges}
    found: dict[str, set[str]] = {}
    for part in plan.modules:
        for place in part.symbols:
            for name in _names(at[place.line]):
                found.setdefault(name, set()).add(part.name)
    return {name: frozenset(parts) for name, parts in found.items()}


def _names(symbol: SymbolFact) -> tuple[str, ...]:
    return (*symbol.names, *symbol.names_used, *symbol.external)


def edits_of_patches(
    source: SourceFile, module: str, users: Mapping[str, frozenset[str]]
) -> Iterator[Edit | tuple[int, str]]:
    """Yield edits of texts that name something of a module, and the lines that need a person.

    Args:
        users: the new modules that use each name: with one, the text names it there.
    """
    pattern = re.compile(rf"(?<=['\"]){re.escape(module)}\.(\w+)(?=[\w.]*['\"])")
    for number, line in enumerate(source.lines, 1):
        for match in pattern.finditer(line):
            homes = sorted(users.get(match[1], ()))
            if len(homes) == 1:
                start = match.end(1) - len(match[1]) + 1
                yield Edit(source.path, Span(number, start, number, start), f"{homes[0]}.")
            elif homes:
                yield number, f"`{match[0]}` is used in {', '.join(homes)}"
