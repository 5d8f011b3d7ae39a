"""A scan that would only say again what it said: its output is kept, and given again.

A record holds everything that a scan depended on (`exai_audit.cli.inputs`) and everything that it
wrote. It is replayed when the same circumstances find the same at every look; in any doubt, as when
it is damaged, the scan runs. Where only looks differ, the words need not be parsed anew. Loaded
before all else, so it imports little.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from exai_audit.atomic import replace_file
from exai_audit.cli import output
from exai_audit.cli.inputs import circumstances
from exai_audit.looks import CACHE_FOLDER, Looks, blob_hash, changed_files, look, upward

_FOLDER = "runs"
_MAGIC = b"exai-audit run 1"
_MOST_RECORDS, _MOST_BYTES, _MOST_COMPARED = 8, 64_000_000, 50
_HEAD = 4  # of a record's parts behind the circumstances, those before what was written


def asked(arguments: Sequence[str]) -> str | None:
    """Return the circumstances of a command that may be replayed, None when it may not."""
    if arguments[:1] != ["scan"] or "--no-cache" in arguments:
        return None
    try:
        return circumstances(arguments)
    except OSError:
        return None


class Record:
    """A scan that was kept: what it depended on, what it was asked for, what it wrote."""

    __slots__ = ("_blobs", "_found", "_status", "_written", "asked")

    def __init__(self, parts: Sequence[str]) -> None:
        self.asked, self._found, self._blobs, status = parts[:_HEAD]
        self._status = int(status)
        self._written = parts[_HEAD:]

    def holds(self) -> bool:
        """Tell whether the same looks find the same, of a few files at least the same content."""
        touched: list[str] = []
        for kind, path, words in _threes(self._found.split("\0")):
            if kind == "folder":
                changed = changed_files(path, words)
                if changed is None:
                    return False
                touched += changed
            elif look(kind, path) != words:
                return False
        return not touched or self._says_the_same(touched)

    def _says_the_same(self, files: Sequence[str]) -> bool:
        parts = self._blobs.split("\0")
        known = dict(zip(parts[::2], parts[1::2], strict=True))
        return len(files) <= _MOST_COMPARED and all(known.get(f) == _blob(f) for f in files)

    def replay(self) -> int:
        """Write what the scan wrote, and return its exit status.

        Raises:
            AuditError: the output cannot be written.
        """
        for way, target, text in _threes(self._written):
            output.write(way, target, text)
        return self._status


def record_of(circumstances: str, arguments: Sequence[str]) -> Record | None:
    """Return what is kept of the same command in the same circumstances."""
    for folder in _folders(arguments):
        parts = _read(_file(folder, circumstances))
        if parts[:1] == [circumstances] and _names_all(arguments, parts[1 + _HEAD :]):
            return Record(parts[1:])
    return None


class Recording:
    """One scan on its way: its looks, and from now on what is written."""

    def __init__(self, circumstances: str, asked: str) -> None:
        self.looks = Looks()
        self._circumstances = circumstances
        self._asked = asked
        self._written = output.listen()

    def keep(
        self, folder: str, status: int, revision: str | None, blobs: Mapping[str, str]
    ) -> None:
        """Keep the scan for replaying, unless something speaks against it.

        Args:
            folder: of the cache; trouble in writing to it is no error.
            revision: what git said of the commit that is checked out.
            blobs: git's hash of each file's content as it was read.
        """
        if not self.looks.at_rest() or not self._agrees_with(revision):
            return
        recent = self.looks.recent
        if len(recent) > _MOST_COMPARED or any(blobs.get(f, "?") != _blob(f) for f in recent):
            return
        written = [part for one in self._written for part in one]
        found = [part for at, words in self.looks.found.items() for part in (*at, words)]
        known = "\0".join(part for pair in blobs.items() for part in pair)
        head = [self._circumstances, self._asked, "\0".join(found), known, str(status)]
        parts = [*head, *written]
        data = _packed([_bytes(part) for part in parts])
        if any(way == output.APPENDED for way, _, _ in self._written) or len(data) > _MOST_BYTES:
            return
        with suppress(OSError):
            records = os.path.join(folder, _FOLDER)  # noqa: PTH118
            with suppress(FileExistsError):
                os.mkdir(records)  # noqa: PTH102
            replace_file(_file(folder, self._circumstances), data)
            _forget_old(records)

    def _agrees_with(self, revision: str | None) -> bool:
        """Tell whether git said what the looks will notice a change of."""
        commits = [words for (kind, _), words in self.looks.found.items() if kind == "commits"]
        told = [commit for words in commits for commit in words.split("/\n") if commit]
        if revision is None:
            return all(commit.startswith("?") for commit in told)
        return told[:1] == [revision]


def _names_all(arguments: Sequence[str], written: Sequence[str]) -> bool:
    """Tell whether the command line names all files that a record writes to."""
    return all(not file or any(a.endswith(file) for a in arguments) for file in written[1::3])


def _folders(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the caches that a command may mean, likely ones first; which one holds no secret."""
    for given, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if given == "--cache-dir":
            yield following
        elif given.startswith("--cache-dir="):
            yield given.partition("=")[2]
    named = [word for word in arguments[1:] if os.path.lexists(word)]
    for start in dict.fromkeys(map(os.path.abspath, (*named, "."))):
        for folder in upward(start):
            yield f"{folder}/{CACHE_FOLDER}"


def _blob(file: str) -> str | None:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123
            return blob_hash(stream.read()).hex()
    except OSError:
        return None


def _file(folder: str, circumstances: str) -> str:
    return os.path.join(folder, _FOLDER, f"{zlib.crc32(_bytes(circumstances)):08x}")  # noqa: PTH118


def _read(file: str) -> list[str]:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123
            return [part.decode("utf-8", "surrogatepass") for part in _unpacked(stream.read())]
    except (OSError, ValueError):
        return []


def _packed(parts: Sequence[bytes]) -> bytes:
    """Return one text for several: the check sum of all that follows, their lengths, the parts."""
    lengths = " ".join(str(len(part)) for part in parts)
    rest = lengths.encode() + b"\n" + b"".join(parts)
    return _head(rest) + b"\n" + rest


def _head(rest: bytes) -> bytes:
    return b"%s %d" % (_MAGIC, zlib.crc32(rest))


def _unpacked(data: bytes) -> Iterator[bytes]:
    head, _, rest = data.partition(b"\n")
    if head != _head(rest):
        raise ValueError("no record, or a damaged one")
    first, _, body = rest.partition(b"\n")
    lengths = [int(length) for length in first.split()]
    if sum(lengths) != len(body) or len(lengths) % 3 != (1 + _HEAD) % 3:
        raise ValueError("no record of a scan")
    at = 0
    for length in lengths:
        yield body[at : at + length]
        at += length


def _threes(parts: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return zip(parts[::3], parts[1::3], parts[2::3], strict=True)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _forget_old(folder: str) -> None:
    with os.scandir(folder) as entries:
        by_age = sorted(entries, key=lambda entry: -entry.stat().st_mtime_ns)
    for entry in by_age[_MOST_RECORDS:]:
        os.unlink(entry.path)  # noqa: PTH108
