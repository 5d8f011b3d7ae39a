"""Semaphores that are surely released.

Every semaphore of the judged code that is held at all is held through ``with``, or released in a
``finally``. A single ``acquire`` without either takes the strength away: it can leak a place.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.practices import PracticeFact
from exai_audit.finding import Strength
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Practice, Terms


def check(project: Project, terms: Terms) -> Iterator[Strength]:
    """Yield one strength, at the semaphore that is held most often."""
    held = [
        (facts.path, fact)
        for facts in project.judged_files()
        for fact in facts.semaphores
        if fact.mentioned
    ]
    if not held or any(fact.loose for _, fact in held):
        return
    path, fact = min(held, key=_most_held)
    places = sum(fact.managed for _, fact in held)
    many = f"{len(held)} semaphores are" if len(held) > 1 else f"{fact.name} is"
    times = "once" if places == 1 else f"{places} times"
    yield Strength(
        PRACTICE.name,
        path,
        fact.place.span.line,
        f"{many} held {times}, always through with or with a release in a finally",
    )


def _most_held(held: tuple[str, PracticeFact]) -> tuple[int, str, int]:
    path, fact = held
    return -fact.managed, path, fact.place.span.line


PRACTICE = Practice("managed-semaphores", "semaphores that are surely released", check)
