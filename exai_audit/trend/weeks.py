"""New and fixed findings by week."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from exai_audit.trend.events import Event


class Week(Struct, frozen=True):
    """The week that begins on the Monday ``begins`` (``YYYY-MM-DD``): what was new and fixed."""

    begins: str
    new: int
    fixed: int


def weeks(events: Iterable[Event]) -> tuple[Week, ...]:
    """Return the weeks in which anything was new or fixed, in order."""
    found: dict[str, Week] = {}
    for event in events:
        day = event.commit.day
        begins = (day - timedelta(days=day.weekday())).isoformat()
        week = found.get(begins, Week(begins, 0, 0))
        found[begins] = Week(begins, week.new + len(event.new), week.fixed + len(event.fixed))
    return tuple(
        found[begins] for begins in sorted(found) if found[begins].new or found[begins].fixed
    )
