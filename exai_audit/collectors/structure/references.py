"""Names of modules' members that a file replaces or imports by a string, as tests do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exai_audit.facts.references import ReferenceFact
from exai_audit.files.source import SourceFile

TRIGGER_WORDS = frozenset({"patch", "setattr", "delattr", "import_module", "import_string"})
"""Words without which a file has none."""
_BY_STRING = re.compile(
    r"\b(?:patch(?:\.\w+)?|setattr|delattr|import_module|import_string)\(\s*"
    r"(?P<quote>['\"])(?P<name>[A-Za-z_]\w*(?:\.\w+)+)(?P=quote)"
)
_BY_OBJECT = re.compile(
    r"\b(?:patch\.object|setattr|delattr)\(\s*(?P<owner>[A-Za-z_][\w.]*)\s*,\s*"
    r"(?P<quote>['\"])(?P<name>[A-Za-z_]\w*)(?P=quote)"
)


def references(source: SourceFile) -> tuple[ReferenceFact, ...]:
    """Return what the file replaces or imports by name, in source order."""
    return tuple(sorted(set(_found(source.text)), key=lambda fact: (fact.line, fact.name)))


def _found(text: str) -> Iterator[ReferenceFact]:
    for start in _starts(text):
        if match := _BY_STRING.match(text, start):
            yield ReferenceFact(match["name"], _line(text, match))
        match = _BY_OBJECT.match(text, start)
        if match and match["owner"].partition(".")[0] not in ("self", "cls"):
            yield ReferenceFact(f"{match['owner']}.{match['name']}", _line(text, match))


def _starts(text: str) -> Iterator[int]:
    """Yield where a sign stands: found many times faster than by what they begin a pattern with."""
    for sign in TRIGGER_WORDS:
        at = text.find(sign)
        while at >= 0:
            yield at
            at = text.find(sign, at + 1)


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1
