"""What a result was compared with, in words: a baseline, a revision."""

from __future__ import annotations

from exai_audit.report.bottlenecks import counted
from exai_audit.results.result import AuditResult, BaselineUse, SinceUse


def reference_notes(result: AuditResult) -> list[str]:
    """Return a sentence for each reference; not escaped."""
    notes = []
    if result.since is not None:
        notes.append(_since(result.since, result))
    if result.baseline is not None:
        notes.append(_baseline(result.baseline, result))
        missing = sum(entry.count for entry in result.baseline.gone)
        if missing:
            they = "it accepts no longer occur" if missing > 1 else "it accepts no longer occurs"
            notes.append(
                f"{counted(missing, 'finding')} {they}: `exai-audit baseline --prune` removes"
                f" {'them' if missing > 1 else 'it'}."
            )
    return notes


def _baseline(use: BaselineUse, result: AuditResult) -> str:
    new = sum(finding.new is True for finding in result.findings)
    other = use.formula_version != result.tool.formula_version
    by = f" by formula {use.formula_version}" if other else ""
    score = "" if use.score is None else f"; its score was {use.score:.1f}{by}"
    return f"Compared with {use.file}: {counted(new, 'new finding')}, {use.known:,} known{score}."


def _since(use: SinceUse, result: AuditResult) -> str:
    before, now = (
        "n/a" if score is None else f"{score:.1f}" for score in (use.score, result.score.shown)
    )
    return (
        f"Since {use.revision} (history parts at {use.commit[:12]}): the changes answer for"
        f" {counted(len(result.findings), 'finding')}; score {before} before, {now} now."
    )
