"""The score's ledger: what every finding costs, and how that adds up to the score.

All points are rounded to four places so that they still add up, exactly, to what stands above
them: what rounding leaves over goes to those that lost most by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor

from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import location, why_no_score
from exai_audit.report.escape import visible
from exai_audit.results.result import AuditResult, CategoryScore, Constants

_UNITS = 10_000


def render(result: AuditResult) -> str:
    """Return the ledger as plain text."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: AuditResult) -> Iterator[str]:
    total = result.score
    if total.value is None:
        yield f"There is no score: {why_no_score(result)}."
        return
    yield f"Score formula {result.tool.formula_version}: 100 points, less what follows."
    cap = total.cap.cost if total.cap else 0.0
    losses = [*(category.lost for category in total.categories), cap]
    units = shared(_UNITS * 100 - round(total.value * _UNITS), losses)
    for category, lost in zip(total.categories, units, strict=False):
        yield ""
        yield from _category(category, lost, result)
    yield from _cap(result, units[-1])
    names = [*(category.name.value for category in total.categories), "cap"]
    yield ""
    yield f"  {_decimal(_UNITS * 100):>9}"
    yield from (f"- {_decimal(n):>9}  {name}" for n, name in zip(units, names, strict=True))
    yield f"= {_decimal(_UNITS * 100 - sum(units)):>9}  shown as {total.shown:.1f} ({total.grade})"
    yield from _weightless(result)


def _cap(result: AuditResult, units: int) -> Iterator[str]:
    cap = result.score.cap
    if cap is None:
        return
    holders = set(cap.findings)
    yield ""
    yield f"cap: critical findings hold the score at {cap.limit} or less"
    for finding in result.findings:
        if finding.fingerprint in holders:
            yield f"               {finding.code}  {visible(location(finding))}"
    yield f"  {_decimal(units):>9}  what that costs beyond the categories"


def _category(category: CategoryScore, units: int, result: AuditResult) -> Iterator[str]:
    name = category.name.value
    if not category.judged:
        yield f"{name}: not judged; its points are shared among the others"
        return
    own = [finding for finding in result.findings if finding.category is category.name]
    if not own:
        yield f"{name}: {category.points:.4f} points to lose, nothing lost"
        return
    own.sort(key=lambda finding: (-finding.weight, finding.path, finding.line, finding.code))
    constants, density = result.score.constants, f"{category.density:.4f}"
    yield f"{name}: {category.points:.4f} points to lose"
    yield (
        f"  density {density} = weight {category.weight:g} / ({constants.judged_lines:,} judged"
        f" lines / 1000 + {constants.smoothing:g})"
    )
    yield (
        f"  lost {_decimal(units)} = {category.points:.4f} x (1 - 2^(-{density} /"
        f" {category.half:g})), shared by weight:"
    )
    costs = shared(units, [finding.points for finding in own])
    for finding, cost in zip(own, costs, strict=True):
        yield f"  {_decimal(cost):>9}  {_weight(finding, constants)}"
    yield f"  {_decimal(sum(costs)):>9}  sum of {len(own):,}"


def _weight(finding: Finding, constants: Constants) -> str:
    severity = constants.severity[finding.severity.value]
    confidence = constants.confidence[finding.confidence.value]
    product = f"{severity:>2g} x {confidence:g} = {finding.weight:g}"
    named = f"{finding.severity.value}, {finding.confidence.value} confidence"
    return f"{product:<14} {finding.code}  {visible(location(finding))}  ({named})"


def _weightless(result: AuditResult) -> Iterator[str]:
    free = [finding for finding in result.findings if finding.category is None]
    if free:
        yield ""
        yield f"Findings that weigh nothing: {len(free):,} (too unsure, or of no category)."
    if result.suppressed:
        yield f"Suppressed findings, left out: {len(result.suppressed):,}."


def shared(units: int, parts: Sequence[float]) -> list[int]:
    """Round ``parts``, in points, to whole units so that they sum to ``units``.

    Each is rounded down; the units left over go to those with the largest remainders, of equals
    to the first.
    """
    exact = [part * _UNITS for part in parts]
    whole = [floor(one) for one in exact]
    left = units - sum(whole)
    by_remainder = sorted(range(len(parts)), key=lambda i: whole[i] - exact[i])
    for turn in range(left):
        whole[by_remainder[turn % len(parts)]] += 1
    for _ in range(-left):
        whole[max(range(len(parts)), key=lambda i: whole[i])] -= 1
    return whole


def _decimal(units: int) -> str:
    return f"{units // _UNITS}.{units % _UNITS:04d}"
