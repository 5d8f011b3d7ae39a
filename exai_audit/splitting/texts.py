"""The texts of new modules: licence, docstring, imports, and the code with its blank lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from exai_audit.planning.decomposition.import_groups import grouped
from exai_audit.results.plans import PlanModule, PlanSymbol
from exai_audit.splitting.tokens import one_level_deeper

_DEFINES = re.compile(r"(?:@|(?:async\s+)?def\s|class\s)")
_MOST = 100


def module_text(
    part: PlanModule, lines: Sequence[str], licence: PlanSymbol | None, own: Collection[str]
) -> str:
    """Return the text of a new module.

    Args:
        lines: of the old module, as its functions are to stand in the new one.
        licence: the lines of it that go on top of every file.
        own: the top names of the project's own modules.
    """
    head = [] if licence is None else [text_of(lines, licence), ""]
    head += [_docstring(part), ""]
    for group in grouped(part.imports, own):
        head += [*group, ""]
    code = spaced(part.symbols, lines)
    gap = [""] if starts_definition(code) else []
    return "\n".join([*head, *gap, code]) + "\n"


def spaced(symbols: Iterable[PlanSymbol], lines: Sequence[str]) -> str:
    """Return the code of symbols, as far apart as they stand, or as definitions should."""
    parts: list[str] = []
    before: PlanSymbol | None = None
    for symbol in symbols:
        text = text_of(lines, symbol)
        if before is not None:
            parts += [""] * _gap(before, symbol, lines)
        parts.append(text)
        before = symbol
    return "\n".join(parts)


def _gap(before: PlanSymbol, symbol: PlanSymbol, lines: Sequence[str]) -> int:
    between = lines[before.end_line : symbol.line - 1]
    if before.end_line < symbol.line and not any(line.strip() for line in between):
        return len(between)
    return 2 if any(starts_definition(text_of(lines, one)) for one in (before, symbol)) else 1


def text_of(lines: Sequence[str], symbol: PlanSymbol) -> str:
    """Return the lines of a symbol."""
    return "\n".join(lines[symbol.line - 1 : symbol.end_line])


def starts_definition(text: str) -> bool:
    """Tell whether code begins with a function or a class, comments aside."""
    first = next((x for x in text.split("\n") if x.strip() and not x.startswith("#")), "")
    return _DEFINES.match(first) is not None


def _docstring(part: PlanModule) -> str:
    title = part.name.strip("_").replace("_", " ").capitalize()
    text = f'"""{title}: {part.responsibility}."""'
    return text if len(text) <= _MOST else f'"""{title}."""'


def with_late_imports(parts: Iterable[PlanModule], lines: Sequence[str]) -> list[str]:
    """Return lines with the imports of functions before their first statements."""
    found = list(lines)
    for part in parts:
        for late in part.late:
            indent = " " * late.column
            text = late.statement.replace("\n", "\n" + indent)
            found[late.line - 1] = f"{indent}{text}\n{found[late.line - 1]}"
    return found


def deeper(symbols: Iterable[PlanSymbol], lines: Sequence[str]) -> list[str]:
    """Return lines where the relative imports in the code of symbols have one more dot."""
    found = list(lines)
    for symbol in symbols:
        text = one_level_deeper(text_of(lines, symbol))
        found[symbol.line - 1 : symbol.end_line] = text.split("\n")
    return found
