"""GitHub Actions: annotations as workflow commands, and the summary of a step.

Workflow commands: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>;
how they are escaped: actions/toolkit, ``packages/core/src/command.ts``; how many are shown:
actions/toolkit, ``docs/problem-matchers.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from exai_audit.finding import Finding, Severity
from exai_audit.report import markdown
from exai_audit.report.bottlenecks import counted
from exai_audit.report.escape import prose, visible
from exai_audit.report.listing import is_unsure, repository_path, said, worst_first
from exai_audit.results.result import AuditResult

_SHOWN_OF_A_KIND = 10
_KINDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}
# GitHub takes 1 MiB for each step, which other programs of the step share.
_SUMMARY_BYTES = 131_072


def render(result: AuditResult) -> str:
    """Return a command for each finding, the worst first, ten of a kind, and how many are left."""
    kinds: dict[str, list[Finding]] = {"error": [], "warning": [], "notice": []}
    for finding in worst_first(result.findings, result):
        kinds[_kind(finding, result)].append(finding)
    lines = [
        line for kind, findings in kinds.items() for line in _of_a_kind(kind, findings, result)
    ]
    return "".join(f"{line}\n" for line in lines)


def summary(result: AuditResult, verdicts: Iterable[str]) -> str:
    """Return the markdown of a step's summary: what the gate says, then the report."""
    said_by_gate = [f"**{prose(verdict)}**\n\n" for verdict in verdicts]
    room = _SUMMARY_BYTES - sum(len(line.encode()) for line in said_by_gate)
    return "".join((*said_by_gate, markdown.render(result, max_size=room)))


def _kind(finding: Finding, result: AuditResult) -> str:
    return "notice" if is_unsure(finding, result) else _KINDS[finding.severity]


def _of_a_kind(kind: str, findings: Sequence[Finding], result: AuditResult) -> Iterator[str]:
    for finding in findings[:_SHOWN_OF_A_KIND]:
        yield _command(kind, finding, result)
    more = len(findings) - _SHOWN_OF_A_KIND
    if more > 0:
        yield f"{counted(more, f'more {kind}')}: GitHub shows {_SHOWN_OF_A_KIND} of a kind."


def _command(kind: str, finding: Finding, result: AuditResult) -> str:
    given: dict[str, object] = {
        "file": repository_path(finding.path, result),
        "line": finding.line,
        "endLine": finding.end_line,
    }
    if finding.line == finding.end_line and finding.column < finding.end_column:
        given |= {"col": finding.column, "endColumn": finding.end_column}
    given["title"] = f"{finding.code} {finding.name}"
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in given.items())
    return f"::{kind} {properties}::{_data(said(finding))}"


def _data(text: str) -> str:
    """Escape what the runner would decode; line ends are visible text already."""
    return visible(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
