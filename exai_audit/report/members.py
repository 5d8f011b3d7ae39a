"""Structs as JSON values, and these as text."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Struct

from exai_audit.location import Place

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
MEMBER_NAMES = {"is_async": "async"}
"""Members whose name is no name in Python."""
_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def members(value: Struct) -> dict[str, Json]:
    """Return a struct's fields as JSON values; a place becomes ``line`` and ``symbol``."""
    found: dict[str, Json] = {}
    names, values_of = _fields(type(value))
    for name, item in zip(names, values_of(value), strict=True):
        if type(item) in _AS_THEY_ARE:
            found[name] = item
        elif name == "place" and isinstance(item, Place):
            found["line"], found["symbol"] = item.span.line, item.symbol
        else:
            found[name] = json_value(item)
    return found


@cache
def _fields(kind: type[Struct]) -> tuple[tuple[str, ...], Callable[[Struct], tuple[Any, ...]]]:
    """Return the names of a struct's members, and what gives their values, fast if many."""
    fields = kind.__struct_fields__
    names = tuple(MEMBER_NAMES.get(name, name) for name in fields)
    if len(fields) > 1:
        return names, attrgetter(*fields)
    return names, lambda value: tuple(getattr(value, name) for name in fields)


def json_value(value: object) -> Json:
    """Return a value as JSON; a number that JSON cannot hold is null."""
    if type(value) is tuple:  # most are
        return [one if type(one) in _AS_THEY_ARE else json_value(one) for one in value]
    if isinstance(value, Struct):
        return members(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [json_value(item) for item in value]
    raise TypeError(f"no JSON for {type(value).__name__}")


def document(value: Struct, schema_version: int) -> str:
    """Return all of a result as indented JSON, with the version of its schema first."""
    return indented({"schema_version": schema_version, **members(value)}, 1) + "\n"


def indented(document: Json, indent: int) -> str:
    """Return JSON values as text, ASCII only, a member on each line.

    Python indents three times as slowly as it writes on one line; what is then indented elsewhere
    reads the same. Half a surrogate pair, as odd paths have, is accepted only by Python.

    Raises:
        ValueError: a number is none that JSON can hold.
    """
    compact = json.dumps(document, separators=(",", ":"), allow_nan=False)
    try:
        return msgspec.json.format(compact, indent=indent)
    except msgspec.DecodeError:
        return json.dumps(document, indent=indent, allow_nan=False)
