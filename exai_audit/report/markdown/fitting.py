"""The markdown report within so many bytes: what costs most stays longest."""

from __future__ import annotations

from collections.abc import Callable, Collection

from exai_audit.report.bottlenecks import Bottleneck, bottlenecks
from exai_audit.report.markdown.document import document, summary, title
from exai_audit.results.result import AuditResult

_MISSED_LEAST = (
    "Distributions", "Caches", "Timeout map", "Risk assessment", "Implementation strategy",
    "Codebase scale", "Impact", "Strengths", "Way to the next grade", "Recommendations", "Score",
    "Score of each part", "Fixed", "How to verify",
)  # fmt: skip
"""Sections that are left out for want of room, in this order."""
_LEAST_SHOWN = 3
_MOST_LINES = 1000
"""Of a list, where there is any limit at all."""


def render(result: AuditResult, *, top: int | None = 10, max_size: int | None = None) -> str:
    """Return the report; the bottlenecks after the first ``top`` are a collapsed list.

    With ``max_size`` it has at most that many bytes of UTF-8. Sections are left out, those first
    that one misses least, until there is room for the costliest bottlenecks; then as many of these
    are shown as have room, then as many lines of the lists. What was left out is counted.
    """
    groups = bottlenecks(result.findings)
    full = len(groups) if top is None else min(top, len(groups))
    if max_size is None:
        return document(result, groups, full, None)

    for least in range(min(full, _LEAST_SHOWN), -1, -1):
        for number in range(len(_MISSED_LEAST) + 1):
            without = _MISSED_LEAST[:number]
            if len(document(result, groups, least, 0, without).encode()) <= max_size:
                return _filled(result, groups, full, without, max_size)
    text = "\n".join((*title(result), "", *summary(result, groups, worst=1), ""))
    return text.encode()[:max_size].decode(errors="ignore")


def _filled(
    result: AuditResult,
    groups: tuple[Bottleneck, ...],
    full: int,
    without: Collection[str],
    max_size: int,
) -> str:
    """Return the report with as many bottlenecks, and then as many lines of lists, as have room."""

    def fits(shown: int, limit: int) -> bool:
        return len(document(result, groups, shown, limit, without).encode()) <= max_size

    shown = _largest(full, lambda number: fits(number, 0))
    limit = _largest(_MOST_LINES, lambda number: fits(shown, number))
    return document(result, groups, shown, limit, without)


def _largest(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest number up to ``most`` for which a condition holds; it holds for 0."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
