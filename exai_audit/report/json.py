"""The whole result as JSON: every other format can be made from it.

ASCII only, so that neither an odd path nor an invisible character can break a reader; a number
that JSON cannot hold (infinity) is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

from exai_audit.facts.file import FileFacts
from exai_audit.location import Place
from exai_audit.result import SCHEMA_VERSION, AuditResult, Plan, StoredFacts

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
_NAMES = {"is_async": "async"}


def render(result: AuditResult) -> str:
    """Return the result as indented JSON."""
    return json.dumps(as_json(result), indent=2, allow_nan=False) + "\n"


def render_plan(plan: Plan) -> str:
    """Return one decomposition plan as indented JSON."""
    document: dict[str, Json] = {"schema_version": SCHEMA_VERSION, **members(plan)}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def as_json(result: AuditResult) -> dict[str, Json]:
    """Return the result as JSON values; ``facts`` only if they were asked for."""
    document: dict[str, Json] = {"schema_version": SCHEMA_VERSION}
    document.update(members(result, leave_out={"facts"}))
    if result.facts is not None:
        document["facts"] = _facts(result.facts)
    return document


def _value(value: object) -> Json:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if is_dataclass(value):
        return members(value)
    if isinstance(value, Mapping):
        return {str(key): _value(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_value(item) for item in value]
    raise TypeError(f"no JSON for {type(value).__name__}")


def members(value: object, leave_out: Iterable[str] = ()) -> dict[str, Json]:
    """Return a dataclass's fields as JSON values; a place becomes ``line`` and ``symbol``."""
    found: dict[str, Json] = {}
    for field in fields(value):  # type: ignore[arg-type]
        if field.name in leave_out:
            continue
        item: object = getattr(value, field.name)
        if isinstance(item, Place) and field.name == "place":
            found["line"], found["symbol"] = item.span.line, item.symbol
        else:
            found[_NAMES.get(field.name, field.name)] = _value(item)
    return found


def _facts(files: Iterable[FileFacts] | StoredFacts) -> Json:
    """Return the facts as one list per kind, each fact with its path."""
    if isinstance(files, StoredFacts):
        return _value(files.lists)
    files = tuple(files)
    return {
        "timeouts": [_fact(file, fact) for file in files for fact in file.timeouts],
        "unlimited": [_fact(file, fact) for file in files for fact in file.unlimited],
        "enclosed": [_fact(file, fact) for file in files for fact in file.enclosed],
        "mismatches": [_fact(file, fact) for file in files for fact in file.mismatches],
        "caches": [_fact(file, fact) for file in files for fact in file.caches.found],
        "pools": [_fact(file, fact) for file in files for fact in file.pools],
        "bridges": [_fact(file, fact) for file in files for fact in file.bridges],
        "blocking": [_fact(file, fact) for file in files for fact in file.blocking],
        "modules": [_module(file) for file in files],
    }


def _fact(file: FileFacts, fact: object) -> dict[str, Json]:
    return {"path": file.path, **members(fact)}


def _module(file: FileFacts) -> dict[str, Json]:
    return {
        "path": file.path,
        "module": file.module,
        "generated": file.generated,
        **members(file.lines),
        **members(file.size),
        "imports": list(file.imports),
    }
