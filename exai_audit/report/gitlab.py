"""GitLab's code quality report.

The fields: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256

from exai_audit.finding import Finding, Severity
from exai_audit.report.escape import visible
from exai_audit.report.listing import is_unsure, repository_path, said
from exai_audit.results.result import AuditResult

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


def render(result: AuditResult) -> str:
    """Return one entry for each finding, in ASCII; their fingerprints differ."""
    seen: Counter[str] = Counter()
    entries = []
    for finding in result.findings:
        seen[finding.fingerprint] += 1
        entries.append(_entry(finding, result, seen[finding.fingerprint]))
    return json.dumps(entries, indent=2) + "\n"


def _entry(finding: Finding, result: AuditResult, number: int) -> dict[str, object]:
    """Return an entry; of equal findings ``number`` says which it is."""
    identity = finding.fingerprint if number == 1 else f"{finding.fingerprint}:{number}"
    return {
        "description": f"{finding.code} {finding.name}: {said(finding)}",
        "check_name": finding.code,
        "fingerprint": sha256(identity.encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": "info" if is_unsure(finding, result) else _SEVERITIES[finding.severity],
        "location": {
            "path": visible(repository_path(finding.path, result)),
            "lines": {"begin": finding.line, "end": max(finding.line, finding.end_line)},
        },
    }
