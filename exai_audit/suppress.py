"""Findings sorted into those that stand and those that a comment or a setting silences."""

from __future__ import annotations

from collections.abc import Iterable

from exai_audit.config import Settings
from exai_audit.facts.suppressions import SuppressionFact
from exai_audit.finding import Finding
from exai_audit.project import Project
from exai_audit.result import Suppressed


def split(
    findings: Iterable[Finding], project: Project, settings: Settings
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    """Return the active and the suppressed findings, each in the order given.

    A suppressed one carries the comment's line and reason; for ``per-file-ignores`` line 0 and
    the pattern. Comments never silence what speaks of the whole project, settings do.
    """
    comments = {facts.path: facts.suppressions for facts in project.files if facts.suppressions}
    active, silenced = [], []
    for finding in findings:
        suppressed = _by_settings(finding, settings) or _by_comment(
            finding, comments.get(finding.path, ())
        )
        if suppressed:
            silenced.append(suppressed)
        else:
            active.append(finding)
    return tuple(active), tuple(silenced)


def _by_settings(finding: Finding, settings: Settings) -> Suppressed | None:
    pattern = settings.ignored_by(finding.path, finding.code)
    return Suppressed(finding, 0, f"per-file-ignores {pattern!r}") if pattern else None


def _by_comment(finding: Finding, comments: Iterable[SuppressionFact]) -> Suppressed | None:
    if finding.project_wide:
        return None
    for comment in comments:
        here = comment.whole_file or comment.first <= finding.line <= comment.last
        if here and finding.code in comment.codes:
            return Suppressed(finding, comment.line, comment.reason)
    return None
