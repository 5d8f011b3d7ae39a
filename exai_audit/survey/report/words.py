"""What the formats of a survey say alike."""

from __future__ import annotations

from exai_audit.report.bottlenecks import hours
from exai_audit.survey.table import Row, Shared, Survey, Task


def score(row: Row) -> str:
    """Return a row's score with its grade."""
    return "n/a" if row.score is None else f"{row.score:.1f} ({row.grade})"


def change(row: Row) -> str:
    """Return what the score gained since the survey before, nothing where that is unknown."""
    return "" if row.change is None else f"{row.change:+.1f}".replace("-", "−")


def percent(value: float | None) -> str:
    """Return a part of a hundred, nothing where it is unknown."""
    return "" if value is None else f"{value:.0f} %"


def headline(found: Survey) -> str:
    """Say how many repositories there are, and how they stand."""
    scored = sum(row.score is not None for row in found.rows)
    missing = sum(bool(row.reason) for row in found.rows)
    middle = "" if found.median is None else f", median {found.median:.1f}"
    failed = f", {missing:,} could not be audited" if missing else ""
    return f"{len(found.rows):,} repositories, {scored:,} with a score{middle}{failed}"


def subject(shared: Shared) -> str:
    """Return what is found across repositories."""
    about = f" {shared.subject}" if shared.subject else ""
    return f"{shared.code} {shared.name}{about}"


def spread(shared: Shared) -> str:
    """Return how often it is found, and in how many repositories."""
    number = len(shared.repositories)
    where = "1 repository" if number == 1 else f"{number:,} repositories"
    return f"{shared.findings:,} × in {where}"


def work(task: Task) -> str:
    """Return a task's hours and gain."""
    return f"{hours(task.hours)}, +{task.gain:.1f} points"


def worst_first(found: Survey) -> list[Row]:
    """Return the rows with the lowest score first, those without one last."""
    return sorted(found.rows, key=lambda row: (row.score is None, row.score or 0.0, row.name))
