"""A treemap: areas in proportion to their sizes, as square as can be."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from msgspec import Struct

from exai_audit.report.page.charts.drawing import label, link, percent, picture
from exai_audit.report.page.markup import element

_RATIO = 2.4
"""How wide the picture is likely to be for its height; rectangles are squared for that."""
_LEAST_HEIGHT = 0.055
"""A tile that is lower bears no label."""


class Tile(Struct, frozen=True):
    """An area: its size, name, tool tip, tone, and where it leads, if anywhere."""

    size: float
    label: str
    title: str
    tone: str
    href: str


class Box(Struct, frozen=True):
    """A rectangle within a unit square."""

    x: float
    y: float
    width: float
    height: float


def treemap(said: str, tiles: Sequence[Tile], *, height: int = 380) -> Markup:
    """Return the tiles as rectangles, the largest at the top left."""
    ordered = sorted((tile for tile in tiles if tile.size > 0), key=lambda tile: -tile.size)
    boxes = squarified([tile.size for tile in ordered])
    drawn = [_tile(tile, box) for tile, box in zip(ordered, boxes, strict=True)]
    return picture(said, height, *drawn, has_links=True)


def _tile(tile: Tile, box: Box) -> Markup:
    place = {
        "x": percent(box.x),
        "y": percent(box.y),
        "width": percent(box.width),
        "height": percent(box.height),
    }
    parts = [element("rect", {**place, "class": f"tile tone-{tile.tone}"})]
    text = label(tile.label, box.width, 6, 16, tile.tone)
    if text and box.height >= _LEAST_HEIGHT:
        parts.append(element("svg", place, text))
    if not tile.href:
        return element("g", {}, element("title", {}, tile.title), *parts)
    return link(tile.href, tile.title, *parts, reachable=False)


def squarified(sizes: Sequence[float]) -> list[Box]:
    """Return a rectangle of the unit square for each size, in proportion, without gaps.

    Args:
        sizes: positive, descending.
    """
    total = sum(sizes)
    boxes: list[Box] = []
    free, rest = Box(0.0, 0.0, 1.0, 1.0), [size / total for size in sizes]
    while rest:
        count = _row_length(rest, free)
        row, rest = rest[:count], rest[count:]
        placed, free = _laid(row, free, is_last=not rest)
        boxes += placed
    return boxes


def _row_length(areas: Sequence[float], free: Box) -> int:
    """Return how many of the areas make the squarest row along the shorter side."""
    best, count = _worst_ratio(areas[:1], free), 1
    while count < len(areas):
        ratio = _worst_ratio(areas[: count + 1], free)
        if ratio > best:
            break
        best, count = ratio, count + 1
    return count


def _worst_ratio(row: Sequence[float], free: Box) -> float:
    """Return the ratio of the longer to the shorter side of the worst rectangle of a row."""
    area = sum(row)
    side = _shorter(free)
    scale = _RATIO if _is_wide(free) else 1 / _RATIO
    depth = area / side
    ratios = (depth * scale / (one / depth) for one in row)
    return max(max(ratio, 1 / ratio) for ratio in ratios)


def _is_wide(free: Box) -> bool:
    return free.width * _RATIO >= free.height


def _shorter(free: Box) -> float:
    return free.height if _is_wide(free) else free.width


def _laid(row: Sequence[float], free: Box, *, is_last: bool) -> tuple[list[Box], Box]:
    """Place a row along the shorter side; return its rectangles, and what is free then."""
    wide = _is_wide(free)
    depth = (free.width if wide else free.height) if is_last else sum(row) / _shorter(free)
    boxes, along = [], free.y if wide else free.x
    for area in row:
        length = area / sum(row) * _shorter(free)
        boxes.append(
            Box(free.x, along, depth, length) if wide else Box(along, free.y, length, depth)
        )
        along += length
    if wide:
        return boxes, Box(free.x + depth, free.y, max(free.width - depth, 1e-12), free.height)
    return boxes, Box(free.x, free.y + depth, free.width, max(free.height - depth, 1e-12))
