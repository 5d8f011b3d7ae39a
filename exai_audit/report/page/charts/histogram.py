"""A histogram of scores, with a mark where one's own stands."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from msgspec import Struct

from exai_audit.report.page.charts.drawing import percent, picture
from exai_audit.report.page.markup import element

_PLOT, _BASE, _HEIGHT = 26, 104, 124


class Column(Struct, frozen=True):
    """How many there are from ``least`` to below ``most``; ``part`` of them are singled out."""

    least: float
    most: float
    count: int
    part: int


def histogram(said: str, columns: Sequence[Column], mark: float, marked: str) -> Markup:
    """Return the columns on their common axis, and ``marked`` at the mark.

    Args:
        columns: without gaps, ascending; at least one.
        mark: a place on the axis.
    """
    first, last = columns[0].least, columns[-1].most
    highest = max((column.count for column in columns), default=0) or 1

    def along(value: float) -> float:
        return (value - first) / (last - first)

    parts = []
    for column in columns:
        left, width = along(column.least), (column.most - column.least) / (last - first)
        for count, tone in ((column.count, "quiet"), (column.part, "peers")):
            height = (_BASE - _PLOT) * count / highest
            box = {
                "x": percent(left + width * 0.08),
                "y": f"{_BASE - height:.1f}",
                "width": percent(width * 0.84),
                "height": f"{height:.1f}",
                "class": f"block tone-{tone}",
            }
            parts += [element("rect", box)] if count else []
    axis = {"x1": 0, "x2": "100%", "y1": _BASE + 0.5, "y2": _BASE + 0.5, "class": "axis"}
    parts.append(element("line", axis))
    for column in columns:
        share = along(column.least)
        text = {"x": percent(share), "y": _HEIGHT - 4, "class": "tick", "text-anchor": "middle"}
        parts += [element("text", text, f"{column.least:g}")] if share > 0 else []
    return picture(said, _HEIGHT, *parts, *_mark(along(mark), marked))


def _mark(share: float, said: str) -> tuple[Markup, ...]:
    place = percent(share)
    anchor = "start" if share < 0.2 else "end" if share > 0.8 else "middle"
    line = {"x1": place, "x2": place, "y1": 18, "y2": _BASE, "class": "mark"}
    text = {"x": place, "y": 12, "class": "mark-text", "text-anchor": anchor}
    return element("line", line), element("text", text, said)
