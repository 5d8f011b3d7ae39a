"""The score's ledger: what every finding costs, and how that adds up to the score.

All points are rounded so that they still add up, exactly, to what stands above them.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from exai_audit.finding import Family, Finding
from exai_audit.report.bottlenecks import counted, location, why_no_score
from exai_audit.report.escape import visible
from exai_audit.report.points import UNITS, decimal, parts_of_rules, shared, units_lost
from exai_audit.results.result import AuditResult, CategoryScore, Constants, RuleScore
from exai_audit.rulebook.registry import rule_of
from exai_audit.score.breakdown import parts


def render(result: AuditResult) -> str:
    """Return the ledger as plain text."""
    ledgers = [list(_lines(result))]
    for part, findings in parts(result, result.breakdown.by) if result.breakdown else ():
        own = replace(result, score=part.score, findings=findings)
        ledgers.append([f"== {visible(part.name)}", "", *_lines(own)])
    return "\n\n".join("\n".join(lines) for lines in ledgers) + "\n"


def _lines(result: AuditResult) -> Iterator[str]:
    total = result.score
    if total.value is None:
        yield f"There is no score: {why_no_score(result)}."
        return
    yield f"Score formula {result.tool.formula_version}: 100 points, less what each category loses."
    units = units_lost(total)
    names = [*(category.name.value for category in total.categories), "cap"]
    yield ""
    yield f"  {decimal(UNITS * 100):>9}"
    yield from (f"- {decimal(n):>9}  {name}" for n, name in zip(units, names, strict=True))
    yield f"= {decimal(UNITS * 100 - sum(units)):>9}  shown as {total.shown:.1f} ({total.grade})"
    yield from _sums(result)
    for category, lost in zip(total.categories, units, strict=False):
        yield ""
        yield from _category(category, lost, result)
    yield from _cap(result, units[-1])
    yield from _weightless(result)


def _sums(result: AuditResult) -> Iterator[str]:
    """Yield what each rule takes, the most first; what stands below adds up to these."""
    found = parts_of_rules(result)
    if found:
        yield ""
        yield "What each rule takes:"
    for _, rule, lost in sorted(found, key=lambda part: -part[1].lost):
        known = rule_of(rule.code)
        name = f" {known.name}" if known else ""
        yield f"  {lost:>9}  {rule.code}{name}, {counted(rule.findings, 'finding')}"


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
    yield f"  {decimal(units):>9}  what that costs beyond the categories"


def _category(category: CategoryScore, units: int, result: AuditResult) -> Iterator[str]:
    name = category.name.value
    if not category.judged:
        yield f"{name}: not judged; its points are shared among the others"
        return
    if not category.rules:
        yield f"{name}: {category.points:.4f} points to lose, nothing lost"
        return
    debts = " + ".join(f"{rule.debt:.4f}" for rule in category.rules)
    yield f"{name}: {category.points:.4f} points to lose"
    yield f"  allowance {category.allowance:.4f} = {_allowance(category, result.score.constants)}"
    yield (
        f"  debt {category.debt:.4f} = {debts}"
        if len(category.rules) > 1
        else (f"  debt {category.debt:.4f}")
    )
    yield (
        f"  lost {decimal(units)} = {category.points:.4f} x (1 - 2^-{category.debt:.4f}), shared"
        " among the rules by debt:"
    )
    for rule, part in zip(
        category.rules, shared(units, [r.lost for r in category.rules]), strict=True
    ):
        yield from _rule(rule, part, category, result)
    yield f"  {decimal(units):>9}  sum of {category.findings:,} in {name}"


def _allowance(category: CategoryScore, constants: Constants) -> str:
    lines = f"({constants.judged_lines:,} judged lines / 1000 + {constants.smoothing:g})"
    root = "" if category.name is Family.SIZE else "square root of "
    return f"{constants.factors[category.name.value]:g} x {root}{lines}"


def _rule(
    rule: RuleScore, units: int, category: CategoryScore, result: AuditResult
) -> Iterator[str]:
    """Yield what a rule costs, and the findings that share it by weight."""
    own = [f for f in result.findings if f.category is category.name and f.code == rule.code]
    own.sort(key=lambda finding: (-finding.weight, finding.path, finding.line))
    yield (
        f"  {rule.code}: {decimal(units)}; debt {rule.debt:.4f} = x / (1 + x/2) with x = weight"
        f" {rule.weight:g} / {category.allowance:.4f}; shared by weight:"
    )
    for finding, cost in zip(own, shared(units, [f.points for f in own]), strict=True):
        yield f"  {decimal(cost):>9}  {_weight(finding, result.score.constants)}"


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
