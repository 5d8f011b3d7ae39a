"""The text of audited files, read when asked for."""

from __future__ import annotations

from collections.abc import Iterable

from exai_audit.discover import Discovered
from exai_audit.source import SourceFile, UnreadableSourceError, decode, read_bytes


class Sources:
    """Audited files by path; each is read and decoded once."""

    def __init__(self, files: Iterable[Discovered]) -> None:
        self._files = {file.path: file for file in files}
        self._read: dict[str, SourceFile | None] = {}

    def get(self, path: str) -> SourceFile | None:
        """Return the file's text, None where there is none or it cannot be read."""
        if path not in self._read:
            self._read[path] = self._text(path)
        return self._read[path]

    def _text(self, path: str) -> SourceFile | None:
        file = self._files.get(path)
        try:
            return decode(path, read_bytes(file.absolute)) if file else None
        except UnreadableSourceError:
            return None
