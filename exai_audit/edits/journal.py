"""What a writing run did, or was about to do: by it a killed run, or a regretted one, is undone."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from exai_audit.errors import AuditError
from exai_audit.files.own_folder import ForeignFolderError, read_own, write_own

JOURNAL = "written.msgpack"
_FORMAT = 1
_MOST_BYTES = 1_000_000_000
_TOKEN = re.compile(r"(?:[0-9a-f]{12})?")
_PERMISSIONS = 0o777


class Stage(str, Enum):
    """How far a run came. A run that is not at rest was killed."""

    WRITING = "writing"
    WRITTEN = "written"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def at_rest(self) -> bool:
        return self in (Stage.WRITTEN, Stage.UNDONE)


class Entry(Struct, frozen=True):
    """A file of a run, what it says before and after, and its permissions.

    ``folders`` are those that are made for it, from the outermost.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int
    folders: tuple[str, ...] = ()


class Journal(Struct, frozen=True):
    """One run's changes; ``token`` marks its temporary files."""

    stage: Stage
    token: str
    entries: tuple[Entry, ...]
    format: int = _FORMAT


def read_journal(folder: Path) -> Journal | None:
    """Return the journal of the last run that wrote, None where there is none that can be read.

    Raises:
        AuditError: the folder is not ours.
    """
    try:
        data = read_own(folder, JOURNAL, _MOST_BYTES)
    except ForeignFolderError as error:
        raise AuditError(f"{folder}: is not used for the journal of changes: {error}") from error
    if not data:
        return None
    try:
        journal = msgspec.msgpack.decode(data, type=Journal)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return journal if journal.format == _FORMAT and _may_be_ours(journal) else None


def _may_be_ours(journal: Journal) -> bool:
    """Tell whether a journal names nothing but files below the root: anybody may have made it."""
    return _TOKEN.fullmatch(journal.token) is not None and all(map(_is_inside, journal.entries))


def _is_inside(entry: Entry) -> bool:
    path = PurePosixPath(entry.path)
    around = {str(folder) for folder in path.parents}
    return (
        ".." not in path.parts
        and not path.is_absolute()
        and around.issuperset(entry.folders)
        and entry.mode == entry.mode & _PERMISSIONS
    )


def write_journal(folder: Path, journal: Journal) -> None:
    """Write down a run's changes, so that they are on the disk before any is made.

    Raises:
        AuditError: the folder is not ours, or cannot be written to.
    """
    try:
        write_own(folder, JOURNAL, msgspec.msgpack.encode(journal), durable=True)
    except (OSError, ForeignFolderError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AuditError(f"{folder}: the journal of changes cannot be written: {reason}") from error
