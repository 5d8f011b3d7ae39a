"""The formula of the score, version 1.

A finding weighs severity x confidence. A category's density is the sum of its weights over
(thousands of judged lines + 2); it loses ``points * (1 - 2 ** (-density / half))``, shared among
its findings by weight. Critical findings hold the score at ``CAP_LIMIT``. The halves are measured
on the reference set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum, pow

from exai_audit.finding import Confidence, Family, Finding, Severity
from exai_audit.results.result import Cap, CategoryScore, Constants, Score
from exai_audit.score.grades import grade
from exai_audit.score.reference import reference

FORMULA_VERSION = 1
CAP_LIMIT = 89.9
SMOOTHING = 2.0
SHARES: Mapping[Family, float] = {
    Family.SIZE: 30.0,
    Family.TIMEOUTS: 25.0,
    Family.CACHES: 20.0,
    Family.CONCURRENCY: 25.0,
}
PROVISIONAL = reference().provisional
"""Whether the calibration has to be run again before anybody relies on it."""
HALF: Mapping[Family, float] = reference().half
_SEVERITY = {
    Severity.LOW: 1.0,
    Severity.MEDIUM: 4.0,
    Severity.HIGH: 10.0,
    Severity.CRITICAL: 25.0,
}
_CONFIDENCE = {Confidence.HIGH: 1.0, Confidence.MEDIUM: 0.6, Confidence.LOW: 0.3}
_FAILED_FILES = frozenset({"EXA001", "EXA002"})


@dataclass(frozen=True, slots=True)
class Scored:
    """The score, and the findings, in the order given, with what they weigh, cost and gain.

    All ``points`` and the cap's cost sum to 100 minus the score. Gains come from scoring again
    without that one finding. Both are 0 throughout when there is no score.
    """

    score: Score
    findings: tuple[Finding, ...]


def score(
    findings: Sequence[Finding],
    judged_lines: int,
    families: Collection[Family],
    min_confidence: Confidence = Confidence.MEDIUM,
    shares: Mapping[Family, float] = SHARES,
    half: Mapping[Family, float] = HALF,
) -> Scored:
    """Score the findings of the judged scopes.

    Args:
        findings: all that count, suppressed ones left out; scope and display filters are not
            looked at here.
        judged_lines: physical lines of the judged files.
        families: those that were judged; the points of the others go to these.
        min_confidence: findings less sure than this weigh nothing.
        shares: the points of each category, in any scale.
        half: the density of each category at which half of its points are gone.
    """
    points = _points(families, shares)
    homes = [_home(finding, points) for finding in findings]
    weights = [
        _weight(finding, min_confidence) if home else 0.0
        for finding, home in zip(findings, homes, strict=True)
    ]
    thousands = judged_lines / 1000 + SMOOTHING
    categories = tuple(
        _category(family, points.get(family), half[family], own, thousands)
        for family, own in _by_category(homes, weights).items()
    )
    constants = _constants(judged_lines)
    weighed = [
        replace(finding, weight=weight, category=home if weight else None, points=0.0, gain=0.0)
        for finding, home, weight in zip(findings, homes, weights, strict=True)
    ]
    if judged_lines <= 0 or not points:
        none = Score(None, None, categories, constants, provisional=PROVISIONAL)
        return Scored(none, tuple(weighed))
    before_cap = _bounded(100 - fsum(category.lost for category in categories))
    holders = tuple(sorted(finding.fingerprint for finding in weighed if _holds(finding)))
    value = min(before_cap, CAP_LIMIT) if holders else before_cap
    cap = Cap(CAP_LIMIT, before_cap - value, holders) if holders else None
    name = grade(round(value, 1))
    total = Score(value, name, categories, constants, cap, provisional=PROVISIONAL)
    return Scored(total, tuple(_priced(finding, total) for finding in weighed))


def score_without(total: Score, repaired: Iterable[Finding]) -> float:
    """Return what a score would be without some of the findings that it was made of.

    Args:
        repaired: findings as ``Scored`` holds them, each once.

    Raises:
        ValueError: there is no score.
    """
    if total.value is None:
        raise ValueError("no score to compare with")
    gone: dict[Family, list[float]] = {}
    holders = len(total.cap.findings) if total.cap else 0
    for finding in repaired:
        if finding.category is not None:
            gone.setdefault(finding.category, []).append(finding.weight)
            holders -= _holds(finding)
    lost = [
        lost_at(category, category.weight - fsum(gone[category.name]))
        if category.name in gone
        else category.lost
        for category in total.categories
    ]
    before_cap = _bounded(100 - fsum(lost))
    return min(before_cap, CAP_LIMIT) if holders > 0 else before_cap


def _priced(finding: Finding, total: Score) -> Finding:
    if finding.category is None:
        return finding
    category = next(c for c in total.categories if c.name is finding.category)
    cost = category.lost * finding.weight / category.weight
    gain = max(0.0, score_without(total, (finding,)) - (total.value or 0.0))
    return replace(finding, points=cost, gain=gain)


def _holds(finding: Finding) -> bool:
    """Tell whether a finding holds the score at the cap."""
    return finding.weight > 0 and finding.severity is Severity.CRITICAL


def _constants(judged_lines: int) -> Constants:
    return Constants(
        judged_lines,
        SMOOTHING,
        {severity.value: weight for severity, weight in _SEVERITY.items()},
        {confidence.value: weight for confidence, weight in _CONFIDENCE.items()},
    )


def _points(families: Collection[Family], shares: Mapping[Family, float]) -> dict[Family, float]:
    """Return the points of the judged categories, rescaled to 100; empty when none has any."""
    judged = {family: shares[family] for family in SHARES if family in families}
    total = fsum(judged.values())
    return {family: 100 * share / total for family, share in judged.items()} if total > 0 else {}


def _home(finding: Finding, points: Mapping[Family, float]) -> Family | None:
    """Return the category that a finding weighs in."""
    if finding.code in _FAILED_FILES:
        return max(points, key=lambda family: points[family], default=None)
    return finding.family if finding.family in points else None


def _weight(finding: Finding, min_confidence: Confidence) -> float:
    if finding.confidence.rank < min_confidence.rank:
        return 0.0
    return _SEVERITY[finding.severity] * _CONFIDENCE[finding.confidence]


def _by_category(
    homes: Sequence[Family | None], weights: Sequence[float]
) -> dict[Family, list[float]]:
    own: dict[Family, list[float]] = {family: [] for family in SHARES}
    for home, weight in zip(homes, weights, strict=True):
        if home is not None and weight > 0:
            own[home].append(weight)
    return own


def _category(
    family: Family, points: float | None, half: float, own: Sequence[float], thousands: float
) -> CategoryScore:
    weight = fsum(own)
    density = weight / thousands
    total = points or 0.0
    lost = total * _lost_part(density, half)
    return CategoryScore(
        family, points is not None, total, lost, weight, density, half, findings=len(own)
    )


def lost_at(category: CategoryScore, weight: float) -> float:
    """Return what the category would lose if its findings weighed ``weight`` in all."""
    if category.weight == 0:
        return category.lost
    density = category.density * max(0.0, weight) / category.weight
    return category.points * _lost_part(density, category.half)


def _lost_part(density: float, half: float) -> float:
    return 1.0 - pow(2.0, -density / half)


def _bounded(value: float) -> float:
    return min(100.0, max(0.0, value))
