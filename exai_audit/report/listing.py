"""Findings as other programs list them: in which order, where, and in which words."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import location
from exai_audit.report.escape import visible
from exai_audit.results.result import AuditResult


def worst_first(findings: Iterable[Finding], result: AuditResult) -> tuple[Finding, ...]:
    """Return findings that weigh before others, then by severity, confidence, points and place."""

    def badness(finding: Finding) -> tuple[object, ...]:
        gravity = (-finding.severity.rank, -finding.confidence.rank, -finding.points)
        place = (finding.path, finding.line, finding.column, finding.code)
        return (is_unsure(finding, result), *gravity, *place)

    return tuple(sorted(findings, key=badness))


def is_unsure(finding: Finding, result: AuditResult) -> bool:
    """Tell whether a finding is shown, but too unsure to weigh or gate."""
    return finding.confidence.rank < result.target.min_confidence.rank


def repository_path(path: str, result: AuditResult) -> str:
    """Return a path below the top of the repository, where services look for it; not escaped."""
    return f"{result.target.folder}/{path}" if result.target.folder else path


def permalink(path: str, line: int, result: AuditResult) -> str:
    """Return the address of a line at the audited revision, empty where none is known.

    Nothing in it can end a link, in markdown or in HTML.
    """
    base = result.target.permalink
    if base is None:
        return ""
    below = repository_path(path, result).encode("utf-8", "surrogatepass")
    return f"{base}{quote(below, safe='/-._~')}#L{line}"


def said(finding: Finding) -> str:
    """Return message and remedy as sentences on one line, with nothing hidden in them."""
    return " ".join(_sentence(text) for text in (finding.message, finding.remedy) if text.strip())


def _sentence(text: str) -> str:
    shown = visible(text).strip()
    return shown if shown.endswith((".", "!", "?")) else f"{shown}."


def one_line(finding: Finding) -> str:
    """Return a finding as ``path:line:col: CODE severity message``."""
    what = f"{finding.code} {finding.severity.value} {finding.message}"
    return visible(f"{location(finding)}: {what}")
