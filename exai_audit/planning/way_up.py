"""The way to the next grade: what to repair for it, the most points for an hour first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import fsum

from exai_audit.finding import Family, Finding, Severity
from exai_audit.planning.effort import Sizes, efforts, hours, middle, places, rows
from exai_audit.results.result import Score, WayUp
from exai_audit.score.formula import CAP_LIMIT, lost_at, score_without
from exai_audit.score.grades import GRADES

Weights = tuple[tuple[Family, float], ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """Findings that are repaired at once, what they weigh by category, and the hours.

    ``hours`` leave out ``once``: what the first step of its kind brings and the others find done.
    """

    findings: tuple[Finding, ...]
    weights: Weights
    hours: float
    once: tuple[tuple[str, float], ...]

    @property
    def fingerprints(self) -> frozenset[str]:
        return frozenset(finding.fingerprint for finding in self.findings)

    @property
    def is_critical(self) -> bool:
        return any(finding.severity is Severity.CRITICAL for finding in self.findings)


def way_up(total: Score, findings: Sequence[Finding], lines: Sizes) -> WayUp | None:
    """Return a cheap way to the next grade, None from the best grade and without a score.

    At each step the repair is taken that gains the most points for an hour, given those already
    taken; in the end what proves not to be needed is dropped, the longest work first. Where
    critical findings hold the score below the grade, these come first. A project-wide finding is
    repaired by repairing all its sites: the way with these and the way without them are both
    tried, and the shorter is returned.
    """
    target = _next_grade(total)
    if target is None:
        return None
    name, least = target
    weighing = [finding for finding in findings if finding.weight > 0]
    ways = [_way(total, weighing, lines, least, whole=whole) for whole in (True, False)]
    chosen = min((way for way in ways if way), key=lambda way: middle(efforts(way, lines)))
    return WayUp(
        grade=name,
        findings=tuple(dict.fromkeys(finding.fingerprint for finding in chosen)),
        score_after=score_without(total, chosen),
        hours=hours(efforts(chosen, lines)),
    )


def _way(
    total: Score, findings: Sequence[Finding], lines: Sizes, least: float, *, whole: bool
) -> list[Finding]:
    """Return what is to be repaired, nothing when the score stays below ``least``.

    Args:
        whole: whether project-wide findings may be repaired, with all their sites.
    """
    climb = _Climb(total, findings, lines, whole=whole)
    if least > CAP_LIMIT:
        climb.take_critical()
    while round(climb.before_cap, 1) < least:
        if not climb.take_best():
            return []
    climb.drop_needless(least)
    way = [finding for step in climb.taken for finding in step.findings]
    return way if round(score_without(total, way), 1) >= least else []


def _next_grade(total: Score) -> tuple[str, float] | None:
    better = [
        (name, least) for name, least in GRADES if total.shown is not None and least > total.shown
    ]
    return better[-1] if better else None


class _Climb:
    """The steps taken, the weights left, and the steps there still are.

    Of steps that weigh the same only the shortest can be the best, so they lie in piles, the
    shortest on top.
    """

    def __init__(
        self, total: Score, findings: Sequence[Finding], lines: Sizes, *, whole: bool
    ) -> None:
        self._total = total
        self._lines = lines
        self._left = {category.name: category.weight for category in total.categories}
        self._gone: set[str] = set()
        self._started: set[str] = set()
        self.taken: list[_Step] = []
        alike = _alike(findings)
        self._wide = [
            _step(_with_sites(found, findings), lines)
            for found in alike.values()
            if found[0].project_wide and whole
        ]
        self._piles: dict[tuple[object, ...], list[_Step]] = {}
        steps = [_step(found, lines) for found in alike.values() if not found[0].project_wide]
        for step in sorted(steps, key=lambda step: step.hours, reverse=True):
            self._piles.setdefault((step.weights, step.once), []).append(step)

    @property
    def before_cap(self) -> float:
        """The score with the steps taken, were there no cap."""
        return 100 - fsum(lost_at(c, self._left[c.name]) for c in self._total.categories)

    def take_critical(self) -> None:
        """Repair all critical findings."""
        for step in [step for step in self._open() if step.is_critical]:
            self._take(step)

    def take_best(self) -> bool:
        """Repair what gains the most points for an hour; tell whether anything was left."""
        best = max(self._tops(), key=self._points_an_hour, default=None)
        if best is not None:
            self._take(best)
        return best is not None

    def drop_needless(self, least: float) -> None:
        """Leave out what is not needed to reach ``least``, the longest work first."""
        for step in sorted(self.taken, key=lambda step: step.hours, reverse=True):
            if least > CAP_LIMIT and step.is_critical:
                continue
            self._weigh(step, 1)
            if round(self.before_cap, 1) >= least:
                self.taken.remove(step)
            else:
                self._weigh(step, -1)

    def _open(self) -> Iterator[_Step]:
        for pile in self._piles.values():
            yield from (step for step in pile if not step.fingerprints <= self._gone)
        yield from self._wide

    def _tops(self) -> Iterator[_Step]:
        for pile in self._piles.values():
            while pile and pile[-1].fingerprints <= self._gone:
                pile.pop()
            if pile:
                yield pile[-1]
        for step in self._wide:
            rest = tuple(f for f in step.findings if f.fingerprint not in self._gone)
            yield step if len(rest) == len(step.findings) else _step(rest, self._lines)

    def _take(self, step: _Step) -> None:
        self._weigh(step, -1)
        self._gone |= step.fingerprints
        self._started |= {unit for unit, _ in step.once}
        self._absorb(step)

    def _absorb(self, step: _Step) -> None:
        """Note a step as taken; one for a whole project takes in those at its sites."""
        whole = next(
            (
                wide
                for wide in self._wide
                if step.findings[0] in wide.findings and step.findings[0].project_wide
            ),
            None,
        )
        if whole is not None:
            self._wide.remove(whole)
            sites = whole.fingerprints
            self.taken = [taken for taken in self.taken if not taken.fingerprints <= sites]
        self.taken.append(whole or step)

    def _weigh(self, step: _Step, sign: int) -> None:
        for family, weight in step.weights:
            self._left[family] += sign * weight

    def _points_an_hour(self, step: _Step) -> float:
        needed = step.hours + fsum(more for unit, more in step.once if unit not in self._started)
        gained = fsum(
            lost_at(category, self._left[category.name])
            - lost_at(category, self._left[category.name] - weight)
            for family, weight in step.weights
            for category in self._total.categories
            if category.name is family
        )
        return gained / needed


def _alike(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """Return the findings by fingerprint: a report cannot tell equal ones apart."""
    alike: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        alike[finding.fingerprint] = (*alike.get(finding.fingerprint, ()), finding)
    return alike


def _with_sites(wide: Sequence[Finding], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return a project-wide finding and those of its family at its sites."""
    sites = places(wide)
    family = wide[0].family
    own = {f.fingerprint for f in wide}
    own |= {
        f.fingerprint
        for f in findings
        if f.family is family and not f.project_wide and (f.path, f.line) in sites
    }
    at_sites = (f for f in findings if f.fingerprint in own and f not in wide)
    return (*wide, *at_sites)


def _step(findings: Sequence[Finding], lines: Sizes) -> _Step:
    weights: dict[Family, float] = {}
    for finding in findings:
        if finding.category is not None:
            weights[finding.category] = weights.get(finding.category, 0.0) + finding.weight
    once = {
        work.unit: fsum(work.hours) / 2
        for finding in findings
        for work in rows(finding.code)
        if work.driver == "once"
    }
    needed = middle(efforts(findings, lines)) - fsum(once.values())
    by_category = tuple(sorted(weights.items(), key=lambda pair: pair[0].value))
    return _Step(tuple(findings), by_category, needed, tuple(sorted(once.items())))
