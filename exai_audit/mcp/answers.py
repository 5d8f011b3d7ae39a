"""What the tools answer: documents made from a project's state, none longer than it may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from exai_audit.audit.contents import Sources
from exai_audit.errors import UsageError
from exai_audit.finding import Finding
from exai_audit.mcp.document import NOTICE, ROOM, Document, fitted_lines, fitting
from exai_audit.mcp.fixes import fix_of
from exai_audit.report import plan as plan_report
from exai_audit.report.bottlenecks import location
from exai_audit.report.jsonl import record
from exai_audit.report.listing import worst_first
from exai_audit.report.members import Json
from exai_audit.results.advice import Recommendation
from exai_audit.results.result import AuditResult, FixedFinding, Score
from exai_audit.results.selection import Selection
from exai_audit.results.tables import GateVerdict
from exai_audit.rulebook.pages import section
from exai_audit.rulebook.registry import rule_of
from exai_audit.session.gate import new_verdict
from exai_audit.session.open_project import State
from exai_audit.session.plan import planned

_FIRST_ACTIONS = 5
_AROUND = 3
_MOST_CODE = 40
_CURSOR = re.compile(r"(\d{1,9})-(\d{1,9})")


def summary(state: State) -> Document:
    """Return grade, score, gates, what costs most and what to do first."""
    result = state.result
    judged = (one for one in result.score.categories if one.judged)
    return {
        "notice": NOTICE,
        "score": result.score.shown,
        "grade": result.score.grade,
        "score_without_suppressions": _rounded(result.score.unsuppressed),
        "suppressed": len(result.suppressed),
        "gates": _verdicts(result.gate),
        "judged": {"files": result.scale.judged_files, "lines": result.scale.judged_lines},
        "findings": _counted(_shown(result)),
        "points_lost": {one.name.value: round(one.lost, 1) for one in judged},
        "cheapest_way_up": _way_up(result.score),
        "first_actions": [_action(one, result) for one in result.recommendations[:_FIRST_ACTIONS]],
        "unreadable": result.scale.unreadable + result.scale.syntax_errors,
    }


@dataclass(frozen=True, slots=True)
class Question:
    """Which findings are asked for: those of a selection, ``limit`` from the ``cursor`` on.

    ``on_the_way`` are only those of the cheapest way to the next grade, in its order; ``known``
    also those that the baseline accepts. The cursor is what the page before gave for the next one.
    """

    selection: Selection
    cursor: str
    limit: int
    on_the_way: bool
    known: bool


def findings_page(state: State, asked: Question) -> Document:
    """Return a page of findings, the worst first.

    Raises:
        UsageError: the cursor is not of this state of the project.
    """
    result = state.result
    found = result.findings if asked.known else _shown(result)
    chosen = worst_first((one for one in found if asked.selection.holds(one)), result)
    if asked.on_the_way:
        chosen = _on_the_way(chosen, result.score)
    start = _start(state, asked.cursor)
    items: list[Json] = [dict(record(one)) for one in chosen[start : start + asked.limit]]
    end = start + fitting(items)
    return {
        "notice": NOTICE,
        "matching": len(chosen),
        "shown": f"{start + 1}-{end}" if items else "none",
        "next_cursor": f"{state.number}-{end}" if end < len(chosen) else None,
        "findings": items[: end - start],
    }


def finding_page(state: State, fingerprint: str) -> Document:
    """Return all that is known of one finding, with the code that it stands in.

    Raises:
        UsageError: no finding has the fingerprint.
    """
    finding = found(state, fingerprint)
    return {
        "notice": NOTICE,
        **record(finding),
        "name": finding.name,
        "confidence": finding.confidence.value,
        "symbol": finding.symbol,
        "score_gain": round(finding.gain, 2),
        "accepted_by_baseline": finding.new is False,
        "why": section(rule_of(finding.code), "Why"),
        "scanned_code": _code(state, finding),
        "fix": fix_of(state, finding),
        "related": _related(finding),
        "to_suppress": f"# exai: ignore[{finding.code}] -- REASON",
    }


def found(state: State, fingerprint: str) -> Finding:
    """Return the finding of a fingerprint.

    Raises:
        UsageError: there is none; a suppressed one is named as such.
    """
    for finding in state.result.findings:
        if finding.fingerprint == fingerprint:
            return finding
    for item in state.result.suppressed:
        if item.finding.fingerprint == fingerprint:
            place = f"{item.finding.path}:{item.line}"
            raise UsageError(f"{fingerprint}: is suppressed at {place}, not repaired")
    raise UsageError(
        f"{fingerprint}: no finding has this fingerprint now: it is repaired, or its code changed"
        " (list the findings of its file again)"
    )


def plan_page(state: State, path: str, of_class: str | None) -> Document:
    """Return how to split a module, or to divide a class.

    Raises:
        UsageError: there is no such module or class, or it cannot be read.
    """
    known = [file.path for file in state.run.audited.discovery.files]
    if path not in known:
        close = get_close_matches(path, known, n=1)
        raise UsageError(f"{path}: not a file of the project" + _did_you_mean(close))
    text = plan_report.render(planned(state.run, path, of_class), "terminal", width=120)
    return {"notice": NOTICE, "plan": fitted_lines(text.splitlines())}


def change_page(since: AuditResult, revision: str) -> Document:
    """Return what the changes since a revision answer for, and whether the gates let it pass.

    Args:
        since: a result, narrowed to these changes and gated.
    """
    use = since.since
    assert use is not None, "the result was narrowed"
    news = worst_first(since.findings, since)
    new: list[Json] = [dict(record(one)) for one in news]
    fixed: list[Json] = [_fixed(one) for one in use.fixed]
    own = new_verdict(since.findings, since.target.min_confidence, revision)
    gates = (*since.gate, *([own] if own.line not in {v.line for v in since.gate} else []))
    shown, repaired = fitting(new, ROOM * 2 // 3), fitting(fixed, ROOM // 3)
    return {
        "notice": NOTICE,
        "since": revision,
        "passed": all(verdict.passed for verdict in gates),
        "gates": _verdicts(gates),
        "score_before": use.score,
        "score_now": since.score.shown,
        "new": new[:shown],
        "new_not_shown": len(new) - shown,
        "fixed": fixed[:repaired],
        "fixed_not_shown": len(fixed) - repaired,
        "unchanged": use.known,
    }


def _shown(result: AuditResult) -> tuple[Finding, ...]:
    return tuple(finding for finding in result.findings if finding.new is not False)


def _counted(findings: Sequence[Finding]) -> dict[str, Json]:
    counts: dict[str, Json] = {"all": len(findings)}
    for finding in sorted(findings, key=lambda one: -one.severity.rank):
        number = counts.get(finding.severity.value, 0)
        assert isinstance(number, int)
        counts[finding.severity.value] = number + 1
    return counts


def _verdicts(gate: Iterable[GateVerdict]) -> list[Json]:
    return [verdict.line for verdict in gate]


def _way_up(score: Score) -> Json:
    way = score.way_up
    if way is None:
        return None
    return {
        "grade": way.grade,
        "score_after": round(way.score_after, 1),
        "hours": list(way.hours),
        "steps": [
            {
                "title": step.title,
                "gain": round(step.gain, 1),
                "hours": list(step.hours),
                "findings": list(step.findings[:_FIRST_ACTIONS]),
                "more_findings": max(0, len(step.findings) - _FIRST_ACTIONS),
            }
            for step in way.steps[:_FIRST_ACTIONS]
        ],
        "more_steps": max(0, len(way.steps) - _FIRST_ACTIONS),
    }


def _action(item: Recommendation, result: AuditResult) -> Json:
    by_fingerprint = {finding.fingerprint: finding for finding in result.findings}
    places = [location(by_fingerprint[one]) for one in item.findings if one in by_fingerprint]
    return {
        "title": item.title,
        "priority": item.priority.value,
        "gain": round(item.gain, 1),
        "hours": list(item.hours),
        "risk": item.risk.value,
        "findings": list(item.findings[:_FIRST_ACTIONS]),
        "more_findings": max(0, len(item.findings) - _FIRST_ACTIONS),
        "first_place": places[0] if places else None,
    }


def _on_the_way(findings: Iterable[Finding], score: Score) -> tuple[Finding, ...]:
    steps = score.way_up.findings if score.way_up else ()
    order = {fingerprint: number for number, fingerprint in enumerate(steps)}
    inside = (finding for finding in findings if finding.fingerprint in order)
    return tuple(sorted(inside, key=lambda finding: order[finding.fingerprint]))


def _start(state: State, cursor: str) -> int:
    if not cursor:
        return 0
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[1]) != state.number:
        raise UsageError("the project changed since that page: begin again without a cursor")
    return int(match[2])


def _code(state: State, finding: Finding) -> Json:
    """Return the lines of a finding and a few around them, with their numbers."""
    source = Sources(state.run.audited.discovery.files).get(finding.path)
    if source is None or not finding.evidence:
        return []
    last = min(finding.end_line, finding.line + _MOST_CODE) + _AROUND
    numbers = range(max(1, finding.line - _AROUND), min(last, len(source.lines)) + 1)
    return fitted_lines((f"{number}: {source.line(number)[:300]}" for number in numbers), ROOM // 3)


def _related(finding: Finding) -> list[Json]:
    places: list[Json] = [
        {"place": f"{one.path}:{one.line}", "message": one.message} for one in finding.related
    ]
    most = fitting(places, ROOM // 4)
    left = len(places) - most
    return places if not left else [*places[:most], {"more": left}]


def _fixed(finding: FixedFinding) -> Json:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "place": f"{finding.path}:{finding.line}",
        "message": finding.message,
        "points": round(finding.points, 2),
    }


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 1)


def _did_you_mean(close: Sequence[str]) -> str:
    return f", did you mean {close[0]!r}?" if close else ""
