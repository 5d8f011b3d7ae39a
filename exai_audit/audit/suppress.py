"""Findings sorted into those that stand and those that a comment or a setting silences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from exai_audit.config import RuleChoice
from exai_audit.facts.suppressions import Staleness, StaleSuppression, SuppressionFact
from exai_audit.finding import Finding
from exai_audit.project.project import Project
from exai_audit.results.result import Suppressed
from exai_audit.rulebook.registry import codes_matching, rules


def split(
    findings: Iterable[Finding], project: Project, choice: RuleChoice, today: date = date.min
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    """Return the active and the suppressed findings, each in the order given.

    A suppressed one carries the comment's line and reason; for ``per-file-ignores`` line 0 and
    the pattern. Comments never silence what speaks of the whole project, settings do. ``today``
    decides which comments have expired; by default none has.
    """
    comments = {facts.path: facts.suppressions for facts in project.files if facts.suppressions}
    active, silenced = [], []
    for finding in findings:
        suppressed = _by_settings(finding, choice) or _by_comment(
            finding, comments.get(finding.path, ()), today
        )
        if suppressed:
            silenced.append(suppressed)
        else:
            active.append(finding)
    return tuple(active), tuple(silenced)


def stale(
    findings: Iterable[Finding], project: Project, choice: RuleChoice, today: date
) -> tuple[StaleSuppression, ...]:
    """Return the suppressions of the judged files that silence none of ``findings``.

    A code whose rule does not run on the file is left in peace, and so is that of the rule which
    reports these. In a file that could not be parsed only the writing is judged.
    """
    commented = [
        facts
        for facts in project.files
        if facts.suppressions and facts.path in project.judged and not facts.generated
    ]
    if not commented:
        return ()
    by_path: dict[str, list[Finding]] = {facts.path: [] for facts in commented}
    for finding in findings:
        by_path.get(finding.path, []).append(finding)
    return tuple(
        found
        for facts in commented
        for comment in facts.suppressions
        for found in _stale_parts(
            facts.path,
            comment,
            None if facts.failure else by_path[facts.path],
            choice,
            today,
        )
    )


def _stale_parts(
    path: str,
    comment: SuppressionFact,
    findings: list[Finding] | None,
    choice: RuleChoice,
    today: date,
) -> Iterator[StaleSuppression]:
    whole = _stale_as_a_whole(comment, today)
    if whole:
        yield StaleSuppression(path, comment, whole, comment.codes)
        return
    unknown = tuple(code for code in comment.codes if code not in codes_matching(code))
    covered = [finding for finding in findings or () if _covers(comment, finding)]
    used = {finding.code for finding in covered if not finding.project_wide}
    wide = {finding.code for finding in covered if finding.project_wide}
    idle = [] if findings is None else _idle(path, comment, {*unknown, *used}, choice)
    for why, codes in (
        (Staleness.UNKNOWN, unknown),
        (Staleness.PROJECT_WIDE, tuple(code for code in idle if code in wide)),
        (Staleness.UNUSED, tuple(code for code in idle if code not in wide)),
    ):
        if codes:
            yield StaleSuppression(path, comment, why, codes)


def _idle(path: str, comment: SuppressionFact, others: set[str], choice: RuleChoice) -> list[str]:
    """Return the codes besides ``others`` whose rules run on the file, and do not speak last."""
    last = {rule.code for rule in rules() if rule.runs_last}
    return [
        code
        for code in comment.codes
        if code not in others | last
        and choice.selects_at(path, code)
        and not choice.ignored_by(path, code)
    ]


def _stale_as_a_whole(comment: SuppressionFact, today: date) -> Staleness | None:
    if comment.holds_on(today):
        return None
    if not comment.codes:
        return Staleness.BLANKET
    if not comment.at_top:
        return Staleness.MISPLACED
    return Staleness.EXPIRED if comment.last_day() else Staleness.NO_DATE


def _by_settings(finding: Finding, choice: RuleChoice) -> Suppressed | None:
    pattern = choice.ignored_by(finding.path, finding.code)
    return Suppressed(finding, 0, f"per-file-ignores {pattern!r}") if pattern else None


def _by_comment(
    finding: Finding, comments: Iterable[SuppressionFact], today: date
) -> Suppressed | None:
    if finding.project_wide:
        return None
    for comment in comments:
        if comment.holds_on(today) and _covers(comment, finding):
            return Suppressed(finding, comment.line, comment.reason)
    return None


def _covers(comment: SuppressionFact, finding: Finding) -> bool:
    inside = comment.first <= finding.line <= comment.last or finding.line == comment.line
    return (comment.whole_file or inside) and finding.code in comment.codes
