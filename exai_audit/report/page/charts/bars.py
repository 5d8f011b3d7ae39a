"""Bars: one that is divided into blocks, and small ones that stand in a row of a table."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from msgspec import Struct

from exai_audit.report.page.charts.drawing import label, link, percent, picture
from exai_audit.report.page.markup import element


class Block(Struct, frozen=True):
    """A part of a bar: its size in the unit of the whole, its name, and where it leads.

    ``label`` may have two lines; each is shown if it fits.
    """

    size: float
    label: str
    title: str
    tone: str
    href: str = ""


def divided_bar(said: str, blocks: Sequence[Block], *, height: int = 44) -> Markup:
    """Return a bar that the blocks share by size; those wide enough bear their labels."""
    total = sum(block.size for block in blocks) or 1.0
    parts, start = [], 0.0
    for block in blocks:
        share = block.size / total
        parts.append(_block(block, start, share, height))
        start += share
    has_links = any(block.href for block in blocks)
    return picture(said, height, *parts, has_links=has_links)


def _block(block: Block, start: float, share: float, height: int) -> Markup:
    box = {"x": percent(start), "y": 0, "width": percent(share), "height": height}
    drawn = [element("rect", {**box, "class": f"block tone-{block.tone}"})]
    first, _, second = block.label.partition("\n")
    middle = height / 2 + (-4 if second else 4)
    lines = ((first, middle), (second, middle + 17))
    texts = [label(text, share, 8, y, block.tone) for text, y in lines]
    drawn += [element("svg", {**box, "aria-hidden": "true"}, *texts)] if any(texts) else []
    if block.href:
        return link(block.href, block.title, *drawn)
    return element("g", {}, element("title", {}, block.title), *drawn)


def funnel(start: float, end: float, *, height: int = 22) -> Markup:
    """Return two lines that lead from a part of the bar above to the whole bar below.

    Args:
        start: where the part begins, as a share of the width; ``end`` is where it ends.
    """
    lines = (
        {"x1": percent(above), "y1": 0, "x2": percent(below), "y2": height, "class": "hair"}
        for above, below in ((start, 0.0), (end, 1.0))
    )
    return element(
        "svg",
        {"class": "chart", "aria-hidden": "true", "width": "100%", "height": height},
        *(element("line", line) for line in lines),
    )


def meter(value: float, most: float, tone: str, said: str) -> Markup:
    """Return how much of ``most`` there is, as a thin bar."""
    share = min(1.0, max(0.0, value / most)) if most > 0 else 0.0
    track = {"x": 0, "y": 0, "width": "100%", "height": 8, "rx": 4, "class": "track"}
    filled = {**track, "width": percent(share), "class": f"block tone-{tone}"}
    return picture(said, 8, element("rect", track), element("rect", filled))
