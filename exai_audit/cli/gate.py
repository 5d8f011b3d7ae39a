"""The gate: compares what is displayed with what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exai_audit.errors import UsageError
from exai_audit.finding import Confidence, Finding, Severity
from exai_audit.score.grades import GRADES, grade


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the gate passed, and one line that says what was compared with what."""

    passed: bool
    line: str


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


def score_verdict(score: float | None, least: float) -> Verdict:
    """Compare the displayed score (one decimal) with the least that passes.

    Raises:
        UsageError: there is no score, since no line was judged.
    """
    if score is None:
        raise UsageError(
            "--fail-under: there is no score, because no line was judged. "
            "Check the paths, the excludes and --scope (--show-files says what was left out)."
        )
    shown = round(score, 1)
    passed = shown >= least
    sign, word = (">=", "PASSED") if passed else ("<", "FAILED")
    return Verdict(passed, f"{word}: score {shown:.1f} ({grade(shown)}) {sign} {least:g}")


def severity_verdict(
    findings: Sequence[Finding], least: Severity, min_confidence: Confidence
) -> Verdict:
    """Fail when a finding of this severity or graver is sure enough to gate."""
    grave = [
        f
        for f in findings
        if f.severity.rank >= least.rank and f.confidence.rank >= min_confidence.rank
    ]
    what = f"of severity {least.value}" + ("" if least is Severity.CRITICAL else " or above")
    if not grave:
        return Verdict(True, f"PASSED: no finding {what}")
    number = f"{len(grave)} finding" + ("s" if len(grave) > 1 else "")
    return Verdict(False, f"FAILED: {number} {what}")
