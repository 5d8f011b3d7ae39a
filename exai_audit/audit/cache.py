"""Facts by content: what a file said last time it says again, as long as neither it nor we changed.

One file per root in a cache folder. A record is found by path; it holds when the file's size and
time of change are the same, or else when its content is (git's blob hash). The file as a whole
holds only for the collectors, the knowledge and the parser that made it. Whatever cannot be read
is a miss, never an error. A cache that git tracks is not believed: its author may be anybody.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from exai_audit import __version__
from exai_audit.facts.file import FileFacts
from exai_audit.files.own_folder import ForeignFolderError, read_own, write_own
from exai_audit.files.presence import is_there
from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.files.timestamps import was_at_rest
from exai_audit.git.blobs import blob_hash
from exai_audit.git.repository import may_be_tracked

CACHE_FOLDER = ".exai-audit-cache"
WORKING_TREE, REVISION = "facts.msgpack", "past.msgpack"
_FORMAT = 2
_UNCERTAIN = -1
_MOST_BYTES = 1_000_000_000
MAKERS = ("collectors", "facts", "files", "knowledge", "location.py", "syntax", "words.py")
"""The rooms and modules of this package whose code decides what a file says."""


class Record(Struct, frozen=True):
    """What is remembered of one file; ``blob`` is git's hash of its content."""

    changed: int
    size: int
    blob: bytes
    facts: FileFacts


class _Stored(Struct, frozen=True):
    format: int
    fingerprint: str
    records: dict[str, Record]


class FactsCache:
    """The remembered facts of the files below ``root``, of today or, in a ``file`` of its own, of
    the past.

    ``refusal`` says why the folder is not used, empty when it is: then nothing is remembered, nor
    written.
    """

    def __init__(
        self, folder: Path, fingerprint: str, root: Path, file: str = WORKING_TREE
    ) -> None:
        self._folder = folder
        self._root = root
        self._fingerprint = fingerprint
        self._file = file
        self._start = time.time_ns()
        self.refusal, self._known = _load(folder, file, fingerprint)
        self._kept: dict[str, Record] = {}
        self._is_dirty = False

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self._folder

    def unchanged(self, path: str, changed: int, size: int) -> FileFacts | None:
        """Return the facts of a file whose size and time of change (ns) are as remembered."""
        record = self._known.get(path)
        if record is None or record.changed != changed or record.size != size:
            return None
        self._kept[path] = record
        return record.facts

    def knows(self, path: str) -> bool:
        """Tell whether anything is remembered of a file."""
        return path in self._known

    def same_content(self, path: str, changed: int, data: bytes) -> FileFacts | None:
        """Return the facts of a file whose content is as remembered."""
        record = self._known.get(path)
        if record is None or record.size != len(data) or record.blob != blob_hash(data):
            return None
        self._kept[path] = replace(record, changed=self._certain(changed))
        self._is_dirty = True
        return record.facts

    def remember(self, path: str, changed: int, size: int, blob: bytes, facts: FileFacts) -> None:
        """Keep what a file says now; one whose name is no text is read anew each time."""
        if any("\ud800" <= char <= "\udfff" for char in path):
            return
        self._kept[path] = Record(self._certain(changed), size, blob, facts)
        self._is_dirty = True

    def blob(self, path: str) -> bytes | None:
        """Return git's hash of what a file of this run said."""
        record = self._kept.get(path)
        return record.blob if record else None

    def save(self) -> None:
        """Write what was found and remembered, if it differs; trouble in writing is no error.

        Files that this run did not look at stay remembered while they exist: auditing one folder
        forgets nothing of the others.
        """
        if self.refusal or not self._is_dirty:
            return
        others = ((path, record) for path, record in self._known.items() if self._exists(path))
        records = {**dict(others), **self._kept}
        stored = _Stored(_FORMAT, self._fingerprint, records)
        with suppress(OSError, ForeignFolderError):
            write_own(self._folder, self._file, msgspec.msgpack.encode(stored))

    def _certain(self, changed: int) -> int:
        """Return a time of change, none where the next one could come out the same."""
        return changed if was_at_rest(changed, self._start) else _UNCERTAIN

    def _exists(self, path: str) -> bool:
        return path in self._kept or is_there(self._root / path)


def facts_fingerprint(
    knowledge: Iterable[Path] = (),
    bridges: Iterable[str] = (),
    symbols: Iterable[str] = (),
    makers: Iterable[str] = MAKERS,
) -> str:
    """Return what stands for all that facts depend on besides the file.

    Args:
        knowledge: the user's own knowledge files.
        bridges: the project's own functions that wait for coroutines.
        symbols: what decides whose symbols are read, and how much of a file: the limit of lines,
            the judged scopes, the most work.
        makers: the rooms and modules of this package whose code makes what is remembered.
    """
    package = Path(__file__).parent.parent
    parts = [__version__, sys.version, _version("libcst"), *bridges, *symbols]
    places = [package / name for name in makers]
    for entry in sorted(_files(places)):
        status = os.stat(entry)  # noqa: PTH116 - entries are strings, and there are many
        parts.append(f"{os.path.basename(entry)} {status.st_size} {status.st_mtime_ns}")  # noqa: PTH119
    for own in knowledge:
        try:
            said = read_bytes(own)
        except UnreadableSourceError:
            said = b""
        parts.append(sha256(said).hexdigest())
    return sha256("\n".join(parts).encode()).hexdigest()


def _files(places: list[Path]) -> list[str]:
    """Return the files of rooms, and those that are named themselves."""
    found = [str(place) for place in places if place.suffix]
    for folder in (place for place in places if not place.suffix):
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir() and entry.name != "__pycache__":
                    found.extend(_files([Path(entry.path)]))
                elif entry.name.endswith((".py", ".toml", ".json")):
                    found.append(entry.path)
    return found


def _version(package: str) -> str:
    for place in sys.path:
        with suppress(OSError):
            for name in os.listdir(place):  # noqa: PTH208
                if name.startswith(f"{package}-") and name.endswith((".dist-info", ".egg-info")):
                    return name
    from importlib.metadata import PackageNotFoundError, version  # slow to load

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _load(folder: Path, file: str, fingerprint: str) -> tuple[str, dict[str, Record]]:
    """Return why a folder is not to be used, if so, and what the file in it remembers."""
    try:
        data = read_own(folder, file, _MOST_BYTES)
    except ForeignFolderError as error:
        return str(error), {}
    if data is None:
        return "", {}
    if may_be_tracked(folder):
        return "it came with the git repository", {}
    return "", _decoded(data, fingerprint)


def _decoded(data: bytes, fingerprint: str) -> dict[str, Record]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        stored = msgspec.msgpack.decode(data, type=_Stored)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    finally:
        if was_enabled:
            gc.enable()
    valid = stored.format == _FORMAT and stored.fingerprint == fingerprint
    return stored.records if valid else {}
