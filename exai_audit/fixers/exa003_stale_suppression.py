"""A suppression that silences nothing goes, and nothing else of its comment or line."""

from __future__ import annotations

import re

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.facts.suppressions import Staleness, StaleSuppression
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.refusal import RefusedError
from exai_audit.location import Span

_LIST = re.compile(r"\[([^\]]*)\]")
_PROMISES = {
    Staleness.EXPIRED: "its day has come: repair what it silenced, or decide on a new day",
    Staleness.NO_DATE: "its day is none: write until=2027-01-31",
    Staleness.MISPLACED: "it stands below the first statement: move it to the top",
}


def fix(finding: Finding, bench: Bench) -> Fix:
    """Delete the stale codes, or the comment where no other is left."""
    stale = _stale(finding, bench)
    if stale.why in _PROMISES:
        raise RefusedError(_PROMISES[stale.why])
    if not bench.choices.whole:
        raise RefusedError("only a part of the project was scanned: scan the whole")
    left = [code for code in stale.comment.codes if code not in stale.codes]
    if left:
        return Fix(
            Applicability.SAFE, f"remove {', '.join(stale.codes)}", (_shortened(stale, left),)
        )
    return Fix(Applicability.SAFE, "remove the comment", (_removed(stale, bench),))


def _stale(finding: Finding, bench: Bench) -> StaleSuppression:
    """Return the suppression of a finding; of several findings at one comment the first unlike.

    Raises:
        RefusedError: two findings speak of one comment: each in its own run.
    """
    place = (finding.path, finding.line, finding.column)
    found = [
        one for one in bench.stale if (one.path, one.comment.line, one.comment.column) == place
    ]
    if not found:
        raise RefusedError("the comment is not where it was")
    codes = tuple(dict.fromkeys(code for one in found for code in one.codes))
    worst = next((one for one in found if one.why in _PROMISES), found[0])
    return StaleSuppression(worst.path, worst.comment, worst.why, codes)


def _shortened(stale: StaleSuppression, left: list[str]) -> Edit:
    comment = stale.comment
    written = _LIST.search(comment.text)
    assert written is not None
    kept = [code for code in written[1].split(",") if code.strip().upper() in left]
    column = comment.column + written.start(1)
    span = Span(comment.line, column, comment.line, column + len(written[1]))
    return Edit(stale.path, span, ",".join(kept).strip())


def _removed(stale: StaleSuppression, bench: Bench) -> Edit:
    comment, source = stale.comment, bench.read(stale.path)
    if source is None:
        raise RefusedError("the file cannot be read")
    line = source.line(comment.line)
    start, end = comment.column - 1, comment.column - 1 + len(comment.text)
    before, after = line[:start].rstrip(), line[end:].strip()
    if not before and not after:
        below = Span(comment.line, 1, comment.line + 1, 1)
        is_last = comment.line == len(source.lines) and not source.text.endswith("\n")
        whole = Span(comment.line, 1, comment.line, len(line) + 1)
        return Edit(stale.path, whole if is_last else below, "")
    if after:
        gap = len(line[end:]) - len(line[end:].lstrip())
        return Edit(stale.path, Span(comment.line, start + 1, comment.line, end + gap + 1), "")
    return Edit(stale.path, Span(comment.line, len(before) + 1, comment.line, len(line) + 1), "")


FIXER = Fixer("EXA003", Applicability.SAFE, fix)
