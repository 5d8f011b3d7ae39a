"""The gate: compares what is displayed with what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from exai_audit.config import Settings
from exai_audit.errors import UsageError
from exai_audit.files.visible import visible
from exai_audit.finding import Confidence, Finding, Severity
from exai_audit.report.bottlenecks import severity_counts
from exai_audit.results.tables import GateVerdict
from exai_audit.score.former import by_formula_1
from exai_audit.score.formula import UNREAD_FILES
from exai_audit.score.grades import GRADES, grade

if TYPE_CHECKING:
    from exai_audit.results.result import AuditResult


def minimum_score(text: str) -> float:
    """Return the score that ``text``, a number or a grade such as ``B-``, asks for.

    Raises:
        UsageError: neither a grade nor a number from 0 to 100.
    """
    wanted = text.strip().replace("\u2212", "-").upper()
    for name, least in GRADES:
        if name.replace("\u2212", "-") == wanted:
            return least
    try:
        number = float(wanted)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        names = ", ".join(name for name, _ in GRADES)
        raise UsageError(f"--fail-under {text!r}: give a score from 0 to 100 or a grade ({names})")
    return number


def score_verdict(
    score: float | None,
    least: float,
    unsuppressed: float | None = None,
    former: float | None = None,
) -> GateVerdict:
    """Compare the displayed score (one decimal) with the least that passes.

    Args:
        unsuppressed: what the score would be without suppressions, to be told with it.
        former: what the former formula would say, to be told with it.

    Raises:
        UsageError: there is no score, since no line or no category was judged.
    """
    if score is None:
        raise UsageError(
            "--fail-under: there is no score, because no line was judged or no category is"
            " selected. Check the paths, the excludes, --select and --scope (--show-files says what"
            " was left out)."
        )
    shown = round(score, 1)
    passed = shown >= least
    sign, word = (">=", "PASSED") if passed else ("<", "FAILED")
    bare = "" if unsuppressed is None else f" ({unsuppressed:.1f} without suppressions)"
    old = "" if former is None else f"; formula 1 would say {former:.1f}"
    line = f"{word}: score {shown:.1f} ({grade(shown)}) {sign} {least:g}{bare}{old}"
    return GateVerdict(passed, line)


def severity_verdict(
    findings: Sequence[Finding], least: Severity, min_confidence: Confidence
) -> GateVerdict:
    """Fail when a finding of this severity or graver is sure enough to gate and not known."""
    what = f"of severity {least.value}" + ("" if least is Severity.CRITICAL else " or above")
    grave = [f for f in _gating(findings, min_confidence) if f.severity.rank >= least.rank]
    noun = "new finding" if any(f.new is not None for f in findings) else "finding"
    if not grave:
        return GateVerdict(True, f"PASSED: no {noun} {what}")
    number = f"{len(grave)} {noun}" + ("s" if len(grave) > 1 else "")
    return GateVerdict(False, f"FAILED: {number} {what}")


def new_verdict(
    findings: Sequence[Finding], min_confidence: Confidence, reference: str
) -> GateVerdict:
    """Fail when a finding that is sure enough to gate is new compared with ``reference``."""
    new = [f for f in _gating(findings, min_confidence) if f.new]
    number = f"{len(new)} new finding" + ("s" if len(new) > 1 else "")
    line = f"FAILED: {number}" if new else "PASSED: no new finding"
    return GateVerdict(not new, f"{line} compared with {reference}")


def drop_verdict(
    before: float | None, score: float | None, most: float, reference: str
) -> GateVerdict:
    """Compare how far the displayed score fell below that of ``reference`` with what may be.

    Raises:
        UsageError: there is no score, now or then.
    """
    if before is None or score is None:
        when = "now" if score is None else f"in {reference}"
        raise UsageError(f"--max-drop: there is no score {when}, because no line was judged")
    shown = round(score, 1)
    drop = round(before - shown, 1)
    passed = drop <= most
    sign, word = ("<=", "PASSED") if passed else (">", "FAILED")
    now, lost = f"{shown:.1f} ({grade(shown)})", f"{max(drop, 0.0):.1f}"
    fell = f"{lost} below the {before:.1f} of {reference}"
    return GateVerdict(passed, f"{word}: score {now}, {fell}: {lost} {sign} {most:g}")


def gone_verdict(result: AuditResult, fingerprint: str) -> GateVerdict:
    """Fail while a finding of this fingerprint, or of one that begins so, is there."""
    for finding in result.findings:
        if finding.fingerprint.startswith(fingerprint):
            return GateVerdict(False, f"FAILED: {_named(finding)} is still there ({fingerprint})")
    for item in result.suppressed:
        if item.finding.fingerprint.startswith(fingerprint):
            reason = f": {item.reason}" if item.reason else ""
            return GateVerdict(True, f"PASSED: {_named(item.finding)} is suppressed{reason}")
    return GateVerdict(True, f"PASSED: no finding has the fingerprint {fingerprint}")


def _named(finding: Finding) -> str:
    return f"{finding.code} {finding.name} at {finding.path}:{finding.line}"


def verdicts(
    result: AuditResult, settings: Settings, least: float | None, *, partial: bool
) -> list[GateVerdict]:
    """Return the verdict of each gate that the settings ask for; of a part no score is judged.

    A gate that compares needs a result that was compared, see `refuse_comparing_nothing`.
    """
    found = []
    if least is not None and not partial:
        total = result.score
        former = by_formula_1(total)
        found.append(score_verdict(total.value, least, total.unsuppressed, former))
    if settings.fail_on is not None:
        found.append(severity_verdict(result.findings, settings.fail_on, settings.min_confidence))
    if settings.fail_on_new:
        reference, _ = _reference(result)
        found.append(new_verdict(result.findings, settings.min_confidence, reference))
    if settings.max_drop is not None and not partial:
        reference, before = _reference(result)
        found.append(drop_verdict(before, result.score.value, settings.max_drop, reference))
    return [*found, *_of_unread_files(result.findings)] if found else found


def _of_unread_files(findings: Sequence[Finding]) -> list[GateVerdict]:
    """Fail where judged files could not be read: what they hold might not pass.

    Files that a baseline accepts as they are, or that are excluded, keep nothing from passing.
    """
    unread = [f.path for f in findings if f.code in UNREAD_FILES and f.new is not False]
    if not unread:
        return []
    files = f"{unread[0]} could" if len(unread) == 1 else f"{len(unread)} files could"
    what = "mend, exclude or accept it" if len(unread) == 1 else "mend, exclude or accept them"
    line = f"FAILED: {visible(files)} not be read, so not judged (EXA001, EXA002): {what}"
    return [GateVerdict(False, line)]


def refuse_comparing_nothing(settings: Settings, *, compares: bool) -> None:
    """Refuse a gate that compares where nothing is given to compare with, before the audit.

    Raises:
        UsageError: it names the gate and what to give.
    """
    wanted = {"--fail-on-new": settings.fail_on_new, "--max-drop": settings.max_drop is not None}
    for option, is_wanted in wanted.items():
        if is_wanted and not compares:
            raise UsageError(
                f"{option}: there is nothing to compare with: give --baseline FILE (or the setting "
                "baseline; `exai-audit baseline` writes one) or --since REV"
            )


def verdict_line(result: AuditResult, judged: Sequence[GateVerdict], *, partial: bool) -> str:
    """Return all that a quiet run says: the score and the gates, or of a part its findings."""
    shown, name = result.score.shown, result.score.grade
    total = "no score" if shown is None else f"score {shown:.1f} ({name})"
    findings = [finding for finding in result.findings if finding.new is not False]
    plain = f"{severity_counts(findings)}" if partial else f"{total}, {severity_counts(findings)}"
    return " · ".join([plain, *(verdict.line for verdict in judged)])


def _reference(result: AuditResult) -> tuple[str, float | None]:
    """Return what the result was compared with, and the score of that."""
    if result.baseline is not None:
        return result.baseline.file, result.baseline.score
    assert result.since is not None, "a gate that compares was let through without a reference"
    return result.since.revision, result.since.score


def _gating(findings: Sequence[Finding], min_confidence: Confidence) -> list[Finding]:
    return [f for f in findings if f.confidence.rank >= min_confidence.rank and f.new is not False]
