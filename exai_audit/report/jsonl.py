"""One finding a line, as JSON: for programs that read findings one by one, and pay for each word.

ASCII only, as the whole result in JSON is.
"""

from __future__ import annotations

import json

from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import location
from exai_audit.report.members import Json
from exai_audit.results.result import AuditResult


def render(result: AuditResult) -> str:
    """Return one object for each finding, in order; empty without any."""
    return "".join(f"{json.dumps(record(finding))}\n" for finding in result.findings)


def record(finding: Finding) -> dict[str, Json]:
    """Return what is worth telling of a finding, ``place`` as ``path:line:column``."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "place": location(finding),
        "message": finding.message,
        "remedy": finding.remedy,
        "points": round(finding.points, 2),
        "fingerprint": finding.fingerprint,
    }
