"""A limit on connections that the code enforces.

A count of connections, clients, sessions or peers is compared with a limit, and beyond it the code
refuses: it raises, returns, skips or closes. A constant that nothing compares is no strength.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.practices import PracticeKind
from exai_audit.finding import Strength
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Practice, Terms


def check(project: Project, terms: Terms) -> Iterator[Strength]:
    """Yield one strength for a limit on all, and one for a limit on each peer."""
    for per_peer, whose in ((False, "connections"), (True, "the connections of each peer")):
        limits = [
            (facts.path, fact)
            for facts in project.judged_files()
            if project.is_used(facts)
            for fact in facts.health
            if fact.kind is PracticeKind.CONNECTION_LIMIT and fact.per_peer is per_peer
        ]
        if limits:
            path, fact = limits[0]
            message = f"{fact.name} limits {whose}, and what is beyond it is refused"
            yield Strength(PRACTICE.name, path, fact.place.span.line, message)


PRACTICE = Practice("connection-limits", "a limit on connections that is enforced", check)
