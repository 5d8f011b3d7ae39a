"""One decomposition plan in the formats of ``exai-audit plan``."""

from __future__ import annotations

from exai_audit.report import json, plan_tree
from exai_audit.report.markdown import plan as markdown_plan
from exai_audit.results.plans import ClassPlan, Plan

FORMATS: tuple[str, ...] = ("terminal", "markdown", "json")


def render(plan: Plan | ClassPlan, name: str, *, width: int = 80, ascii_only: bool = False) -> str:
    """Render ``plan`` in the format ``name``, one of ``FORMATS``.

    Args:
        width: columns (terminal).
        ascii_only: without any character outside ASCII (terminal).
    """
    if name == "json":
        return json.render_plan(plan)
    if name == "markdown":
        return markdown_plan.render(plan)
    return plan_tree.render(plan, width=width, ascii_only=ascii_only)
