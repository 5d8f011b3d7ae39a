"""Durations on a logarithmic axis, in lanes; what never ends stands at the right edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor, log10, sqrt

from markupsafe import Markup
from msgspec import Struct

from exai_audit.report.page.charts.drawing import percent, picture
from exai_audit.report.page.markup import element

_TOP, _LANE, _HEAD = 8, 46, 18
_LEFT, _RIGHT, _EDGE = 0.03, 0.86, 0.95
_TICKS = (
    (0.001, "1 ms"), (0.01, "10 ms"), (0.1, "0.1 s"), (1, "1 s"), (10, "10 s"), (60, "1 min"),
    (600, "10 min"), (3600, "1 h"), (36000, "10 h"), (864000, "10 d"), (8640000, "100 d"),
)  # fmt: skip


class Dot(Struct, frozen=True):
    """So many limits of one length; ``seconds`` is None where there is no end."""

    seconds: float | None
    count: int
    title: str
    tone: str
    is_ring: bool = False


class Pair(Struct, frozen=True):
    """Two limits that belong together: a line joins them."""

    inner: float
    outer: float
    title: str


class Lane(Struct, frozen=True):
    """One row of the chart, with its name."""

    label: str
    dots: tuple[Dot, ...] = ()
    pairs: tuple[Pair, ...] = ()


def time_axis(said: str, lanes: Sequence[Lane]) -> Markup:
    """Return the lanes below one another on a common axis; all durations are positive."""
    least, most = _span(lanes)
    bottom = _TOP + _LANE * len(lanes)

    def along(seconds: float) -> float:
        share = (log10(min(max(seconds, least), most)) - log10(least)) / log10(most / least)
        return _LEFT + share * (_RIGHT - _LEFT)

    ticks = [(along(at), text) for at, text in _TICKS if least <= at <= most]
    parts: list[Markup] = []
    for share, text in [*ticks, (_EDGE, "no limit")]:
        place = percent(share)
        parts.append(
            element("line", {"x1": place, "x2": place, "y1": _TOP, "y2": bottom, "class": "grid"})
        )
        below = {"x": place, "y": bottom + 16, "class": "tick", "text-anchor": "middle"}
        parts.append(element("text", below, text))
    for number, lane in enumerate(lanes):
        top = _TOP + _LANE * number
        parts.append(element("text", {"x": 0, "y": top + 12, "class": "lane"}, lane.label))
        line = {"x1": 0, "x2": "100%", "y1": top + _LANE, "y2": top + _LANE, "class": "grid"}
        parts.append(element("line", line))
        middle = top + _HEAD + (_LANE - _HEAD) / 2
        parts += [_pair(pair, along(pair.inner), along(pair.outer), middle) for pair in lane.pairs]
        parts += [
            _dot(dot, _EDGE if dot.seconds is None else along(dot.seconds), middle)
            for dot in sorted(lane.dots, key=lambda dot: -dot.count)
        ]
    return picture(said, bottom + 22, *parts)


def _span(lanes: Iterable[Lane]) -> tuple[float, float]:
    """Return the powers of ten around all durations, two of them apart at least."""
    known = list(_durations(lanes)) or [1.0]
    least = 10.0 ** floor(log10(min(known)))
    most = 10.0 ** ceil(log10(max(known)))
    return least, max(most, least * 100)


def _durations(lanes: Iterable[Lane]) -> Iterator[float]:
    for lane in lanes:
        yield from (dot.seconds for dot in lane.dots if dot.seconds is not None)
        yield from (end for pair in lane.pairs for end in (pair.inner, pair.outer))


def _dot(dot: Dot, share: float, y: float) -> Markup:
    radius = min(11.0, 3.0 + 1.6 * sqrt(dot.count))
    kind = "ring" if dot.is_ring else "dot"
    circle = {
        "cx": percent(share), "cy": f"{y:.1f}", "r": f"{radius:.1f}",
        "class": f"{kind} tone-{dot.tone}",
    }  # fmt: skip
    return element("g", {}, element("title", {}, dot.title), element("circle", circle))


def _pair(pair: Pair, inner: float, outer: float, y: float) -> Markup:
    line = {"x1": percent(inner), "x2": percent(outer), "y1": y, "y2": y, "class": "join"}
    ends = (
        element("circle", {"cx": percent(share), "cy": y, "r": 4, "class": kind})
        for share, kind in ((inner, "dot tone-alarm"), (outer, "ring tone-alarm"))
    )
    return element("g", {}, element("title", {}, pair.title), element("line", line), *ends)
