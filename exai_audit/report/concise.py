"""One line per finding, as editors and hooks read them."""

from __future__ import annotations

from exai_audit.report.listing import one_line
from exai_audit.results.result import AuditResult


def render(result: AuditResult) -> str:
    """Return ``path:line:col: CODE severity message`` for each finding; empty without any."""
    return "".join(f"{one_line(finding)}\n" for finding in result.findings)
