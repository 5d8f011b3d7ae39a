"""What to do about the findings: the types of the recommendations, their phases and their impact.

The field names are those of the JSON report.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from exai_audit.finding import Severity

Hours = tuple[float, float]
"""A range of hours of work, least and most."""


class Priority(str, Enum):
    """How soon it should be done: P0 at once, P3 when there is nothing better to do."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Term(str, Enum):
    """When to do it, by impact and risk, in order."""

    IMMEDIATE = "immediate"
    SHORT = "short-term"
    LONG = "long-term"


class Risk(str, Enum):
    """How likely the repair itself breaks something, in ascending order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Effort(Struct, frozen=True):
    """One kind of counted work: ``units`` times ``hours_each`` hours.

    ``unit`` says what was counted, for example "place to edit".
    """

    unit: str
    units: float
    hours_each: Hours


class Recommendation(Struct, frozen=True):
    """Something to do, of a size that a person takes on in one piece.

    ``findings`` are the fingerprints of what it repairs, one for each finding, those first that
    cost most; they lie in ``files`` files, and ``severity`` is that of the gravest. ``points`` is
    what these cost the score, ``gain`` what the score rises by when they are gone and all else
    stays. ``hours`` is the sum over ``effort``. ``hazard`` is what can go wrong, ``risk`` how
    likely that is, ``mitigation`` what helps against it.
    """

    kind: str
    title: str
    priority: Priority
    term: Term
    severity: Severity
    hours: Hours
    effort: tuple[Effort, ...]
    points: float
    gain: float
    risk: Risk
    hazard: str
    mitigation: str
    findings: tuple[str, ...]
    files: int


class PhaseItem(Struct, frozen=True):
    """A part of a recommendation that falls into one phase.

    ``recommendation`` is its position in the result's list, from 1. ``done`` of its ``findings``
    are repaired at the end of the phase, those of earlier phases counted too.
    """

    recommendation: int
    title: str
    hours: Hours
    done: int
    findings: int


class Phase(Struct, frozen=True):
    """A week of one developer, or for the last phase the weeks that are left.

    ``score`` and ``grade`` are what the score is at its end, None when there is no score.
    """

    first_week: int
    last_week: int
    items: tuple[PhaseItem, ...]
    hours: Hours
    score: float | None
    grade: str | None


class Impact(Struct, frozen=True):
    """One figure before and after the recommendations, counted in the code.

    ``at_most`` tells that the figure after is an upper bound.
    """

    name: str
    label: str
    before: float
    after: float
    at_most: bool = False
