"""How the points that each category loses come about, in markdown."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.report.points import parts_of_rules
from exai_audit.results.result import AuditResult


def ledger(result: AuditResult) -> Iterator[str]:
    """Yield what each rule takes, so that a reader can add it up, and the formula in words."""
    parts = parts_of_rules(result)
    if not parts:
        return
    yield ""
    yield "| rule | category | findings | weight | debt | points lost |"
    yield "|---|---|---:|---:|---:|---:|"
    for category, rule, lost in parts:
        numbers = f"{rule.findings:,} | {rule.weight:g} | {rule.debt:.4f} | {lost}"
        yield f"| {rule.code} | {category.name.value} | {numbers} |"
    yield ""
    yield "A rule's debt is x / (1 + x/2), with x its weight over the category's allowance; a"
    yield "category loses its points x (1 - 2^-debt), shared among its rules by debt and among the"
    yield "findings of a rule by weight. `--explain-score` lists what each finding costs."
