"""The formula of the score, version 1.

A finding weighs severity x confidence. A category's density is the sum of its weights over
(thousands of judged lines + 2); it loses ``points * (1 - 2 ** (-density / half))``, shared among
its findings by weight. Critical findings hold the score at ``CAP_LIMIT``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, pow

from exai_audit.finding import Confidence, Family, Finding, Severity
from exai_audit.result import Cap, CategoryScore, Score
from exai_audit.score.grades import grade

FORMULA_VERSION = 1
CAP_LIMIT = 89.9
SMOOTHING = 2.0
SHARES: Mapping[Family, float] = {
    Family.SIZE: 30.0,
    Family.TIMEOUTS: 25.0,
    Family.CACHES: 20.0,
    Family.CONCURRENCY: 25.0,
}
PROVISIONAL = True
"""The constants below are estimates; the calibration replaces them by measured ones."""
HALF: Mapping[Family, float] = {
    Family.SIZE: 4.0,
    Family.TIMEOUTS: 2.0,
    Family.CACHES: 1.0,
    Family.CONCURRENCY: 2.0,
}
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
    """The score, and for each finding, in the order given, what it costs and what its repair gains.

    All ``points`` and the cap's cost sum to 100 minus the score. ``gains`` come from scoring again
    without that one finding. Both are 0 throughout when there is no score.
    """

    score: Score
    points: tuple[float, ...]
    gains: tuple[float, ...]


def score(
    findings: Sequence[Finding],
    judged_lines: int,
    families: Collection[Family],
    min_confidence: Confidence = Confidence.MEDIUM,
    shares: Mapping[Family, float] = SHARES,
) -> Scored:
    """Score the findings of the judged scopes.

    Args:
        findings: all that count, suppressed ones left out; scope and display filters are not
            looked at here.
        judged_lines: physical lines of the judged files.
        families: those that were judged; the points of the others go to these.
        min_confidence: findings less sure than this weigh nothing.
        shares: the points of each category, in any scale.
    """
    points = _points(families, shares)
    homes = [_home(finding, points) for finding in findings]
    weights = [
        _weight(finding, min_confidence) if home else 0.0
        for finding, home in zip(findings, homes, strict=True)
    ]
    thousands = judged_lines / 1000 + SMOOTHING
    categories = tuple(_category(f, points, homes, weights, thousands) for f in SHARES)
    if judged_lines <= 0 or not points:
        nothing = (0.0,) * len(findings)
        return Scored(Score(None, None, categories, provisional=PROVISIONAL), nothing, nothing)
    critical = [
        i for i, f in enumerate(findings) if weights[i] > 0 and f.severity is Severity.CRITICAL
    ]
    before_cap = _bounded(100 - fsum(category.lost for category in categories))
    value = min(before_cap, CAP_LIMIT) if critical else before_cap
    holders = tuple(sorted(findings[i].fingerprint for i in critical))
    cap = Cap(CAP_LIMIT, before_cap - value, holders) if critical else None
    by_name = {category.name: category for category in categories}
    costs, gains = [0.0] * len(findings), [0.0] * len(findings)
    for index, (home, weight) in enumerate(zip(homes, weights, strict=True)):
        if home is None or weight == 0:
            continue
        category = by_name[home]
        costs[index] = category.lost * weight / category.weight
        after = _bounded(before_cap + category.lost - _lost_without(category, weight, thousands))
        capped = any(other != index for other in critical[:2])
        gains[index] = max(0.0, (min(after, CAP_LIMIT) if capped else after) - value)
    result = Score(value, grade(round(value, 1)), categories, cap, provisional=PROVISIONAL)
    return Scored(result, tuple(costs), tuple(gains))


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


def _category(
    family: Family,
    points: Mapping[Family, float],
    homes: Sequence[Family | None],
    weights: Sequence[float],
    thousands: float,
) -> CategoryScore:
    own = [weight for home, weight in zip(homes, weights, strict=True) if home is family]
    weight = fsum(own)
    density = weight / thousands
    total, half = points.get(family, 0.0), HALF[family]
    lost = total * _lost_part(density, half)
    counted = sum(w > 0 for w in own)
    return CategoryScore(family, family in points, total, lost, weight, density, half, counted)


def _lost_without(category: CategoryScore, weight: float, thousands: float) -> float:
    """Return what the category would lose without a finding of ``weight``."""
    rest = max(0.0, category.weight - weight)
    return category.points * _lost_part(rest / thousands, category.half)


def _lost_part(density: float, half: float) -> float:
    return 1.0 - pow(2.0, -density / half)


def _bounded(value: float) -> float:
    return min(100.0, max(0.0, value))
