"""The line of a score: one place for each point, from 0 to 100 or the part of it that is used."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from markupsafe import Markup
from msgspec import Struct

from exai_audit.report.page.charts.drawing import percent, picture
from exai_audit.report.page.markup import element
from exai_audit.score.grades import GRADES

_HEIGHT, _TOP, _BOTTOM, _LEFT = 140, 10, 130, 0.045
_MOST_DOTS = 60


class ScorePoint(Struct, frozen=True):
    """A score at one moment, what is said of it, and the tone of its dot."""

    score: float
    title: str
    tone: str = "peers"


def score_line(said: str, points: Sequence[ScorePoint]) -> Markup:
    """Return the line through the points, at least one, oldest first, with the grades behind."""
    scores = [point.score for point in points]
    least = max(0, floor(min(scores) / 5) * 5 - 5)
    most = min(100, floor(max(scores) / 5) * 5 + 10)

    def height(score: float) -> float:
        return _BOTTOM - (score - least) / (most - least) * (_BOTTOM - _TOP)

    def along(number: int) -> float:
        share = number / (len(points) - 1) if len(points) > 1 else 0.5
        return _LEFT + share * (0.99 - _LEFT)

    grades = [(name, at) for name, at in GRADES if least < at < most and len(name) == 1]
    bands = [part for name, at in grades for part in _grade(name, at, height(at))]
    path = " ".join(
        f"{'M' if number == 0 else 'L'}{1000 * along(number):.1f} {height(point.score):.1f}"
        for number, point in enumerate(points)
    )
    stretched = {
        "viewBox": f"0 0 1000 {_HEIGHT}", "preserveAspectRatio": "none",
        "width": "100%", "height": _HEIGHT,
    }  # fmt: skip
    line = element("svg", stretched, element("path", {"d": path, "class": "line"}))
    shown = range(max(0, len(points) - _MOST_DOTS), len(points))
    dots = [_dot(points[i], along(i), height(points[i].score)) for i in shown]
    return picture(said, _HEIGHT, *bands, line, *dots)


def _grade(name: str, least: float, y: float) -> tuple[Markup, Markup]:
    line = {"x1": 0, "x2": "100%", "y1": f"{y:.1f}", "y2": f"{y:.1f}", "class": "grid"}
    text = {"x": 0, "y": f"{y - 4:.1f}", "class": "tick"}
    return element("line", line), element("text", text, f"{name} {least:g}")


def _dot(point: ScorePoint, share: float, y: float) -> Markup:
    circle = {"cx": percent(share), "cy": f"{y:.1f}", "r": 4, "class": f"dot tone-{point.tone}"}
    return element("g", {}, element("title", {}, point.title), element("circle", circle))
