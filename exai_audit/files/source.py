"""Bytes of a Python file to text: byte order marks, PEP 263 encodings, any newline style."""

from __future__ import annotations

import io
import os
import stat
import tokenize
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

SIDE_FILE_BYTES = 50_000_000
"""How much is read of a file that is no source: settings, lock files, stored results."""
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_LEAST_READ = 4096


class SourceFile(Struct, frozen=True):
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


def read_bytes(
    path: Path | str, limit: int = SIDE_FILE_BYTES, *, within: int | None = None, own: bool = False
) -> bytes:
    """Read a regular file of at most ``limit`` bytes; what lies there is never waited for.

    Args:
        within: the descriptor of the folder that ``path`` counts from.
        own: no link, and nothing that others own or can write.

    Raises:
        UnreadableSourceError: it is something else, or longer, or the operating system refuses.
    """
    try:
        handle = os.open(path, _FLAGS | (_NO_LINK if own else 0), dir_fd=within)
        try:
            return _read(handle, limit, own=own)
        finally:
            os.close(handle)
    except OSError as error:
        raise UnreadableSourceError(error.strerror or type(error).__name__) from error
    except ValueError as error:
        raise UnreadableSourceError(f"is no path: {error}") from error


def side_text(path: Path | str, encoding: str = "utf-8") -> str:
    """Return what a file beside the sources says, nothing where it cannot be read or decoded."""
    try:
        return read_bytes(path).decode(encoding)
    except (UnreadableSourceError, UnicodeDecodeError):
        return ""


def _read(handle: int, limit: int, *, own: bool) -> bytes:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableSourceError("not a regular file")
    if own and hasattr(os, "geteuid"):
        shared = stat.S_IMODE(status.st_mode) & (stat.S_IWGRP | stat.S_IWOTH)
        if shared or status.st_uid != os.geteuid():
            raise UnreadableSourceError("not a file that only its owner can write")
    parts, room = [], limit + 1
    while room > 0 and (part := os.read(handle, min(room, max(status.st_size + 1, _LEAST_READ)))):
        parts.append(part)
        room -= len(part)
    if room <= 0:
        raise UnreadableSourceError(f"longer than {limit:,} bytes")
    return parts[0] if len(parts) == 1 else b"".join(parts)


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


def encoded(text: str) -> bytes:
    """Return the bytes that a file of this text has, in the encoding that the text itself names.

    Where it cannot be, UTF-8: what cannot be decoded is then said of the file.
    """
    plain = text.encode("utf-8", "surrogatepass")
    if "coding" not in text[:_LEAST_READ] or plain.startswith(BOM_UTF8):
        return plain
    with suppress(SyntaxError, LookupError, UnicodeEncodeError):
        encoding, _ = tokenize.detect_encoding(io.BytesIO(plain).readline)
        return text.encode(encoding)
    return plain


def with_newlines(data: bytes) -> str:
    """Return what a file says with the newlines that it has, empty where it cannot be decoded."""
    with suppress(SyntaxError, LookupError, UnicodeDecodeError, ValueError):
        return _decoded(data)
    return ""


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
