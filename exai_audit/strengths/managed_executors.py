"""Pools that say how many workers they have and are closed.

Every pool of the judged code has a size of its own and is closed by ``with`` or in its library's
terms; one pool without either takes the strength away, and so does one that is made again and
again.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.facts.concurrency import PoolFact
from exai_audit.finding import Strength
from exai_audit.project.project import Project
from exai_audit.rulebook.registry import Practice, Terms


def check(project: Project, terms: Terms) -> Iterator[Strength]:
    """Yield one strength, at the first pool."""
    pools = [(facts.path, fact) for facts in project.judged_files() for fact in facts.pools]
    if not pools or not all(_is_managed(fact) for _, fact in pools):
        return
    path, fact = pools[0]
    many = f"{len(pools)} pools have" if len(pools) > 1 else f"{fact.callable} has"
    message = f"{many} an explicit size ({fact.workers_text}) and an end ({fact.closed})"
    yield Strength(PRACTICE.name, path, fact.place.span.line, message)


def _is_managed(pool: PoolFact) -> bool:
    return bool(pool.workers_text and pool.closed and not pool.per_call)


PRACTICE = Practice("managed-executors", "pools that are sized and closed", check)
