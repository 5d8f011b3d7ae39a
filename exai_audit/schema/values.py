"""JSON Schema of values by their Python types."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from exai_audit.location import Place
from exai_audit.report.members import MEMBER_NAMES

Schema = dict[str, Any]
DRAFT = "http://json-schema.org/draft-07/schema#"
_SIMPLE: dict[object, str] = {
    NoneType: "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
}


def value_schema(hint: object, definitions: dict[str, Schema]) -> Schema:
    """Return the schema of values of a type; structs are put into ``definitions``.

    Raises:
        TypeError: a type that has no form in JSON.
    """
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if hint is Any:
        return {}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [choice.value for choice in hint]}
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _reference(hint, definitions)
    return _generic_schema(hint, definitions)


def _generic_schema(hint: object, definitions: dict[str, Schema]) -> Schema:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"anyOf": [value_schema(argument, definitions) for argument in arguments]}
    if origin is tuple and arguments[1:] != (...,):
        items = [value_schema(argument, definitions) for argument in arguments]
        return {"type": "array", "items": items, "minItems": len(items), "maxItems": len(items)}
    if origin in (tuple, list, frozenset, Sequence):
        return {"type": "array", "items": value_schema(arguments[0], definitions)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": value_schema(arguments[1], definitions)}
    raise TypeError(f"no JSON Schema for {hint}")


def _reference(hint: type[Struct], definitions: dict[str, Schema]) -> Schema:
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}  # it may hold itself
        definitions[hint.__name__] = object_schema(
            member_schemas(hint, definitions), first_sentence(hint)
        )
    return {"$ref": f"#/definitions/{hint.__name__}"}


def member_schemas(
    of: type[Struct], definitions: dict[str, Schema], leave_out: frozenset[str] = frozenset()
) -> dict[str, Schema]:
    """Return the schemas of a struct's members, under the names that they have in JSON."""
    hints = get_type_hints(of)
    found: dict[str, Schema] = {}
    for name in of.__struct_fields__:
        if name in leave_out:
            continue
        if name == "place" and hints[name] is Place:
            found |= {"line": {"type": "integer"}, "symbol": {"type": "string"}}
        else:
            found[MEMBER_NAMES.get(name, name)] = value_schema(hints[name], definitions)
    return found


def object_schema(members: dict[str, Schema], description: str = "") -> Schema:
    """Return the schema of an object that has all ``members``; a later version may add others."""
    told = {"description": description} if description else {}
    return {**told, "type": "object", "properties": members, "required": list(members)}


def first_sentence(of: type) -> str:
    """Return the first paragraph of a class's own docstring on one line."""
    text = inspect.cleandoc(of.__doc__ or "")
    is_own = text and not text.startswith(f"{of.__name__}(")
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "`") if is_own else ""
