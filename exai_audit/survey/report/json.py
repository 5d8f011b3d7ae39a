"""A survey as JSON: all of it, ASCII only."""

from __future__ import annotations

from exai_audit.report.members import Json, indented, members
from exai_audit.survey.table import SCHEMA_VERSION, Survey


def render(found: Survey) -> str:
    """Return the survey as indented JSON."""
    document: dict[str, Json] = {"schema_version": SCHEMA_VERSION, **members(found)}
    return indented(document, 1) + "\n"
