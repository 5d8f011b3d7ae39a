"""What all charts share: the picture around them, and how lengths are written."""

from __future__ import annotations

from markupsafe import Markup

from exai_audit.report.page.markup import element

_WIDE, _NARROW = 1100, 350
"""How many pixels wide a chart is on a desk and on a phone."""
_CHARACTER = 6.7


def picture(said: str, height: int, *parts: object, has_links: bool = False) -> Markup:
    """Return an SVG as wide as its surroundings, ``height`` pixels high.

    Args:
        said: what it shows, for those who do not see it.
        has_links: whether there are links in it, which a mere image may not have.
    """
    attributes = {
        "class": "chart",
        "role": "group" if has_links else "img",
        "aria-label": said,
        "width": "100%",
        "height": height,
    }
    return element("svg", attributes, *parts)


def percent(share: float) -> str:
    """Return a share of the whole, 0 to 1, as a length."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def label(text: str, room: float, x: float, y: float, tone: str) -> Markup:
    """Return text that stands on a coloured area, nothing where it does not fit into it.

    On a narrow screen the style sheet hides it unless it fits there, too (``roomy``).

    Args:
        room: the width of the area, as a share of the chart's.
    """
    needed = len(text) * _CHARACTER + 2 * x
    if not text or room * _WIDE < needed:
        return Markup("")
    roomy = " roomy" if room * _NARROW >= needed else ""
    return element("text", {"x": x, "y": y, "class": f"on on-{tone}{roomy}"}, text)


def link(href: str, said: str, *parts: object, reachable: bool = True) -> Markup:
    """Return a link around parts of a chart; ``said`` is its name and its tool tip.

    Args:
        reachable: whether the keyboard stops at it; a table has the same links where not.
    """
    attributes = {"href": href, "tabindex": None if reachable else -1}
    return element("a", attributes, element("title", {}, said), *parts)
