"""What the tool drew up for a bottleneck: each is collapsed under the first one that it solves."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.report.bottlenecks import Bottleneck
from exai_audit.report.escape import code_block
from exai_audit.report.markdown.caches import cache_strategy
from exai_audit.report.markdown.plan import class_section, plan_section
from exai_audit.results.result import AuditResult

_MODULES = frozenset({"EXA101", "EXA105"})
_TIMEOUT_SITES = frozenset({"EXA201", "EXA202"})


def solutions(result: AuditResult, group: Bottleneck, limit: int | None) -> Iterator[str]:
    """Yield the recommended solution of one bottleneck, nothing where there is none.

    Args:
        limit: how many lines a list may have; a solution longer than that is only named.
    """
    codes = {finding.code for finding in group.findings}
    if codes & _MODULES:
        plans = (plan for plan in result.plans if plan.path == group.head.path)
        yield from (line for plan in plans for line in plan_section(plan, limit))
    if "EXA104" in codes:
        named = {(f.path, f.symbol) for f in group.findings if f.code == "EXA104"}
        for found in result.class_plans:
            if (found.path, found.name) in named:
                yield from class_section(found, limit)
    if result.timeout_config is not None and codes & _TIMEOUT_SITES and _leads(result, group):
        yield from folded("Recommended: timeouts.py", result.timeout_config, "python", limit)
    if result.cache_strategy is not None and "EXA305" in codes:
        yield from cache_strategy(result.cache_strategy, limit)


def _leads(result: AuditResult, group: Bottleneck) -> bool:
    """Tell whether the group holds the finding that the generated module is shown under."""
    sites = [f for f in result.findings if f.code in _TIMEOUT_SITES]
    first = max(sites, key=lambda f: f.project_wide)
    return first in group.findings


def folded(title: str, text: str, language: str, limit: int | None) -> Iterator[str]:
    """Yield a collapsed block of code; longer than ``limit`` lines it is only named."""
    lines = text.rstrip("\n").split("\n")
    if limit is not None and len(lines) > limit:
        yield f"{title} ({len(lines)} lines) is in the JSON report."
        return
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from code_block(lines, language)
    yield ""
    yield "</details>"
