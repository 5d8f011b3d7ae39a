"""The knowledge table: one row per known call.

The rows are written in the TOML files beside this module; what a run reads is the file of merged
rows, ``rows.json``, which takes a tenth of the time. ``python -m exai_audit.knowledge`` writes it
anew, and a test compares both.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from exai_audit.atomic import replace_file
from exai_audit.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


Waits = Literal["network", "process", "in-process", "work", "around", "limit", "lifetime"]
"""What a call waits for: another machine, another process, its own, work that others will bring;
``around`` limits all that runs in it, ``limit`` makes a limit object, ``lifetime`` is no wait."""


@dataclass(frozen=True, slots=True)
class Timeout:
    """The argument that limits a call, and what holds without it.

    ``default`` is in seconds, ``forever``, or ``none`` where the argument must be given or leaving
    it out says nothing; ``forever_below`` is the version before which it was ``forever``.
    ``unlimited`` tells that an explicit None waits for ever. ``also`` are further arguments that
    limit the same wait, ``partly`` tells that phases of it are limited anyhow, ``address`` is the
    position of an address that may carry a limit in its text. ``whole`` marks a limit object whose
    ``argument`` is the limit on all its other phases together.
    """

    argument: str
    position: int | None = None
    unit: Literal["s", "ms", "us", "ns"] = "s"
    default: float | Literal["forever", "none"] = "none"
    waits: Waits = "in-process"
    forever_below: str = ""
    unlimited: bool = False
    also: tuple[str, ...] = ()
    partly: bool = False
    address: int | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """A call that makes a pool: ``kind`` is ``thread`` or ``process``.

    ``default`` says how many workers it has when not told, ``with_four`` how many that is with 4
    CPUs. ``closed_by`` are the methods that end its workers, whether or not ``with`` does too;
    ``at_exit`` tells that the library itself ends them when the interpreter exits.
    """

    kind: Literal["thread", "process"]
    argument: str = "max_workers"
    position: int | None = 0
    default: str = ""
    with_four: int | None = None
    closed_by: tuple[str, ...] = ("shutdown",)
    at_exit: bool = False


@dataclass(frozen=True, slots=True)
class Cache:
    """A call that makes a cache; ``bound`` and ``expiry`` name its arguments, if it has them.

    ``kind`` is ``decorator``, ``store``, ``property`` (one value in each object), or ``wrapper``: a
    decorator that keeps the results in its argument ``store``.
    """

    kind: str
    bound: str | None = None
    bound_position: int | None = None
    default_bound: int | str = "none"
    expiry: str | None = None
    expiry_position: int | None = None
    store: str | None = None


Unless = Literal["", "zero", "false", "given", "not-given", "nohang", "non-blocking"]


@dataclass(frozen=True, slots=True)
class Blocking:
    """A call that blocks its thread; ``instead`` is what a coroutine should await.

    ``argument`` (at ``position``) decides whether it waits: with ``unless`` it does not when that
    is a zero, a False, given, not given, or holds ``WNOHANG``; ``non-blocking`` speaks of the
    socket that it is a method of. ``origin`` tells that only a future that this file itself got
    from a pool or another thread's loop is known to be unfinished.
    ``file_system`` calls are judged only with a setting.
    """

    instead: str
    argument: str = ""
    position: int | None = None
    unless: Unless = ""
    origin: bool = False
    file_system: bool = False


BridgeCall = Literal[
    "run", "run-until-complete", "new-event-loop", "run-coroutine-threadsafe", "run-in-executor",
    "to-thread", "nest-asyncio", "async-to-sync", "sync-to-async", "own",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bridge:
    """A call that leads from synchronous code to coroutines, or back."""

    kind: BridgeCall


@dataclass(frozen=True, slots=True)
class Hands:
    """A call that has a function run elsewhere: in a pool's thread, a new thread or process."""

    to: Literal["pool", "thread", "process"]
    argument: str
    position: int | None = 0


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of one call; ``source`` names the library version and where it says so.

    ``package`` is the name of the distribution where it differs from that of the module.
    """

    name: str
    aliases: tuple[str, ...] = ()
    source: str = ""
    package: str = ""
    is_async: bool = False
    category: str | None = None
    returns: str | None = None
    timeout: Timeout | None = None
    pool: Pool | None = None
    cache: Cache | None = None
    blocking: Blocking | None = None
    bridge: Bridge | None = None
    hands: Hands | None = None


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


_HERE = Path(__file__).parent
_MERGED = "rows.json"
_OWN: list[Path] = []
_BRIDGES: list[str] = []
_PARTS: dict[str, type] = {
    "timeout": Timeout, "pool": Pool, "cache": Cache, "blocking": Blocking, "bridge": Bridge,
    "hands": Hands,
}  # fmt: skip
_KEYS = {"call": "a list of tables [[call]]", "name": "a dotted name", "source": "where it says so"}


@cache
def table() -> Table:
    """Load the table shipped with the tool and the user's own, once."""
    return _extended(shipped(), _OWN, _BRIDGES)


def use(own: Sequence[Path], bridges: Sequence[str] = ()) -> None:
    """Let the user's own files extend the table, for all that this process collects from now on.

    Args:
        own: the files.
        bridges: dotted names of the project's functions that wait for a coroutine.

    Raises:
        SettingsError: see `load`.
    """
    if list(own) != _OWN or list(bridges) != _BRIDGES:
        _OWN[:], _BRIDGES[:] = own, bridges
        table.cache_clear()
    if own:
        table()  # otherwise it is read when somebody asks


