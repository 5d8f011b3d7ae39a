"""Caches with both a bound and an expiry, or one cache class that several files share.

Bound and expiry count when the file shows the mechanism. At least half of the caches must have
both; or a class of the project that is a bounded cache is imported by two other files or more.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.caches import CacheForm
from exai_audit.finding import Strength
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Practice, Terms

_FEWEST_USERS = 2


def check(project: Project, terms: Terms) -> Iterator[Strength]:
    """Yield one strength, at the first cache that proves it."""
    caches = [
        (facts.path, fact)
        for facts in project.judged_files()
        for fact in facts.caches.found
        if fact.form not in (CacheForm.CACHED_PROPERTY, CacheForm.REGISTRY)
    ]
    careful = [(path, fact) for path, fact in caches if fact.bound and fact.expiry]
    if careful and 2 * len(careful) >= len(caches):
        path, fact = careful[0]
        message = f"{len(careful)} of {len(caches)} caches have a bound ({fact.bound})"
        message += f" and an expiry ({fact.expiry})"
        yield Strength(PRACTICE.name, path, fact.place.span.line, message)
        return
    yield from _shared(project)


def _shared(project: Project) -> Iterator[Strength]:
    for facts in project.judged_files():
        for fact in facts.caches.found:
            users = project.users_of(f"{facts.module}.{fact.name}")
            if fact.form is CacheForm.CLASS and fact.bound and len(users) >= _FEWEST_USERS:
                message = f"{fact.name} is bounded ({fact.bound}) and {len(users)} files share it"
                yield Strength(PRACTICE.name, facts.path, fact.place.span.line, message)
                return


PRACTICE = Practice("bounded-caches", "caches with bound and expiry, or one shared layer", check)
