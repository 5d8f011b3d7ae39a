"""Facts that all repositories of a survey share: a file is read once, wherever it stands.

One database in the survey's cache folder. What two repositories, two forks or two revisions have
in common, at the same path with the same content, is collected once. A record holds only for the
collectors, the knowledge and the parser that made it; one that no survey asked for in
``KEPT_DAYS`` goes. Whatever cannot be read is a miss, and trouble in writing no error: several
processes may be at work.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from hashlib import sha256
from pathlib import Path

import msgspec

from exai_audit.facts.file import FileFacts
from exai_audit.files.own_folder import ForeignFolderError, made
from exai_audit.git.blobs import blob_hash
from exai_audit.git.repository import may_be_tracked

KEPT_DAYS = 30
_FILE = "facts.sqlite"
_WAIT_SECONDS = 60
_TABLES = (
    "PRAGMA auto_vacuum = FULL",
    "CREATE TABLE IF NOT EXISTS facts (key BLOB PRIMARY KEY, used INTEGER, facts BLOB)",
)
_READ = "SELECT facts FROM facts WHERE key = ?"
_WRITE = "INSERT OR REPLACE INTO facts VALUES (?, ?, ?)"
_TOUCH = "UPDATE facts SET used = ? WHERE key = ? AND used < ?"
_FORGET = "DELETE FROM facts WHERE used < ?"


class SharedFacts:
    """The facts that ``makers`` made, as a store that `exai_audit.audit.engine` asks.

    ``today`` is when those are of use that are asked for.
    """

    def __init__(self, database: sqlite3.Connection, makers: str, today: date) -> None:
        self._database = database
        self._makers = makers.encode()
        self._day = today.toordinal()
        self._found: list[bytes] = []
        self._new: list[tuple[bytes, FileFacts]] = []

    def unchanged(self, path: str, changed: int, size: int) -> None:
        """Know no file by its time of change: only its content says what it is."""

    def knows(self, path: str) -> bool:
        """Tell that a file has to be read to know."""
        return True

    def same_content(self, path: str, changed: int, data: bytes) -> FileFacts | None:
        """Return the facts of a file at a path of any repository that said the same."""
        key = self._key(path, blob_hash(data))
        found = self._stored(key)
        if found is None:
            return None
        try:
            facts = msgspec.msgpack.decode(found, type=FileFacts)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        self._found.append(key)
        return facts

    def remember(self, path: str, changed: int, size: int, blob: bytes, facts: FileFacts) -> None:
        """Keep what a file says."""
        self._new.append((self._key(path, blob), facts))

    def save(self) -> None:
        """Write what was found, and when what was known was of use."""
        oldest = self._day - KEPT_DAYS
        new = ((key, self._day, msgspec.msgpack.encode(facts)) for key, facts in self._new)
        with suppress(sqlite3.Error), self._database as database:
            database.executemany(_WRITE, new)
            database.executemany(_TOUCH, ((self._day, key, self._day) for key in self._found))
            database.execute(_FORGET, (oldest,))

    def _key(self, path: str, blob: bytes) -> bytes:
        name = path.encode("utf-8", "surrogateescape")
        return sha256(b"\0".join((self._makers, name, blob))).digest()

    def _stored(self, key: bytes) -> bytes | None:
        try:
            row = self._database.execute(_READ, (key,)).fetchone()
        except sqlite3.Error:
            return None
        return row[0] if row is not None and isinstance(row[0], bytes) else None


@contextmanager
def shared_facts(folder: Path | None, makers: str, today: date) -> Iterator[SharedFacts | None]:
    """Give what is remembered in a folder; nothing when it is not ours, or without a folder."""
    database = None if folder is None or may_be_tracked(folder) else _opened(folder)
    if database is None:
        yield None
        return
    with closing(database):
        yield SharedFacts(database, makers, today)


def _opened(folder: Path) -> sqlite3.Connection | None:
    """Open the database of a folder of ours; one that is damaged is begun anew."""
    with suppress(OSError, ForeignFolderError), made(folder):
        file = folder / _FILE
        try:
            return _connected(file)
        except sqlite3.OperationalError:  # another process holds it too long, or the disk is full
            return None
        except sqlite3.DatabaseError:
            file.unlink()
            with suppress(sqlite3.Error):
                return _connected(file)
    return None


def _connected(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=_WAIT_SECONDS)
    try:
        for command in _TABLES:
            database.execute(command)
        database.execute(_READ, (b"",)).fetchone()
    except BaseException:
        database.close()
        raise
    return database