def own_in_use() -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the user's own files and bridges in use, as `use` takes them."""
    return tuple(_OWN), tuple(_BRIDGES)


def load(paths: Iterable[Path], own: Iterable[Path] = (), bridges: Iterable[str] = ()) -> Table:
    """Read and merge TOML files; what a file of ``own`` says replaces what the others say.

    Each name of ``bridges`` becomes, besides, a bridge of the project's own.

    Raises:
        SettingsError: a file cannot be read or is not TOML, a row is malformed, two rows of
            ``paths`` contradict each other; the message names file and row.
    """
    calls: dict[str, Call] = {}
    for path in paths:
        for row in _rows(path):
            known = calls.get(row.name)
            calls[row.name] = _merged(known, row, path) if known else row
    return _extended(calls, own, bridges)


def toml_files() -> list[Path]:
    """Return the TOML files that the shipped rows are written in."""
    return sorted(_HERE.glob("*.toml"))


def shipped() -> dict[str, Call]:
    """Return the shipped rows by name."""
    rows = msgspec.json.decode((_HERE / _MERGED).read_bytes(), type=list[Call])
    return {row.name: row for row in rows}


def merge() -> Path:
    """Write the file of merged rows anew from the TOML files, one row a line; return it."""
    rows = (msgspec.json.encode(_said(call)).decode() for call in load(toml_files()).calls.values())
    file = _HERE / _MERGED
    replace_file(str(file), ("[\n" + ",\n".join(rows) + "\n]\n").encode(), 0o644)
    return file


def _said(part: object) -> dict[str, object]:
    """Return what a row or a part of it says besides what goes without saying."""
    given = ((f.name, getattr(part, f.name), f.default) for f in fields(part))  # type: ignore[arg-type]
    return {
        name: _said(value) if is_dataclass(value) else value
        for name, value, default in given
        if value != default
    }


def _extended(calls: dict[str, Call], own: Iterable[Path], bridges: Iterable[str]) -> Table:
    for path in own:
        for row in _rows(path):
            known = calls.get(row.name)
            calls[row.name] = _laid_over(known, row) if known else row
    for name in bridges:
        known = calls.get(name, Call(name, source="the setting bridge-functions"))
        calls[name] = replace(known, bridge=Bridge("own"))
    names = {alias: call.name for call in calls.values() for alias in call.aliases}
    roots = frozenset(name.partition(".")[0] for name in (*calls, *names))
    return Table(calls, roots, names)


def _rows(path: Path) -> Iterator[Call]:
    try:
        if not path.is_file():
            raise OSError("no such file, or none to read from")
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(f"{path}: knowledge: cannot be read: {reason}") from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path.name}: {error}") from error
    unknown = _unknown(data, ("call",))
    rows = data.get("call", [])
    if unknown or not isinstance(rows, list):
        raise SettingsError(f"{path.name}: {unknown or 'call'}: expected {_KEYS['call']}")
    for number, row in enumerate(rows, 1):
        name = row.get("name", "unnamed") if isinstance(row, dict) else "unnamed"
        try:
            yield _call(row)
        except (ValueError, msgspec.ValidationError) as error:
            raise SettingsError(f"{path.name}: row {number} ({name}): {error}") from error


def _call(given: object) -> Call:
    if not isinstance(given, dict):
        raise ValueError("expected a table")
    row = {("is_async" if key == "async" else key): value for key, value in given.items()}
    for key in ("name", "source"):
        if not isinstance(row.get(key), str) or not row[key]:
            raise ValueError(f"{key}: expected {_KEYS[key]}")
    problem = _unknown(row, [f.name for f in fields(Call)])
    for name, kind in _PARTS.items():
        if not problem and isinstance(row.get(name), dict):
            problem = _unknown(row[name], [f.name for f in fields(kind)], f"{name}.")
    if problem:
        raise ValueError(problem)
    return msgspec.convert(row, Call)


def _unknown(given: Mapping[str, object], known: Sequence[str], where: str = "") -> str:
    """Return what is wrong with the first key that is not known, empty when all are."""
    for key in given:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            likely = f", did you mean {close[0]!r}?" if close else ""
            return f"unknown key {where + key!r}{likely}"
    return ""


def _laid_over(known: Call, row: Call) -> Call:
    """Return a shipped row with all that the user's row of the same name says."""
    said = {name: getattr(row, name) for name in (*_PARTS, "category", "returns")}
    changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    aliases = tuple(dict.fromkeys((*known.aliases, *row.aliases)))
    is_async = known.is_async or row.is_async
    return replace(known, aliases=aliases, source=row.source, is_async=is_async, **changes)


def _merged(known: Call, row: Call, path: Path) -> Call:
    changes: dict[str, Any] = {
        "aliases": tuple(dict.fromkeys((*known.aliases, *row.aliases))),
        "is_async": known.is_async or row.is_async,
        "package": known.package or row.package,
        "source": "; ".join(dict.fromkeys(s for s in (known.source, row.source) if s)),
    }
    for name in ("category", "returns", *_PARTS):
        ours, theirs = getattr(known, name), getattr(row, name)
        if ours is not None and theirs is not None and ours != theirs:
            problem = f"{name} contradicts an earlier row"
            raise SettingsError(f"{path.name}: {row.name}: {problem}")
        changes[name] = ours if ours is not None else theirs
    return replace(known, **changes)
