"""Who owns which file, by a CODEOWNERS file as GitHub reads it: the last line that matches decides.

The lines are those of ``.gitignore`` files without ``!`` and sets of characters, and a line
without owners leaves what it matches to nobody:
<https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/
customizing-your-repository/about-code-owners>.
"""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from exai_audit.files.gitpatterns import Pattern, parsed
from exai_audit.files.source import UnreadableSourceError, read_bytes

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where the file may lie below the top of the repository; the first that is there counts."""
_MOST_BYTES = 3_000_000
_OWNER = re.compile(r"@[\w./-]+|[^@\s]+@[^@\s]+")
_WORD = re.compile(r"(?:\\.|[^\s\\])+")
_UNSUPPORTED = re.compile(r"!|\\#|.*[\[\]]")


class _Line(Struct, frozen=True):
    """``below`` tells that a folder which matches hands on its owners to all that is below it."""

    pattern: Pattern
    below: bool
    owners: tuple[str, ...]


class CodeOwners:
    """The lines of one file."""

    def __init__(self, text: str) -> None:
        self._lines = tuple(filter(None, map(_read, text.splitlines())))[::-1]

    def of(self, path: str) -> tuple[str, ...]:
        """Return the owners of a file, by its path below the top of the repository."""
        *folders, name = path.split("/")
        above = [("/".join(folders[: n + 1]), folder) for n, folder in enumerate(folders)]
        for line in self._lines:
            if line.pattern.matches(path, name, False) or (
                line.below and any(line.pattern.matches(*folder, True) for folder in above)
            ):
                return line.owners
        return ()


def codeowners(top: Path) -> CodeOwners | None:
    """Return who owns the files of the repository at ``top``, None without a readable file."""
    for place in PLACES:
        try:
            text = read_bytes(top / place, _MOST_BYTES).decode("utf-8-sig", "replace")
        except UnreadableSourceError:
            continue
        return CodeOwners(text)
    return None


def _read(text: str) -> _Line | None:
    """Return what a line says, None where it says nothing or GitHub passes over it."""
    words = _WORD.findall(text.split(" #")[0])
    if not words or words[0].startswith("#") or _UNSUPPORTED.match(words[0]):
        return None
    pattern, owners = parsed(words[0]), tuple(words[1:])
    if pattern is None or not all(map(_OWNER.fullmatch, owners)):
        return None
    return _Line(pattern, not words[0].endswith("/*"), owners)
