"""The knowledge table: one row per known call, read from the TOML files beside this module."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from exai_audit.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Timeout:
    """The argument that limits a call; ``default`` is seconds, ``forever`` or ``none``."""

    argument: str
    position: int | None = None
    unit: str = "s"
    default: float | str = "none"
    waits: str = "in-process"


@dataclass(frozen=True, slots=True)
class Pool:
    """A call that makes a pool: ``kind`` is ``thread`` or ``process``."""

    kind: str
    argument: str = "max_workers"
    position: int | None = 0
    default: str = ""


@dataclass(frozen=True, slots=True)
class Cache:
    """A call that makes a cache; ``bound`` and ``expiry`` name its arguments, if it has them."""

    kind: str
    bound: str | None = None
    bound_position: int | None = None
    default_bound: int | str = "none"
    expiry: str | None = None
    expiry_position: int | None = None


@dataclass(frozen=True, slots=True)
class Blocking:
    """A call that blocks its thread; ``instead`` is what a coroutine should await."""

    instead: str


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of one call; ``source`` names the library version and where it says so."""

    name: str
    aliases: tuple[str, ...] = ()
    source: str = ""
    is_async: bool = False
    category: str | None = None
    returns: str | None = None
    timeout: Timeout | None = None
    pool: Pool | None = None
    cache: Cache | None = None
    blocking: Blocking | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """All rows by canonical name; ``roots`` are the top-level modules they speak of."""

    calls: Mapping[str, Call]
    roots: frozenset[str]
    _names: Mapping[str, str] = field(repr=False)

    def call(self, name: str) -> Call | None:
        """Return the row of a call under its own name or an alias."""
        return self.calls.get(self.canonical(name))

    def canonical(self, name: str) -> str:
        """Return the name the table uses; an alias of a class also renames its attributes."""
        head, tail = name, ""
        while head:
            if head in self._names:
                return self._names[head] + tail
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"
        return name

    def returns(self, name: str) -> str | None:
        """Return the class of what a call returns (for a coroutine: when awaited)."""
        call = self.call(name)
        return self.canonical(call.returns) if call and call.returns else None


@cache  # exai: ignore[EXA301] no parameters: one entry
def table() -> Table:
    """Load the table shipped with the tool, once."""
    return load(sorted(Path(__file__).parent.glob("*.toml")))


def load(paths: Iterable[Path]) -> Table:
    """Read and merge TOML files.

    Raises:
        SettingsError: a file is not TOML, a row is malformed, two rows contradict each other; the
            message names file and row.
    """
    calls: dict[str, Call] = {}
    for path in paths:
        for row in _rows(path):
            known = calls.get(row.name)
            calls[row.name] = _merged(known, row, path) if known else row
    names = {alias: call.name for call in calls.values() for alias in call.aliases}
    roots = frozenset(name.partition(".")[0] for name in (*calls, *names))
    return Table(calls, roots, names)


def _rows(path: Path) -> Iterator[Call]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise SettingsError(f"{path.name}: {error}") from error
    for number, row in enumerate(data.get("call", []), 1):
        try:
            yield _call(dict(row))
        except (TypeError, KeyError) as error:
            where = f"{path.name}: row {number} ({row.get('name', 'unnamed')})"
            raise SettingsError(f"{where}: {error}") from error


def _call(row: dict[str, Any]) -> Call:
    parts = {"timeout": Timeout, "pool": Pool, "cache": Cache, "blocking": Blocking}
    for name, kind in parts.items():
        if name in row:
            row[name] = kind(**row[name])
    row["aliases"] = tuple(row.get("aliases", ()))
    if "async" in row:
        row["is_async"] = row.pop("async")
    return Call(**row)


def _merged(known: Call, row: Call, path: Path) -> Call:
    changes: dict[str, Any] = {
        "aliases": tuple(dict.fromkeys((*known.aliases, *row.aliases))),
        "is_async": known.is_async or row.is_async,
        "source": "; ".join(dict.fromkeys(s for s in (known.source, row.source) if s)),
    }
    for name in ("category", "returns", "timeout", "pool", "cache", "blocking"):
        ours, theirs = getattr(known, name), getattr(row, name)
        if ours is not None and theirs is not None and ours != theirs:
            problem = f"{name} contradicts an earlier row"
            raise SettingsError(f"{path.name}: {row.name}: {problem}")
        changes[name] = ours if ours is not None else theirs
    return replace(known, **changes)
