"""The content of audited files, read when asked for."""

from __future__ import annotations

from collections.abc import Iterable

from exai_audit.audit.discover import Discovered
from exai_audit.files.source import SourceFile, UnreadableSourceError, decode

_MOST_BYTES = 8_000_000


class Sources:
    """Audited files by path; those last asked for are kept, up to some megabytes."""

    def __init__(self, files: Iterable[Discovered]) -> None:
        self._files = {file.path: file for file in files}
        self._bytes: dict[str, bytes | None] = {}
        self._texts: dict[str, SourceFile | None] = {}
        self._kept = 0

    def bytes_of(self, path: str) -> bytes | None:
        """Return the file's content, None where there is none or it cannot be read."""
        if path not in self._bytes:
            file = self._files.get(path)
            try:
                self._keep(path, file.read() if file else None)
            except UnreadableSourceError:
                self._keep(path, None)
        return self._bytes[path]

    def _keep(self, path: str, data: bytes | None) -> None:
        self._kept += len(data or b"")
        while self._kept > _MOST_BYTES and self._bytes:
            oldest = next(iter(self._bytes))
            self._kept -= len(self._bytes.pop(oldest) or b"")
            self._texts.pop(oldest, None)
        self._bytes[path] = data

    def get(self, path: str) -> SourceFile | None:
        """Return the file's text, None where there is none or it cannot be read or decoded."""
        if path not in self._texts:
            self._texts[path] = self._text(path)
        return self._texts[path]

    def _text(self, path: str) -> SourceFile | None:
        data = self.bytes_of(path)
        try:
            return decode(path, data) if data is not None else None
        except UnreadableSourceError:
            return None
