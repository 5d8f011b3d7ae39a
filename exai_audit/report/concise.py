"""One line per finding, as editors and hooks read them."""

from __future__ import annotations

from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import location
from exai_audit.report.escape import visible
from exai_audit.result import AuditResult


def render(result: AuditResult) -> str:
    """Return ``path:line:col: CODE severity message`` for each finding; empty without any."""
    return "".join(f"{line(finding)}\n" for finding in result.findings)


def line(finding: Finding) -> str:
    """Return the line of one finding."""
    what = f"{finding.code} {finding.severity.value} {finding.message}"
    return visible(f"{location(finding)}: {what}")
