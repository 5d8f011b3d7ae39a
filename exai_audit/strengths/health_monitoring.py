"""Health checks that check something, heartbeats, latency that is measured.

A function counts when a health route leads to it and it does more than answer: it awaits, tries or
decides. A heartbeat counts when a loop pings and pauses, latency when a ping is timed; both only
if the file itself uses the function, or another file imports the module.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.practices import PracticeFact, PracticeKind
from exai_audit.finding import Strength
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Practice, Terms

_SAID = {
    PracticeKind.HEALTH_CHECK: "answers a health route after checking",
    PracticeKind.HEARTBEAT: "pings again and again, with a pause between",
    PracticeKind.LATENCY: "pings and measures how long that takes",
}


def check(project: Project, terms: Terms) -> Iterator[Strength]:
    """Yield one strength for each kind of monitoring, at its first place."""
    for kind, said in _SAID.items():
        found = [
            (facts.path, fact)
            for facts in project.judged_files()
            for fact in facts.health
            if fact.kind is kind and (fact.mentioned or project.is_used(facts))
        ]
        if found:
            path, fact = found[0]
            yield Strength(PRACTICE.name, path, fact.place.span.line, _message(fact, said, found))


def _message(fact: PracticeFact, said: str, found: list[tuple[str, PracticeFact]]) -> str:
    others = len(found) - 1
    more = "" if not others else f" (and {others} more)"
    return f"{fact.place.symbol} {said}{more}"


PRACTICE = Practice("health-monitoring", "checks, heartbeats and latency tracking", check)
