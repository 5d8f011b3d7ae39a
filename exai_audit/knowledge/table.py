"""The knowledge table: one row per known call.

The rows are written in the TOML files beside this module; what a run reads is the file of merged
rows, ``rows.json``, which takes a tenth of the time. ``python -m exai_audit.knowledge`` writes it
anew, and a test compares both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import msgspec
from msgspec.structs import replace

from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.knowledge.calls import Bridge, Call, Table

MERGED = Path(__file__).with_name("rows.json")
_OWN: list[Path] = []
_BRIDGES: list[str] = []
_SAID: list[bytes] = []


@cache
def table() -> Table:
    """Load the table shipped with the tool and the user's own, once."""
    return extended(shipped(), _OWN, _BRIDGES)


def use(own: Sequence[Path], bridges: Sequence[str] = ()) -> None:
    """Let the user's own files extend the table, for all that this process collects from now on.

    Args:
        own: the files.
        bridges: dotted names of the project's functions that wait for a coroutine.

    Raises:
        SettingsError: see `exai_audit.knowledge.rows.rows_of`.
    """
    said = [_content(file) for file in own]
    if list(own) != _OWN or list(bridges) != _BRIDGES or said != _SAID:
        _OWN[:], _BRIDGES[:], _SAID[:] = own, bridges, said
        table.cache_clear()
    if own:
        table()  # otherwise it is read when somebody asks


def configuration() -> tuple[tuple[Path, ...], tuple[str, ...], tuple[bytes, ...]]:
    """Return the user's own files and bridges in use, as `use` takes them, and what the files say.

    What is worked out from the table holds for as long as this is the same.
    """
    return tuple(_OWN), tuple(_BRIDGES), tuple(_SAID)


def _content(file: Path) -> bytes:
    try:
        return read_bytes(file)
    except UnreadableSourceError:
        return b""


def shipped() -> dict[str, Call]:
    """Return the shipped rows by name."""
    rows = msgspec.json.decode(MERGED.read_bytes(), type=list[Call])
    return {row.name: row for row in rows}


def extended(calls: dict[str, Call], own: Sequence[Path], bridges: Iterable[str]) -> Table:
    """Return a table of rows with what the user's own files and the project's bridges add.

    Raises:
        SettingsError: see `exai_audit.knowledge.rows.rows_of`.
    """
    if own:
        from exai_audit.knowledge.rows import overridden, rows_of  # few have files of their own

        for row in (row for path in own for row in rows_of(path)):
            known = calls.get(row.name)
            calls[row.name] = overridden(known, row) if known else row
    for name in bridges:
        known = calls.get(name, Call(name, source="the setting bridge-functions"))
        calls[name] = replace(known, bridge=Bridge("own"))
    names = {alias: call.name for call in calls.values() for alias in call.aliases}
    roots = frozenset(name.partition(".")[0] for name in (*calls, *names))
    opened = (name for name, call in calls.items() if call.methods is not None)
    wild = (name[:-2] for name in (*calls, *names) if name.endswith(".*"))
    open_roots = frozenset(name.partition(".")[0] for name in opened)
    return Table(calls, roots, frozenset(wild), names, open_roots)
