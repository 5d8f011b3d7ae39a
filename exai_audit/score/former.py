"""The score as formula 1 would give it, told beside the gate for one release.

Its halves were measured on libraries and are kept as they were last shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum, pow

from exai_audit.finding import Family
from exai_audit.results.result import Score

_HALF: Mapping[Family, float] = {
    Family.SIZE: 8.3299,
    Family.TIMEOUTS: 0.4513,
    Family.CACHES: 0.1469,
    Family.CONCURRENCY: 0.3713,
}


def by_formula_1(total: Score) -> float | None:
    """Return what formula 1 gives for the weights of a score; None where there is no score."""
    if total.value is None:
        return None
    thousands = total.constants.judged_lines / 1000 + total.constants.smoothing
    lost = (
        category.points * (1 - pow(2, -category.weight / thousands / _HALF[category.name]))
        for category in total.categories
    )
    value = min(100.0, max(0.0, 100 - fsum(lost)))
    return min(value, total.cap.limit) if total.cap else value
