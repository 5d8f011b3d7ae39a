"""The shipped TOML files merged into the one file of rows that a run reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import fields, replace

from exai_audit.errors import SettingsError
from exai_audit.files.atomic import replace_file
from exai_audit.knowledge.calls import Call, Table
from exai_audit.knowledge.rows import PARTS, rows_of
from exai_audit.knowledge.table import MERGED, extended


def load(paths: Iterable[Path], own: Iterable[Path] = (), bridges: Iterable[str] = ()) -> Table:
    """Read and merge TOML files; what a file of ``own`` says replaces what the others say.

    Each name of ``bridges`` becomes, besides, a bridge of the project's own.

    Raises:
        SettingsError: a file cannot be read or is not TOML, a row is malformed, two rows of
            ``paths`` contradict each other; the message names file and row.
    """
    calls: dict[str, Call] = {}
    for path in paths:
        for row in rows_of(path):
            known = calls.get(row.name)
            calls[row.name] = _merged(known, row, path) if known else row
    return extended(calls, tuple(own), bridges)


def toml_files() -> list[Path]:
    """Return the TOML files that the shipped rows are written in."""
    return sorted(MERGED.parent.glob("*.toml"))


def merge() -> Path:
    """Write the file of merged rows anew from the TOML files, one row a line; return it."""
    rows = (msgspec.json.encode(_said(call)).decode() for call in load(toml_files()).calls.values())
    replace_file(str(MERGED), ("[\n" + ",\n".join(rows) + "\n]\n").encode(), 0o644)
    return MERGED


def _said(part: Struct) -> dict[str, object]:
    """Return what a row or a part of it says besides what goes without saying."""
    given = ((f.name, getattr(part, f.name), f.default) for f in fields(part))
    return {
        name: _said(value) if isinstance(value, Struct) else value
        for name, value, default in given
        if value != default
    }


def _merged(known: Call, row: Call, path: Path) -> Call:
    changes: dict[str, Any] = {
        "aliases": tuple(dict.fromkeys((*known.aliases, *row.aliases))),
        "is_async": known.is_async or row.is_async,
        "coroutine": known.coroutine or row.coroutine,
        "package": known.package or row.package,
        "source": "; ".join(dict.fromkeys(s for s in (known.source, row.source) if s)),
    }
    for name in ("category", "returns", *PARTS):
        ours, theirs = getattr(known, name), getattr(row, name)
        if ours is not None and theirs is not None and ours != theirs:
            problem = f"{name} contradicts an earlier row"
            raise SettingsError(f"{path.name}: {row.name}: {problem}")
        changes[name] = ours if ours is not None else theirs
    return replace(known, **changes)
