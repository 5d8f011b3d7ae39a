"""Two results side by side: terminal, markdown, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from exai_audit.finding import Finding
from exai_audit.report import COMPARISONS
from exai_audit.report.bottlenecks import counted, location
from exai_audit.report.escape import code, prose, visible
from exai_audit.report.folding import details
from exai_audit.report.listing import one_line
from exai_audit.report.members import Json, members
from exai_audit.results.comparison import Comparison, Pair
from exai_audit.results.result import AuditResult

FORMATS = COMPARISONS
_MOST = 200


def render(comparison: Comparison, name: str, *, ascii_only: bool = False) -> str:
    """Render ``comparison`` in the format ``name``, one of ``FORMATS``."""
    renderers: dict[str, Callable[[Comparison], str]] = {"markdown": _markdown, "json": _json}
    if name in renderers:
        return renderers[name](comparison)
    text = "\n".join(visible(line) for line in _terminal(comparison)) + "\n"
    if not ascii_only:
        return text
    return text.replace("→", "->").encode("ascii", "backslashreplace").decode("ascii")


def _terminal(comparison: Comparison) -> Iterator[str]:
    yield f"Score {_score(comparison.before)} → {_score(comparison.after)}{_gained(comparison)}"
    yield f"  {_counts(comparison)}"
    yield ""
    for change in comparison.categories:
        yield f"  {change.name.value:<12} loses {_points(change.before)} → {_points(change.after)}"
    for title, findings in _single(comparison):
        yield from _listed(title, [one_line(finding) for finding in findings])
    for title, pairs in _paired(comparison):
        yield from _listed(title, [_pair(pair) for pair in pairs])
    if comparison.notes:
        yield ""
    yield from comparison.notes


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title} ({len(lines):,})"
    yield from (f"  {line}" for line in lines)


def _markdown(comparison: Comparison) -> str:
    return "\n".join(_markdown_lines(comparison)) + "\n"


def _markdown_lines(comparison: Comparison) -> Iterator[str]:
    before, after = _score(comparison.before), _score(comparison.after)
    yield "# Audit comparison"
    yield ""
    yield f"**Score {before} → {after}{_gained(comparison)}.** {_counts(comparison)}."
    yield ""
    yield "| category | points lost before | after |"
    yield "|---|---:|---:|"
    for change in comparison.categories:
        yield f"| {change.name.value} | {_points(change.before)} | {_points(change.after)} |"
    for title, findings in _single(comparison):
        if findings:
            yield ""
            yield f"## {title} ({len(findings):,})"
            yield ""
        for finding in findings[:_MOST]:
            where = code(location(finding))
            yield f"- **{finding.severity.value}** {finding.code} {where}: {prose(finding.message)}"
        if len(findings) > _MOST:
            yield f"- ... and {len(findings) - _MOST:,} more"
    for title, pairs in _paired(comparison):
        if pairs:
            yield ""
            yield from details(f"{title} ({len(pairs):,})", [_pair(pair) for pair in pairs], _MOST)
    for note in comparison.notes:
        yield ""
        yield note


def _json(comparison: Comparison) -> str:
    document: dict[str, Json] = {
        "before": _side(comparison.before),
        "after": _side(comparison.after),
        "gained": comparison.gained,
        "categories": [members(change) for change in comparison.categories],
        "new": [members(finding) for finding in comparison.new],
        "fixed": [members(finding) for finding in comparison.fixed],
        "moved": [_json_pair(pair) for pair in comparison.moved],
        "regraded": [_json_pair(pair) for pair in comparison.regraded],
        "unchanged": comparison.unchanged,
        "notes": list(comparison.notes),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _side(result: AuditResult) -> Json:
    return {
        "revision": result.target.revision,
        "score": result.score.value,
        "grade": result.score.grade,
        "findings": len(result.findings),
    }


def _json_pair(pair: Pair) -> Json:
    return {"before": members(pair[0]), "after": members(pair[1])}


def _single(comparison: Comparison) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    return ("New", comparison.new), ("Fixed", comparison.fixed)


def _paired(comparison: Comparison) -> tuple[tuple[str, tuple[Pair, ...]], ...]:
    return ("Regraded", comparison.regraded), ("Moved to another file", comparison.moved)


def _pair(pair: Pair) -> str:
    before, after = pair
    severities = (before.severity.value, after.severity.value)
    grade = severities[1] if severities[0] == severities[1] else " → ".join(severities)
    where = f"{location(before)} → {location(after)}"
    return f"{where if before.path != after.path else location(after)}: {after.code} {grade}"


def _score(result: AuditResult) -> str:
    shown = result.score.shown
    return "n/a" if shown is None else f"{shown:.1f} ({result.score.grade})"


def _gained(comparison: Comparison) -> str:
    return "" if comparison.gained is None else f", {comparison.gained:+.1f} points"


def _points(lost: float | None) -> str:
    return "not judged" if lost is None else f"{lost:.1f}"


def _counts(comparison: Comparison) -> str:
    parts = [
        f"{len(comparison.new):,} new",
        f"{len(comparison.fixed):,} fixed",
        f"{len(comparison.regraded):,} regraded",
        f"{len(comparison.moved):,} moved",
    ]
    return f"{', '.join(parts)}, {counted(comparison.unchanged, 'finding')} unchanged"
