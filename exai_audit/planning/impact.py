"""Before and after: figures that follow from the facts, once the recommendations are done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from exai_audit.facts.file import FileFacts
from exai_audit.finding import Finding
from exai_audit.planning.effort import places
from exai_audit.planning.recommend import Planned
from exai_audit.planning.remedies import remedies
from exai_audit.results.advice import Impact, Term
from exai_audit.results.plans import Plan
from exai_audit.results.result import Score
from exai_audit.score.formula import score_without

_ORDER = tuple(Term)
_LIMITED = (
    ("EXA102", "longest function over the limit, lines"),
    ("EXA103", "highest complexity of a function"),
)


def impact(
    planned: Sequence[Planned], total: Score, judged: Sequence[FileFacts], plans: Sequence[Plan]
) -> tuple[Impact, ...]:
    """Return what changes once everything recommended is done, the score first."""
    repaired = [finding for one in planned for finding in one.findings]
    return (
        *_score(planned, total),
        *_scattered(repaired),
        *_longest_module(repaired, judged, plans),
        *_over_limits(repaired),
        *_gone(repaired),
    )


def _score(planned: Sequence[Planned], total: Score) -> Iterator[Impact]:
    """Yield the score after the immediate actions, after the short-term ones too, after all."""
    if total.value is None or not planned:
        return
    terms = {one.item.term for one in planned}
    for last, name in ((Term.IMMEDIATE, "immediate"), (Term.SHORT, "short-term")):
        if last in terms and any(_ORDER.index(term) > _ORDER.index(last) for term in terms):
            label = f"score after the {name} actions"
            yield Impact(f"score-{name}", label, total.value, _until(planned, total, last))
    after = _until(planned, total, Term.LONG)
    yield Impact("score", "score after everything recommended", total.value, after)


def _until(planned: Sequence[Planned], total: Score, last: Term) -> float:
    """Return the score once everything up to a term is done."""
    terms = _ORDER[: _ORDER.index(last) + 1]
    done = [one.findings for one in planned if one.item.term in terms]
    return score_without(total, chain.from_iterable(done))


def _scattered(repaired: Sequence[Finding]) -> Iterator[Impact]:
    sites = places(f for f in repaired if f.code in ("EXA201", "EXA202"))
    files = {path for path, _ in sites}
    if sites:
        yield Impact(
            "literal-limits", "limits on waiting written as numbers", float(len(sites)), 0.0
        )
    if len(files) > 1:
        label = "files to edit to change all of these limits"
        yield Impact("limit-files", label, float(len(files)), 1.0)


def _longest_module(
    repaired: Iterable[Finding], judged: Sequence[FileFacts], plans: Sequence[Plan]
) -> Iterator[Impact]:
    """Yield the longest module: what is split keeps to its limit, or to what its plan says."""
    limits = {f.path: int(f.threshold or 0) for f in repaired if f.code == "EXA101"}
    if not limits:
        return
    lengths = {file.path: file.lines.physical for file in judged}
    planned = {plan.path: max((m.lines for m in plan.modules), default=0) for plan in plans}
    after = {path: planned.get(path) or limit for path, limit in limits.items()}
    longest = float(max((lengths | after).values()))
    before = float(max(lengths.values()))
    if longest < before:
        yield Impact("longest-module", "longest module, lines", before, longest, at_most=True)
    yield Impact("oversized-modules", "modules over the limit", float(len(limits)), 0.0)


def _over_limits(repaired: Sequence[Finding]) -> Iterator[Impact]:
    for code, label in _LIMITED:
        over = [f for f in repaired if f.code == code and f.measured and f.threshold]
        if over:
            before = max(float(f.measured or 0) for f in over)
            after = max(float(f.threshold or 0) for f in over)
            yield Impact(f"{over[0].name}", label, before, after, at_most=True)


def _gone(repaired: Sequence[Finding]) -> Iterator[Impact]:
    for remedy in remedies():
        number = sum(finding.code in remedy.rules for finding in repaired)
        if remedy.figure and number:
            yield Impact(remedy.kind, remedy.figure, float(number), 0.0)
