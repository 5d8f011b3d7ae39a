"""Grades, and what they mean in words."""

from __future__ import annotations

from exai_audit.finding import Severity

GRADES: tuple[tuple[str, float], ...] = (
    ("A+", 97),
    ("A", 93),
    ("A-", 90),
    ("B+", 87),
    ("B", 83),
    ("B-", 80),
    ("C+", 77),
    ("C", 73),
    ("C-", 70),
    ("D+", 67),
    ("D", 63),
    ("D-", 60),
    ("F", 0),
)
"""Each grade with the least score that earns it, best first."""

_WORDS = {"A": "very good", "B": "good", "C": "fair", "D": "weak", "F": "poor"}


def grade(shown: float) -> str:
    """Return the grade of a score as displayed, from 0 to 100."""
    return next(name for name, least in GRADES if shown >= least)


def in_words(name: str, worst: Severity | None) -> str:
    """Return the grade in words, for example "good, with critical issues"."""
    word = _WORDS[name[0]]
    grave = worst is not None and worst.rank >= Severity.HIGH.rank
    return f"{word}, with {worst.value} issues" if worst and grave else word
