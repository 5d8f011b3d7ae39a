"""Values that follow from what they are made of alone, remembered from one run to the next.

One file in the cache folder. A value is found by a hash of all that it depends on besides our own
code, and stays packed until it is asked for. Whatever cannot be read is made anew. A file that git
tracks is not believed: its author may be anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from exai_audit.files.own_folder import ForeignFolderError, read_own, write_own
from exai_audit.git.repository import may_be_tracked

FILE = "plans.msgpack"
_FORMAT = 1
_MOST_BYTES = 200_000_000
_MOST_VALUES = 10_000
_Packed = dict[str, msgspec.Raw]
T = TypeVar("T")


class _Stored(Struct, frozen=True):
    format: int
    fingerprint: str
    values: _Packed


class Memo:
    """The values remembered in ``folder``; ``fingerprint`` stands for the code that makes them."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._used: _Packed = {}
        self._is_dirty = False

    def __call__(self, parts: Sequence[str], of: type[T], make: Callable[[], T | None]) -> T | None:
        """Return the value that ``make`` gives, or gave earlier where ``parts`` were the same.

        Args:
            parts: all that the value depends on.
        """
        key = _hashed(parts)
        packed = self._used.get(key) or self._known.get(key)
        if packed is not None:
            with suppress(msgspec.MsgspecError, ValueError, RecursionError):
                found = msgspec.msgpack.decode(packed, type=of)
                self._used[key] = packed
                return found
        made = make()
        if made is not None:
            with suppress(UnicodeEncodeError):
                self._used[key] = msgspec.Raw(msgspec.msgpack.encode(made))
                self._is_dirty = True
        return made

    def save(self) -> None:
        """Write what is new, and what was used last; trouble in writing is no error."""
        if not self._is_dirty:
            return
        latest = {**self._used, **{k: v for k, v in self._known.items() if k not in self._used}}
        values = dict(islice(latest.items(), _MOST_VALUES))
        stored = _Stored(_FORMAT, self._fingerprint, values)
        with suppress(OSError, ForeignFolderError):
            write_own(self._folder, FILE, msgspec.msgpack.encode(stored))

    @cached_property
    def _known(self) -> _Packed:
        with suppress(ForeignFolderError, msgspec.MsgspecError, ValueError, RecursionError):
            data = read_own(self._folder, FILE, _MOST_BYTES)
            if data is not None and not may_be_tracked(self._folder):
                stored = msgspec.msgpack.decode(data, type=_Stored)
                if stored.format == _FORMAT and stored.fingerprint == self._fingerprint:
                    return stored.values
        return {}


def _hashed(parts: Sequence[str]) -> str:
    digest = sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()
