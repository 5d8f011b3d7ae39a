"""The file of names: written with what the tool would call the limits, edited by a person, read."""

from __future__ import annotations

import json
import keyword
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from exai_audit.errors import UsageError
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.limits import table
from exai_audit.fixing.refusal import RefusedError
from exai_audit.fixing.sites import Site, all_sites

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HEAD = """\
# What the limits of the project are to be called: change the names as you like. A limit without a
# name stays as it is; limits of one name and one number become one constant.
"""
Key = tuple[str, str, str]
_MEMBERS = ("path", "limit", "number")


def as_text(bench: Bench) -> str:
    """Return the limits with the names that they would get, as TOML."""
    found: dict[Key, tuple[str, str]] = {}
    for site in all_sites(bench):
        found.setdefault(site.key, _proposed(site, bench))
    return _HEAD + "".join(_entry(key, *found[key]) for key in sorted(found))


def _proposed(site: Site, bench: Bench) -> tuple[str, str]:
    """Return the name of a limit, and why it has none."""
    try:
        return table(bench).at(site.path, site.fact).name, ""
    except RefusedError as reason:
        return "", str(reason)


def _entry(key: Key, name: str, reason: str) -> str:
    members = zip(_MEMBERS, key, strict=True)
    lines = [f"{member} = {json.dumps(value)}\n" for member, value in members]
    why = f"# {reason}\n" if reason else ""
    return "".join(["\n[[limits]]\n", *lines, why, f"name = {json.dumps(name)}\n"])


def read_names(text: str, file: str) -> Mapping[Key, str | None]:
    """Return the name of each limit in a file of names, None for one that has none.

    Raises:
        UsageError: it is no such file, or a name in it is none of a variable.
    """
    try:
        limits = tomllib.loads(text)["limits"]
        entries = {tuple(str(entry[m]) for m in _MEMBERS): str(entry["name"]) for entry in limits}
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise UsageError(f"{file}: is no file of names: {error}") from error
    wrong = [n for n in entries.values() if n and (not n.isidentifier() or keyword.iskeyword(n))]
    if wrong:
        raise UsageError(f"{file}: {wrong[0]!r} is no name of a constant")
    _check_numbers(entries.items(), file)
    return {(path, limit, number): name or None for (path, limit, number), name in entries.items()}


def _check_numbers(entries: Iterable[tuple[Any, str]], file: str) -> None:
    numbers: dict[str, str] = {}
    for (_, _, number), name in entries:
        if name and numbers.setdefault(name, number) != number:
            raise UsageError(
                f"{file}: {name} is both {numbers[name]} and {number}: give them two names"
            )
