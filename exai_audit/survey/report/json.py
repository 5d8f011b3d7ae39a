"""A survey as JSON: all of it, ASCII only."""

from __future__ import annotations

from exai_audit.report.members import document
from exai_audit.survey.table import SCHEMA_VERSION, Survey


def render(found: Survey) -> str:
    """Return the survey as indented JSON."""
    return document(found, SCHEMA_VERSION)
