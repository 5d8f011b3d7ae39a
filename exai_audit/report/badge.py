"""A badge's endpoint for shields.io: <https://shields.io/badges/endpoint-badge>."""

from __future__ import annotations

import json

from exai_audit.results.result import AuditResult

_COLORS = {"A": "brightgreen", "B": "green", "C": "yellow", "D": "orange", "F": "red"}


def render(result: AuditResult) -> str:
    """Return grade and score, or ``n/a`` where nothing was judged."""
    score = result.score
    message, color = "n/a", "lightgrey"
    if score.shown is not None and score.grade is not None:
        message, color = f"{score.grade} {score.shown:.1f}", _COLORS[score.grade[0]]
    badge = {"schemaVersion": 1, "label": result.tool.name, "message": message, "color": color}
    return json.dumps(badge, indent=2) + "\n"
