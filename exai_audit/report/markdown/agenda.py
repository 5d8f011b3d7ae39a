"""What to do, in markdown: recommendations, weeks, risks, impact, the way to the next grade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from exai_audit.planning.recommend import HOURS_A_WEEK
from exai_audit.report.bottlenecks import counted, hours, location, steps
from exai_audit.report.escape import markdown, prose
from exai_audit.report.folding import details
from exai_audit.results.advice import Effort, Impact, Phase, Recommendation, Term
from exai_audit.results.result import AuditResult

Lines = Iterator[str]
_TERMS = {
    Term.IMMEDIATE: "Immediate",
    Term.SHORT: "Short-term",
    Term.LONG: "Long-term",
}


def recommendations(result: AuditResult, limit: int | None) -> Lines:
    """Yield one table per term, most urgent first, and how the hours were counted.

    Args:
        limit: how many rows a table may have; the rest is counted.
    """
    numbered = list(enumerate(result.recommendations, 1))
    if not numbered:
        return
    yield "Cost is what the findings take from the score today; gain is what the score rises by"
    yield "when they are repaired and all else stays. P0 is the most urgent, P3 the least."
    for term, title in _TERMS.items():
        own = [(number, item) for number, item in numbered if item.term is term]
        if own:
            yield ""
            yield f"### {title}"
            yield ""
            yield from _table(own, limit)
    yield ""
    sums = [f"{number}. {item.title}: {_counted_work(item.effort)}" for number, item in numbered]
    yield from details("How the hours are counted", sums, limit)


def _table(own: Sequence[tuple[int, Recommendation]], limit: int | None) -> Lines:
    yield "| # | priority | what to do | effort | gain | cost | risk |"
    yield "|---:|---|---|---:|---:|---:|---|"
    shown = own if limit is None else own[:limit]
    for number, item in shown:
        what = f"{number} | {item.priority.value} | {prose(item.title)}"
        points = f"+{item.gain:.1f} | {item.points:.1f}"
        yield f"| {what} | {hours(item.hours)} | {points} | {item.risk.value} |"
    if len(own) > len(shown):
        yield ""
        yield f"... and {len(own) - len(shown):,} more, listed in the JSON report."


def _counted_work(effort: Sequence[Effort]) -> str:
    return " + ".join(
        f"{work.units:g} x {work.unit} at {hours(work.hours_each)}" for work in effort
    )


def strategy(phases: Sequence[Phase], limit: int | None) -> Lines:
    """Yield the weeks of one developer, and the score at the end of each."""
    if not phases:
        return
    yield f"One developer, {HOURS_A_WEEK} hours a week, at the middle of each range."
    yield ""
    yield "| week | what | effort | score at the end |"
    yield "|---|---|---:|---:|"
    for phase in phases:
        last = phase.last_week
        week = f"{phase.first_week}" + (f"-{last}" if last > phase.first_week else "")
        shown = phase.items if limit is None else phase.items[:limit]
        items = [_part(item.title, item.done, item.findings) for item in shown]
        more = len(phase.items) - len(shown)
        items += [f"{more} more"] if more else []
        score = "n/a" if phase.score is None else f"{phase.score:.1f} ({phase.grade})"
        yield f"| {week} | {'<br>'.join(items)} | {hours(phase.hours)} | {score} |"


def _part(title: str, done: int, findings: int) -> str:
    return prose(title) + ("" if done == findings else f" ({done} of {findings} done)")


def risks(items: Sequence[Recommendation]) -> Lines:
    """Yield each risk once, with the recommendations that carry it."""
    if not items:
        return
    yield "| recommendations | risk | what can go wrong | what helps |"
    yield "|---|---|---|---|"
    kinds: dict[tuple[str, str, str], list[int]] = {}
    for number, item in enumerate(items, 1):
        kinds.setdefault((item.risk.value, item.hazard, item.mitigation), []).append(number)
    for (risk, hazard, mitigation), numbers in kinds.items():
        yield f"| {_ranges(numbers)} | {risk} | {prose(hazard)} | {prose(mitigation)} |"


def _ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers with their runs drawn together: ``1, 3-5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def impact(figures: Sequence[Impact]) -> Lines:
    """Yield what the code's own figures become."""
    if not figures:
        return
    yield "| what | before | after |"
    yield "|---|---:|---:|"
    for figure in figures:
        bound = "at most " if figure.at_most else ""
        before, after = _number(figure, figure.before), _number(figure, figure.after)
        yield f"| {markdown(figure.label)} | {before} | {bound}{after} |"


def _number(figure: Impact, value: float) -> str:
    return f"{value:.1f}" if figure.name.startswith("score") else f"{value:,g}"


def way_up(result: AuditResult, limit: int | None) -> Lines:
    """Yield the steps that reach the next grade worth the way, and where the score stands."""
    standing, way = result.score.standing, result.score.way_up
    if standing is not None:
        yield f"{prose(standing.sentence)}."
    if way is None:
        return
    if standing is not None:
        yield ""
    yield f"**{way.grade}** ({way.score_after:.1f}) takes {hours(way.hours)}: {steps(way)}, chosen"
    yield "by points gained for each hour."
    yield ""
    yield "| # | what to do | how much | effort | gain |"
    yield "|---:|---|---:|---:|---:|"
    shown = way.steps if limit is None else way.steps[:limit]
    for step in shown:
        part = "" if step.whole else " (in part)"
        what = f"{step.recommendation} | {prose(step.title)}{part}"
        numbers = f"{counted(step.units, step.unit)} | {hours(step.hours)} | +{step.gain:.1f}"
        yield f"| {what} | {numbers} |"
    if len(way.steps) > len(shown):
        yield ""
        yield f"... and {len(way.steps) - len(shown):,} more, listed in the JSON report."
    lines = list(_in_part(result))
    if lines:
        yield ""
        yield from details("What of a step in part", lines, limit)


def _in_part(result: AuditResult) -> Lines:
    way = result.score.way_up
    parts = (step for step in way.steps if not step.whole) if way else ()
    left = Counter(print_ for step in parts for print_ in step.findings)
    for finding in result.findings:
        if left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            yield f"{finding.code} {finding.name}: {location(finding)}"
