"""What was found in the past: facts by a file's content and place, snapshots by all of them.

One file in the cache folder. What it holds is kept packed until it is asked for: a history has
many more versions of files than any run needs. Whatever cannot be read is a miss.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

from exai_audit.facts.file import FileFacts
from exai_audit.files.own_folder import ForeignFolderError, read_own, write_own
from exai_audit.git.repository import may_be_tracked
from exai_audit.trend.point import Snapshot

FILE = "history.msgpack"
_FORMAT = 1
_MOST_BYTES = 1_000_000_000
_MOST_KEPT = 300_000_000
Packed = dict[str, msgspec.Raw]
"""What is remembered, by a key, as MessagePack."""


class _Stored(Struct, frozen=True):
    format: int
    fingerprint: str
    facts: Packed
    snapshots: Packed


@dataclass(slots=True)
class Memory:
    """Facts and snapshots of earlier runs, in ``folder``, or only those of this one without it.

    ``fingerprint`` stands for all that facts depend on besides a file; what a snapshot depends on
    besides the files has to be in its key. ``new_facts`` are those that this run has remembered.
    """

    folder: Path | None
    fingerprint: str
    _facts: Packed = field(default_factory=dict)
    new_facts: Packed = field(default_factory=dict, init=False)
    _known: _Stored = field(init=False)
    _snapshots: Packed = field(default_factory=dict)
    _is_dirty: bool = False

    def __post_init__(self) -> None:
        self._known = _load(self.folder, self.fingerprint)

    def knows_facts(self, path: str, blob: str) -> bool:
        """Tell whether anything is remembered of the version ``blob`` of a file."""
        key = _key(path, blob)
        return key in self._facts or key in self._known.facts

    def facts(self, path: str, blob: str, module: str) -> FileFacts | None:
        """Return what the version ``blob`` of a file says, None where it is not remembered."""
        key = _key(path, blob)
        packed = self._facts.get(key) or self._known.facts.get(key)
        if packed is None:
            return None
        try:
            facts = msgspec.msgpack.decode(packed, type=FileFacts)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        self._facts[key] = packed
        return facts if facts.module == module else None

    def remember_facts(self, path: str, blob: str, facts: FileFacts) -> None:
        """Keep what the version ``blob`` of a file says."""
        if not any("\ud800" <= char <= "\udfff" for char in path):
            self.take({_key(path, blob): msgspec.Raw(msgspec.msgpack.encode(facts))})

    def packed(self, versions: Iterable[tuple[str, str]]) -> Packed:
        """Return what is remembered of some versions, for a memory of its own."""
        keys = {_key(*version) for version in versions}
        found = {**self._known.facts, **self._facts}
        self._facts.update((key, found[key]) for key in keys if key in found)
        return {key: self._facts[key] for key in keys if key in found}

    def take(self, facts: Packed) -> None:
        """Keep what another memory has remembered."""
        self._facts.update(facts)
        self.new_facts.update(facts)
        self._is_dirty = self._is_dirty or bool(facts)

    def snapshot(self, key: str) -> Snapshot | None:
        """Return the snapshot that was remembered by ``key``."""
        packed = self._snapshots.get(key) or self._known.snapshots.get(key)
        if packed is None:
            return None
        try:
            found = msgspec.msgpack.decode(packed, type=Snapshot)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        self._snapshots[key] = packed
        return found

    def remember_snapshot(self, key: str, snapshot: Snapshot) -> None:
        """Keep a snapshot."""
        with suppress(UnicodeEncodeError):  # a path that is no text
            self._snapshots[key] = msgspec.Raw(msgspec.msgpack.encode(snapshot))
            self._is_dirty = True

    def save(self) -> None:
        """Write what is known, once it is more; what this run had no use for goes when it is too
        much. Trouble in writing is no error.
        """
        if self.folder is None or not self._is_dirty:
            return
        facts = {**self._known.facts, **self._facts}
        snapshots = {**self._known.snapshots, **self._snapshots}
        if sum(len(bytes(packed)) for packed in facts.values()) > _MOST_KEPT:
            facts = self._facts
        stored = _Stored(_FORMAT, self.fingerprint, facts, snapshots)
        with suppress(OSError, ForeignFolderError):
            write_own(self.folder, FILE, msgspec.msgpack.encode(stored))


def _key(path: str, blob: str) -> str:
    return f"{blob} {path}"


def _load(folder: Path | None, fingerprint: str) -> _Stored:
    nothing = _Stored(_FORMAT, fingerprint, {}, {})
    if folder is None:
        return nothing
    try:
        data = read_own(folder, FILE, _MOST_BYTES)
    except ForeignFolderError:
        return nothing
    if data is None or may_be_tracked(folder):
        return nothing
    try:
        stored = msgspec.msgpack.decode(data, type=_Stored)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return nothing
    is_ours = stored.format == _FORMAT and stored.fingerprint == fingerprint
    return stored if is_ours else nothing
