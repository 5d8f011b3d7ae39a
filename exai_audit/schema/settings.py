"""JSON Schema of the settings: the table ``[tool.exai-audit]``."""

from __future__ import annotations

from enum import Enum
from types import NoneType
from typing import get_args, get_type_hints

from exai_audit.config.keys import KEYS, OVERRIDE_KEYS
from exai_audit.config.notes import NOTES
from exai_audit.config.policy import EXTENDS, OVERRIDABLE
from exai_audit.config.readers import (
    MOST,
    MOST_WHOLE,
    Reader,
    read_category_points,
    read_codes,
    read_fail_under,
    read_flag,
    read_number,
    read_paths,
    read_patterns,
    read_per_file_ignores,
    read_scopes,
    read_text,
    read_texts,
    read_whole,
    reader_for,
)
from exai_audit.config.settings import Settings
from exai_audit.finding import Family, Scope
from exai_audit.rulebook.registry import default_settings, option_types, rules
from exai_audit.schema.values import DRAFT, Schema, value_schema
from exai_audit.score.grades import GRADES

_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
_POLICY: dict[str, Schema] = {
    EXTENDS: {"type": "string", "description": NOTES[EXTENDS]},
    OVERRIDABLE: {**_TEXTS, "description": NOTES[OVERRIDABLE]},
}
_CODES: Schema = {"type": "array", "items": {"$ref": "#/definitions/code"}}


def settings_schema() -> Schema:
    """Return the schema that every table of settings which this version takes keeps to."""
    options = _rule_options()
    own = {
        key: {**_setting(field, reader), "description": NOTES[key]}
        for key, (field, reader) in KEYS.items()
    }
    return {
        "$schema": DRAFT,
        "title": "Settings of exai-audit",
        "description": "The table [tool.exai-audit] of pyproject.toml, or all of exai-audit.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": {**own, **options, "overrides": _overrides(options), **_POLICY},
        "definitions": {"code": _code(), "grade": _grade()},
    }


def _setting(field: str, reader: Reader) -> Schema:
    given = _of_reader(reader) or _of_type(get_type_hints(Settings)[field])
    default = getattr(Settings(), field)
    is_told = default is not None and given.get("type") != "object"
    return {**given, "default": _plain(default)} if is_told else given


def _of_reader(reader: Reader) -> Schema | None:
    """Return what a reader takes; None for those that are made for an enum."""
    known: dict[Reader, Schema] = {
        read_flag: {"type": "boolean"},
        read_whole: {"type": "integer", "minimum": 1, "maximum": MOST_WHOLE},
        read_number: {"type": "number", "minimum": 0, "maximum": MOST},
        read_text: {"type": "string"},
        read_texts: _TEXTS,
        read_paths: _TEXTS,
        read_patterns: _TEXTS,
        read_codes: _CODES,
        read_fail_under: {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 100},
                {"$ref": "#/definitions/grade"},
            ]
        },
        read_scopes: {"type": "array", "minItems": 1, "items": value_schema(Scope, {})},
        read_category_points: {
            "type": "object",
            "properties": {
                family.value: {"type": "number", "minimum": 0, "maximum": MOST}
                for family in Family
                if family is not Family.AUDIT
            },
            "additionalProperties": False,
        },
        read_per_file_ignores: {"type": "object", "additionalProperties": _CODES},
    }
    return known.get(reader)


def _of_type(hint: object) -> Schema:
    """Return the schema of an enum's values, or of a table of lists by an enum's values.

    Raises:
        TypeError: neither: the setting's reader is unknown here.
    """
    pair = get_args(get_args(hint)[0]) if get_args(hint)[1:] == (...,) else ()
    if pair[1:] == (tuple[str, ...],) and isinstance(pair[0], type) and issubclass(pair[0], Enum):
        members = {choice.value: _TEXTS for choice in pair[0]}
        return {"type": "object", "properties": members, "additionalProperties": False}
    choices = [part for part in (get_args(hint) or (hint,)) if part is not NoneType]
    if len(choices) == 1 and isinstance(choices[0], type) and issubclass(choices[0], Enum):
        return value_schema(choices[0], {})
    raise TypeError(f"no JSON Schema for settings of type {hint}")


def _rule_options() -> dict[str, Schema]:
    """Return the options of all rules; of those that share one, all are named."""
    found: dict[str, Schema] = {}
    for rule in rules():
        defaults = default_settings(rule)
        for key, hint in option_types(rule).items():
            said = f"{rule.code} {rule.name}"
            if key in found:
                found[key]["description"] += f", {said}"
            else:
                told = f"{NOTES[key]}: {said}"
                found[key] = {**_option(hint), "default": defaults[key], "description": told}
    return found


def _option(hint: object) -> Schema:
    simple = _of_reader(reader_for(hint))
    if simple is not None:
        return dict(simple)
    arguments = get_args(hint)
    if arguments[1:] == (...,):
        return {"type": "array", "items": _option(arguments[0])}
    return _of_type(hint)


def _overrides(options: dict[str, Schema]) -> Schema:
    own = {key: _of_reader(reader) for key, reader in OVERRIDE_KEYS.items()}
    changes = {
        key: {part: value for part, value in option.items() if part != "default"}
        for key, option in options.items()
    }
    return {
        "type": "array",
        "description": NOTES["overrides"],
        "items": {
            "type": "object",
            "required": ["paths"],
            "additionalProperties": False,
            "properties": {**own, **changes},
        },
    }


def _code() -> Schema:
    prefixes = {rule.code[:end] for rule in rules() for end in range(1, len(rule.code) + 1)}
    return {
        "description": "A rule code, or the beginning of some.",
        "enum": [*sorted(prefixes), "ALL"],
    }


def _grade() -> Schema:
    return {"description": "The least grade that passes.", "enum": [name for name, _ in GRADES]}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
