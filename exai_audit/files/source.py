"""Bytes of a Python file to text: byte order marks, PEP 263 encodings, any newline style."""

from __future__ import annotations

import io
import tokenize
from codecs import BOM_UTF8
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One decoded file.

    ``path`` is relative to the audit's root with forward slashes; ``text`` has no byte order
    mark and ``\\n`` as its only newline; ``lines`` are its lines without their newline.
    """

    path: str
    text: str
    lines: tuple[str, ...]

    def line(self, number: int) -> str:
        """Return line ``number`` (1-based), or an empty string past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


class UnreadableSourceError(Exception):
    """The bytes cannot be read or decoded; the message says why."""


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        UnreadableSourceError: the operating system refuses.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableSourceError(error.strerror or type(error).__name__) from error


def decode(path: str, data: bytes) -> SourceFile:
    """Decode ``data`` as Python does: byte order mark, then PEP 263 cookie, else UTF-8.

    Raises:
        UnreadableSourceError: unknown encoding, or bytes that are not valid in it.
    """
    try:
        text = _decoded(data)
    except (SyntaxError, LookupError, UnicodeDecodeError, ValueError) as error:
        raise UnreadableSourceError(_decoding_reason(error)) from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return SourceFile(path, text, tuple(split_lines(text)))


def _decoded(data: bytes) -> str:
    second_line_ends = data.find(b"\n", data.find(b"\n") + 1)
    if data.find(b"coding", 0, second_line_ends) < 0 and not data.startswith(BOM_UTF8):
        with suppress(UnicodeDecodeError):  # whose reason depends on the line it stands on
            return data.decode()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding).removeprefix("\ufeff")


def split_lines(text: str) -> list[str]:
    """Split on newlines only: form feeds and Unicode separators stay inside their line."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def _decoding_reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not valid {error.encoding}"
    return str(error).partition("; use codecs")[0] or type(error).__name__
