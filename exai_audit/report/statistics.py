"""How many findings there are of each rule."""

from __future__ import annotations

from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import severity_counts
from exai_audit.report.escape import visible
from exai_audit.results.result import AuditResult


def render(result: AuditResult) -> str:
    """Return a line per rule with its findings by severity, the most frequent first."""
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for finding in result.findings:
        by_rule.setdefault((finding.code, finding.name), []).append(finding)
    ordered = sorted(by_rule.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = [(f"{len(found):,}", code, name, found) for (code, name), found in ordered]
    width = max((len(count) for count, *_ in rows), default=0)
    lines = (
        visible(f"{count:>{width}}  {code}  {name} ({severity_counts(found)})")
        for count, code, name, found in rows
    )
    return "".join(f"{line}\n" for line in lines) or "no findings\n"
