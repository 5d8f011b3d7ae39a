"""The way to the next grade: the recommendations, the most points for an hour first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import fsum

from msgspec import Struct

from exai_audit.finding import Finding
from exai_audit.planning.effort import Sizes, efforts, hours, middle, places, rows
from exai_audit.planning.recommend import Planned
from exai_audit.results.result import Score, Step, WayUp
from exai_audit.score.formula import CAP_LIMIT, holds, score_without
from exai_audit.score.grades import GRADES

LEAST_STEP = 3.0
"""A grade that is nearer than so many points is no target."""


class _Taken(Struct, frozen=True):
    """What is repaired of the recommendation at ``position``, from 0."""

    position: int
    findings: tuple[Finding, ...]


def way_up(total: Score, planned: Sequence[Planned], lines: Sizes) -> WayUp | None:
    """Return a cheap way to the next grade that is at least ``LEAST_STEP`` points away.

    At each step the recommendation is taken that gains the most points for an hour, given those
    already taken; of the one that crosses the line only as much as is needed. Where critical
    findings hold the score below the grade, their recommendations come first. None without such
    a grade, and without a score.
    """
    target = _target(total)
    if target is None:
        return None
    name, least = target
    climb = _Climb(total, planned, lines, least)
    taken = climb.taken()
    steps = tuple(climb.steps(taken))
    repaired = tuple(chain.from_iterable(one.findings for one in taken))
    return WayUp(
        grade=name,
        steps=steps,
        findings=tuple(chain.from_iterable(step.findings for step in steps)),
        score_after=score_without(total, repaired),
        hours=hours(efforts(repaired, lines)),
    )


def _target(total: Score) -> tuple[str, float] | None:
    shown = total.shown
    if shown is None:
        return None
    far = [(name, least) for name, least in GRADES if least >= shown + LEAST_STEP]
    return far[-1] if far else None


class _Climb:
    """The recommendations, and what the score is without some of them."""

    def __init__(
        self, total: Score, planned: Sequence[Planned], lines: Sizes, least: float
    ) -> None:
        self._total, self._planned, self._lines, self._least = total, planned, lines, least

    def taken(self) -> list[_Taken]:
        """Return what to repair, in order, so that the score reaches the least."""
        done: list[_Taken] = []
        waiting = [i for i, one in enumerate(self._planned) if any(f.weight for f in one.findings)]
        while not self._reached(done):
            best = max(waiting, key=lambda i: self._rate(done, i))
            waiting.remove(best)
            whole = _Taken(best, self._planned[best].findings)
            done.append(whole)
        return self._without_needless(self._shortened(done))

    def steps(self, taken: Sequence[_Taken]) -> Iterator[Step]:
        """Yield the steps, each with what it gains after those before it."""
        before = self._total.value or 0.0
        for number, one in enumerate(taken, 1):
            after = self._score(taken[:number])
            planned = self._planned[one.position]
            units, unit = _counted(one.findings)
            yield Step(
                recommendation=one.position + 1,
                title=planned.item.title,
                findings=tuple(finding.fingerprint for finding in one.findings),
                whole=len(one.findings) == len(planned.findings),
                units=units,
                unit=unit,
                hours=hours(efforts(one.findings, self._lines)),
                gain=after - before,
            )
            before = after

    def _score(self, taken: Iterable[_Taken]) -> float:
        return score_without(self._total, chain.from_iterable(one.findings for one in taken))

    def _reached(self, taken: Iterable[_Taken]) -> bool:
        return round(self._score(taken), 1) >= self._least

    def _rate(self, done: Sequence[_Taken], position: int) -> tuple[bool, float, int]:
        """Return how soon to take a recommendation: first those that must be for the cap's sake."""
        findings = self._planned[position].findings
        must = self._least > CAP_LIMIT and any(map(holds, findings))
        gained = self._score([*done, _Taken(position, findings)]) - self._score(done)
        return must, gained / max(0.05, middle(efforts(findings, self._lines))), -position

    def _without_needless(self, done: list[_Taken]) -> list[_Taken]:
        """Leave out recommendations without which the least is reached, the longest first."""
        kept = list(done)
        for one in sorted(done, key=lambda o: -middle(efforts(o.findings, self._lines))):
            rest = [other for other in kept if other is not one]
            if self._reached(rest):
                kept = rest
        return kept

    def _shortened(self, done: list[_Taken]) -> list[_Taken]:
        """Take of the last recommendation only what is needed to cross the line."""
        if not done:
            return done
        *before, last = done
        pieces = self._most_worth_first(last.findings)
        low, high = 1, len(pieces)
        while low < high:
            half = (low + high) // 2
            part = _Taken(last.position, _joined(last.findings, pieces[:half]))
            low, high = (low, half) if self._reached([*before, part]) else (half + 1, high)
        return [*before, _Taken(last.position, _joined(last.findings, pieces[:low]))]

    def _most_worth_first(self, findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
        """Return what can be repaired alone, by what an hour of it brings."""

        def order(piece: tuple[Finding, ...]) -> tuple[object, ...]:
            work = max(0.05, middle(efforts(piece, self._lines)))
            must = self._least > CAP_LIMIT and any(map(holds, piece))
            return not must, -fsum(f.points for f in piece) / work, piece[0].fingerprint

        return sorted(_pieces(findings), key=order)


def _pieces(findings: Sequence[Finding]) -> Iterator[tuple[Finding, ...]]:
    """Yield what is repaired at once: equal findings, a project-wide one with its sites."""
    alike: dict[str, list[Finding]] = defaultdict(list)
    standing: dict[tuple[str, int], list[str]] = defaultdict(list)
    for finding in findings:
        alike[finding.fingerprint].append(finding)
        if not finding.project_wide:
            standing[finding.path, finding.line].append(finding.fingerprint)
    for own, found in alike.items():
        sites = places(found) if found[0].project_wide else ()
        others = {other for site in sites for other in standing.get(site, ())} - {own}
        yield (*found, *(f for one in sorted(others) for f in alike[one]))


def _joined(
    findings: Sequence[Finding], pieces: Iterable[Sequence[Finding]]
) -> tuple[Finding, ...]:
    """Return what is in the pieces, each once, in the order of ``findings``."""
    needed = {id(finding) for piece in pieces for finding in piece}
    return tuple(finding for finding in findings if id(finding) in needed)


def _counted(findings: Sequence[Finding]) -> tuple[int, str]:
    """Return how much there is to do, in what the hours count: places, or else findings."""
    at = [f for f in findings if any(work.driver == "place" for work in rows(f.code))]
    if len(at) < len(findings):
        return len(findings), "finding"
    return len(places(at)), "place"
