"""JSON Schema of the JSON report."""

from __future__ import annotations

from typing import get_type_hints

from exai_audit.facts.file import FileFacts
from exai_audit.report.json import FACT_KINDS, MODULE_FIELDS, MODULE_PARTS
from exai_audit.results.result import SCHEMA_VERSION, AuditResult
from exai_audit.schema.values import (
    DRAFT,
    Schema,
    first_sentence,
    member_schemas,
    object_schema,
    value_schema,
)


def report_schema() -> Schema:
    """Return the schema that every JSON report of this version keeps to."""
    definitions: dict[str, Schema] = {}
    members: dict[str, Schema] = {"schema_version": {"const": SCHEMA_VERSION}}
    members |= member_schemas(AuditResult, definitions, frozenset({"facts"}))
    document = object_schema(members, first_sentence(AuditResult))
    document["properties"]["facts"] = _facts(definitions)
    return {
        "$schema": DRAFT,
        "title": "JSON report of exai-audit",
        **document,
        "definitions": dict(sorted(definitions.items())),
    }


def _facts(definitions: dict[str, Schema]) -> Schema:
    """Return the schema of the facts, which are there when ``--facts`` asks for them."""
    kinds = {
        kind: object_schema(
            {"path": {"type": "string"}, **member_schemas(of, definitions)}, first_sentence(of)
        )
        for kind, (of, _) in FACT_KINDS.items()
    }
    kinds["modules"] = object_schema(_module(definitions))
    lists: dict[str, Schema] = {
        kind: {"type": "array", "items": schema} for kind, schema in kinds.items()
    }
    return object_schema(lists, "What the judged files say, by kind; only with --facts.")


def _module(definitions: dict[str, Schema]) -> dict[str, Schema]:
    hints = get_type_hints(FileFacts)
    members = {name: value_schema(hints[name], definitions) for name in MODULE_FIELDS}
    for part in MODULE_PARTS:
        members |= member_schemas(hints[part], definitions)
    return members
