"""The scores of packages, folders or owners: as lines, as a table, as ledgers."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.report.bottlenecks import counted
from exai_audit.report.escape import cell_code, visible
from exai_audit.results.result import Breakdown, PartScore


def title(breakdown: Breakdown) -> str:
    """Return what the parts are, for example "By package, the worst first"."""
    return f"By {breakdown.by.value}, the worst first"


def lines(breakdown: Breakdown) -> Iterator[str]:
    """Yield each part with its score and what it loses where; nothing in them is hidden."""
    names = [visible(part.name) for part in breakdown.parts]
    width = max(map(len, names), default=0)
    for name, part in zip(names, breakdown.parts, strict=True):
        size = f"{counted(part.lines, 'line')}, {counted(part.findings, 'finding')}"
        losses = ", ".join(f"{family} −{lost:.1f}" for family, lost in _losses(part))
        yield f"{_score(part)}  {name:<{width}}  {size}" + (f"; {losses}" if losses else "")


def table(breakdown: Breakdown) -> Iterator[str]:
    """Yield the parts as a table in markdown."""
    families = [c.name for c in breakdown.parts[0].score.categories] if breakdown.parts else []
    heads = " | ".join(family.value for family in families)
    yield f"| {breakdown.by.value} | score | lines | findings | {heads} |"
    yield "|---|---:|---:|---:|" + "---:|" * len(families)
    for part in breakdown.parts:
        losses = dict(_losses(part))
        lost = " | ".join(_lost(losses.get(family.value, 0.0)) for family in families)
        size = f"{part.lines:,} | {part.findings:,}"
        yield f"| {cell_code(part.name)} | {_score(part).strip()} | {size} | {lost} |"


def _lost(points: float) -> str:
    return f"−{points:.1f}" if points else "0"


def _score(part: PartScore) -> str:
    score = part.score
    if score.shown is None or score.grade is None:
        return "n/a     "
    return f"{score.grade:<2} {score.shown:>5.1f}"


def _losses(part: PartScore) -> Iterator[tuple[str, float]]:
    """Yield the categories that lose something which is seen, the most first."""
    for category in sorted(part.score.categories, key=lambda category: -category.lost):
        if category.lost >= 0.05:
            yield category.name.value, category.lost
