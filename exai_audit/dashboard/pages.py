"""The page of the dashboard: the report, what changed since the start, and the score's line."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from exai_audit.dashboard.watched import Sight
from exai_audit.report.bottlenecks import counted
from exai_audit.report.html.document import TEMPLATES, values_of
from exai_audit.report.members import Json
from exai_audit.report.page.charts.score_line import ScorePoint, score_line
from exai_audit.report.page.frame import Assets, data_block, page, page_assets

_HERE = Path(__file__).parent
_FOLDERS = (_HERE / "templates", TEMPLATES)


def dashboard_page(sight: Sight) -> str:
    """Return the page of what there is to see."""
    values: dict[str, object] = {
        "sight": sight,
        "line": _line(sight),
        "sight_data": data_block("sight", summary(sight)),
    }
    if sight.result is None:
        return page(_FOLDERS, "waiting.html", values, _assets())
    return page(_FOLDERS, "dashboard.html", values_of(sight.result) | values, _assets())


def summary(sight: Sight) -> dict[str, Json]:
    """Return what is told to pages that are open."""
    result, since = sight.result, sight.since_start
    return {
        "number": sight.number,
        "score": result.score.shown if result else None,
        "grade": result.score.grade if result else None,
        "new": len(since.new) if since else 0,
        "fixed": len(since.fixed) if since else 0,
        "problem": sight.problem,
    }


def _line(sight: Sight) -> Markup:
    points = [
        ScorePoint(one.score, f"{one.name[:8]} {one.date}: {one.score:.1f}, {one.subject}", "past")
        for one in sight.history
    ]
    points += [
        ScorePoint(score, f"{score:.1f}: {new} new, {fixed} fixed")
        for score, new, fixed in sight.scores
    ]
    if not points:
        return Markup("")
    commits = counted(len(sight.history), "commit")
    return score_line(f"The score over {commits} and since the dashboard was started", points)


@lru_cache(maxsize=1)
def _assets() -> Assets:
    style, script = (
        (_HERE / "assets" / name).read_text(encoding="utf-8") for name in ("live.css", "live.js")
    )
    return page_assets(style, (script,), "'self'")
