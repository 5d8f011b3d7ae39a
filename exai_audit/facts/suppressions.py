"""Facts about comments that silence findings."""

from __future__ import annotations

from datetime import date
from enum import Enum
from re import ASCII, compile

from msgspec import Struct

_DAY = compile(r"\d{4}-\d\d-\d\d", ASCII)


class SuppressionFact(Struct, frozen=True):
    """One ``# exai: ignore[...]`` comment.

    It silences ``codes`` on lines ``first`` to ``last`` (1-based, inclusive), or in the whole file
    when ``whole_file``. ``line`` is the comment's own line, ``text`` what it says. ``until`` is the
    last day on which it holds, as written. One for the file that is not ``at_top`` and one without
    codes silence nothing.
    """

    line: int
    codes: tuple[str, ...]
    reason: str
    first: int
    last: int
    whole_file: bool
    column: int = 1
    text: str = ""
    until: str = ""
    at_top: bool = True

    def last_day(self) -> date | None:
        """Return the day that ``until`` names, None when it names none."""
        if not _DAY.fullmatch(self.until):
            return None
        try:
            return date.fromisoformat(self.until)
        except ValueError:
            return None

    def holds_on(self, today: date) -> bool:
        """Tell whether the comment silences anything on the day ``today``."""
        day = self.last_day()
        in_time = day is not None and today <= day if self.until else True
        return in_time and self.at_top and bool(self.codes)


class Staleness(str, Enum):
    """Why a suppression is good for nothing."""

    BLANKET = "blanket"
    MISPLACED = "misplaced"
    UNKNOWN = "unknown"
    NO_DATE = "no-date"
    EXPIRED = "expired"
    PROJECT_WIDE = "project-wide"
    UNUSED = "unused"


class StaleSuppression(Struct, frozen=True):
    """A suppression that silences nothing, or one of its ``codes`` that does not."""

    path: str
    comment: SuppressionFact
    why: Staleness
    codes: tuple[str, ...] = ()
