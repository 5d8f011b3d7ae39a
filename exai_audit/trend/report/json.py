"""A trend as JSON: all of it, ASCII only."""

from __future__ import annotations

from exai_audit.report.members import Json, indented, members
from exai_audit.trend.result import SCHEMA_VERSION, Trend


def render(found: Trend) -> str:
    """Return the trend as indented JSON."""
    document: dict[str, Json] = {"schema_version": SCHEMA_VERSION, **members(found)}
    return indented(document, 1) + "\n"
