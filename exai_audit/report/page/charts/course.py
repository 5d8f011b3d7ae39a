"""How values went: a line, areas on top of each other, a small line, columns up and down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup
from msgspec import Struct

from exai_audit.report.page.charts.drawing import percent, picture
from exai_audit.report.page.markup import element, joined

_WIDE = 1000
_TOP, _BELOW = 18, 22


class Band(Struct, frozen=True):
    """A range of values with a name, such as a grade."""

    least: float
    most: float
    name: str
    tone: str


class Note(Struct, frozen=True):
    """Something that is to be seen at a position of the line, such as a tag."""

    at: int
    text: str


class Layer(Struct, frozen=True):
    """One of several values that add up."""

    name: str
    values: tuple[float, ...]
    tone: str


def course(
    said: str,
    values: Sequence[float | None],
    bands: Sequence[Band],
    notes: Sequence[Note] = (),
    ends: tuple[str, str] = ("", ""),
    height: int = 300,
) -> Markup:
    """Return a line through values, over bands; where there is no value there is a gap.

    Args:
        bands: from the lowest to the highest; they make the range of the axis.
        ends: what is written below the first and the last value.
    """
    low, high = bands[0].least, bands[-1].most
    plot = height - _TOP - _BELOW

    def down(value: float) -> float:
        return _TOP + plot * (1 - (value - low) / (high - low))

    parts = [_band(band, down(band.most), down(band.least)) for band in bands]
    parts += [_note(note, len(values), height) for note in notes]
    lines = (
        element("polyline", {"points": _points(run, len(values), down), "class": "line"})
        for run in _runs(values)
    )
    parts.append(_stretched(height, *lines))
    parts += [_end(text, share, height) for text, share in zip(ends, (0, 1), strict=True)]
    return picture(said, height, *parts)


def stack(said: str, layers: Sequence[Layer], height: int = 150) -> Markup:
    """Return areas on top of each other, the first at the bottom; all have the same length."""
    length = max((len(layer.values) for layer in layers), default=0)
    sums = [0.0] * length
    tops: list[list[float]] = []
    for layer in layers:
        sums = [total + value for total, value in zip(sums, layer.values, strict=True)]
        tops.append(sums)
    highest = max(sums, default=0.0) or 1.0
    areas, below = [], [0.0] * length
    for layer, above in zip(layers, tops, strict=True):
        edge = [*_edge(above, highest, height), *reversed(_edge(below, highest, height))]
        title = element("title", {}, layer.name)
        outline = {"points": " ".join(edge), "class": f"area tone-{layer.tone}"}
        areas.append(element("polygon", outline, title))
        below = above
    most = element("text", {"x": 0, "y": 12, "class": "tick"}, f"{highest:.1f}")
    return picture(said, height, _stretched(height, *areas), most)


def spark(said: str, values: Sequence[float | None], tone: str = "peers") -> Markup:
    """Return a small line, from the lowest value to the highest."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    height = 26

    def down(value: float) -> float:
        return height - 3 - (height - 6) * ((value - low) / (high - low) if high > low else 0.0)

    lines = (
        element("polyline", {"points": _points(run, len(values), down), "class": f"line {tone}"})
        for run in _runs(values)
    )
    return picture(said, height, _stretched(height, *lines))


def columns(said: str, pairs: Sequence[tuple[int, int]], height: int = 120) -> Markup:
    """Return a column up and one down for each pair."""
    highest = max((max(pair) for pair in pairs), default=0) or 1
    middle = height / 2
    width = 1 / max(1, len(pairs))
    bars = []
    for number, (up, down) in enumerate(pairs):
        box = {"x": percent((number + 0.12) * width), "width": percent(0.76 * width)}
        rise, fall = (middle - 4) * up / highest, (middle - 4) * down / highest
        if up:
            shape = {**box, "y": f"{middle - rise:.1f}", "height": f"{rise:.1f}"}
            bars.append(element("rect", {**shape, "class": "block tone-alarm"}))
        if down:
            shape = {**box, "y": f"{middle:.1f}", "height": f"{fall:.1f}"}
            bars.append(element("rect", {**shape, "class": "block tone-kept"}))
    axis = {"x1": 0, "x2": "100%", "y1": middle, "y2": middle, "class": "axis"}
    return picture(said, height, *bars, element("line", axis))


def _band(band: Band, top: float, bottom: float) -> Markup:
    box = {"x": 0, "width": "100%", "y": f"{top:.1f}", "height": f"{bottom - top:.1f}"}
    area = element("rect", {**box, "class": f"band {band.tone}"})
    name = {"x": "100%", "dx": 6, "y": f"{(top + bottom) / 2 + 4:.1f}", "class": "tick"}
    return joined((area, element("text", name, band.name)))


def _note(note: Note, length: int, height: int) -> Markup:
    place = percent(_share(note.at, length))
    anchor = "start" if _share(note.at, length) < 0.5 else "end"
    line = {"x1": place, "x2": place, "y1": _TOP, "y2": height - _BELOW, "class": "hair"}
    text = {"x": place, "y": 12, "class": "tick", "text-anchor": anchor}
    return joined((element("line", line), element("text", text, note.text)))


def _end(text: str, share: int, height: int) -> Markup:
    anchor = "end" if share else "start"
    place = {"x": percent(share), "y": height - 5, "class": "tick", "text-anchor": anchor}
    return element("text", place, text)


def _stretched(height: int, *parts: object) -> Markup:
    """Return parts drawn a thousand units wide, as wide as the chart."""
    box = {"viewBox": f"0 0 {_WIDE} {height}", "preserveAspectRatio": "none"}
    return element("svg", {**box, "width": "100%", "height": height, "aria-hidden": "true"}, *parts)


def _edge(values: Sequence[float], highest: float, height: int) -> list[str]:
    length = len(values)
    return [
        f"{_WIDE * _share(i, length):.1f},{height - (height - 16) * value / highest:.1f}"
        for i, value in enumerate(values)
    ]


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """Yield stretches without a gap; one of a single value is drawn as a short line."""
    run: list[tuple[int, float]] = []
    for position, value in enumerate([*values, None]):
        if value is not None:
            run.append((position, value))
        elif run:
            yield run
            run = []


def _points(run: Sequence[tuple[int, float]], length: int, down: Callable[[float], float]) -> str:
    places = [(_WIDE * _share(i, length), down(value)) for i, value in run]
    if len(places) == 1:
        (x, y), *_ = places
        places = [(max(0, x - 4), y), (min(_WIDE, x + 4), y)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _share(position: int, length: int) -> float:
    return position / (length - 1) if length > 1 else 0.5
