"""What to do, added to a result: recommendations, phases, impact and the way up."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from exai_audit.facts.file import FileFacts
from exai_audit.planning.effort import sizes
from exai_audit.planning.impact import impact
from exai_audit.planning.phases import phases
from exai_audit.planning.recommend import recommend
from exai_audit.planning.way_up import way_up
from exai_audit.results.result import AuditResult


def with_agenda(result: AuditResult, judged: Sequence[FileFacts]) -> AuditResult:
    """Return ``result`` with everything that follows from its findings, score and plans."""
    total, lines = result.score, sizes(judged)
    split = {file.path for file in judged if file.shape is not None and file.shape.is_mixed}
    planned = recommend(result.findings, total, lines, split)
    return replace(
        result,
        score=replace(total, way_up=way_up(total, planned, lines)),
        recommendations=tuple(one.item for one in planned),
        phases=phases(planned, total),
        impact=impact(planned, total, judged, result.plans),
    )
