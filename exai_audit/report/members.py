"""Dataclasses as JSON values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

from exai_audit.location import Place

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
MEMBER_NAMES = {"is_async": "async"}
"""Members whose name is no name in Python."""


def members(value: object, leave_out: Iterable[str] = ()) -> dict[str, Json]:
    """Return a dataclass's fields as JSON values; a place becomes ``line`` and ``symbol``."""
    found: dict[str, Json] = {}
    for field in fields(value):  # type: ignore[arg-type]
        if field.name in leave_out:
            continue
        item: object = getattr(value, field.name)
        if field.name == "place" and isinstance(item, Place):
            found["line"], found["symbol"] = item.span.line, item.symbol
        else:
            found[MEMBER_NAMES.get(field.name, field.name)] = json_value(item)
    return found


def json_value(value: object) -> Json:
    """Return a value as JSON; a number that JSON cannot hold is null."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if is_dataclass(value):
        return members(value)
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [json_value(item) for item in value]
    raise TypeError(f"no JSON for {type(value).__name__}")
