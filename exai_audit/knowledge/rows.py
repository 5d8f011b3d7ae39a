"""The known calls as they are written: TOML files, the shipped ones and the user's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from exai_audit.errors import SettingsError
from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.knowledge.calls import (
    Blocking,
    Bridge,
    Cache,
    Call,
    Methods,
    Offload,
    Pool,
    Timeout,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PARTS: dict[str, type[Struct]] = {
    "timeout": Timeout, "pool": Pool, "cache": Cache, "blocking": Blocking, "bridge": Bridge,
    "offload": Offload, "methods": Methods,
}  # fmt: skip
_KEYS = {"call": "a list of tables [[call]]", "name": "a dotted name", "source": "where it says so"}


def rows_of(path: Path) -> Iterator[Call]:
    """Yield the rows that a file says, in order.

    Raises:
        SettingsError: it cannot be read, is not TOML, or a row is malformed; the message names
            file and row.
    """
    try:
        data = tomllib.loads(read_bytes(path).decode("utf-8"))
    except UnreadableSourceError as error:
        raise SettingsError(f"{path}: knowledge: cannot be read: {error}") from error
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
    problem = _unknown(row, Call.__struct_fields__)
    for name, kind in PARTS.items():
        if not problem and isinstance(row.get(name), dict):
            problem = _unknown(row[name], kind.__struct_fields__, f"{name}.")
    if problem:
        raise ValueError(problem)
    return msgspec.convert(row, Call)


def _unknown(given: Mapping[str, object], known: Sequence[str], where: str = "") -> str:
    """Return what is wrong with the first key that is not known, empty when all are."""
    for key in given:
        if key not in known:
            from difflib import get_close_matches  # only for a mistake

            close = get_close_matches(key, known, n=1)
            likely = f", did you mean {close[0]!r}?" if close else ""
            return f"unknown key {where + key!r}{likely}"
    return ""


def overridden(known: Call, row: Call) -> Call:
    """Return a shipped row with all that the user's row of the same name says."""
    said = {name: getattr(row, name) for name in (*PARTS, "category", "returns")}
    changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    aliases = tuple(dict.fromkeys((*known.aliases, *row.aliases)))
    is_async = known.is_async or row.is_async
    coroutine = known.coroutine or row.coroutine
    return replace(
        known,
        aliases=aliases,
        source=row.source,
        is_async=is_async,
        coroutine=coroutine,
        **changes,
    )
