"""A trend as JSON: all of it, ASCII only."""

from __future__ import annotations

from exai_audit.report.members import document
from exai_audit.trend.result import SCHEMA_VERSION, Trend


def render(found: Trend) -> str:
    """Return the trend as indented JSON."""
    return document(found, SCHEMA_VERSION)
