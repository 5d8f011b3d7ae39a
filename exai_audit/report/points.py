"""Points rounded to four places so that they still add up, exactly, to what they are parts of.

What rounding leaves over goes to those that lost most by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from exai_audit.results.result import AuditResult, CategoryScore, RuleScore, Score

UNITS = 10_000
"""So many units are a point."""


def units_lost(total: Score) -> list[int]:
    """Return what each category loses, and last what the cap costs, in units; empty without one."""
    if total.value is None:
        return []
    cap = total.cap.cost if total.cap else 0.0
    losses = [*(category.lost for category in total.categories), cap]
    return shared(UNITS * 100 - round(total.value * UNITS), losses)


def parts_of_rules(result: AuditResult) -> list[tuple[CategoryScore, RuleScore, str]]:
    """Return what each rule takes, in points, category by category."""
    found: list[tuple[CategoryScore, RuleScore, str]] = []
    for category, units in zip(result.score.categories, units_lost(result.score), strict=False):
        parts = shared(units, [rule.lost for rule in category.rules]) if category.rules else []
        pairs = zip(category.rules, parts, strict=True)
        found.extend((category, rule, decimal(part)) for rule, part in pairs)
    return found


def shared(units: int, parts: Sequence[float]) -> list[int]:
    """Round ``parts``, in points, to whole units so that they sum to ``units``.

    Each is rounded down; the units left over go to those with the largest remainders, of equals
    to the first.
    """
    exact = [part * UNITS for part in parts]
    whole = [floor(one) for one in exact]
    left = units - sum(whole)
    by_remainder = sorted(range(len(parts)), key=lambda i: whole[i] - exact[i])
    for turn in range(left):
        whole[by_remainder[turn % len(parts)]] += 1
    for _ in range(-left):
        whole[max(range(len(parts)), key=lambda i: whole[i])] -= 1
    return whole


def decimal(units: int) -> str:
    """Return units as points with four places."""
    return f"{units // UNITS}.{units % UNITS:04d}"
