"""How long the objects live that keep pools, by all files together."""

from __future__ import annotations

from collections.abc import Sequence

from exai_audit.facts.concurrency import PoolFact, PoolLifetime
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Scope
from exai_audit.project.cache_lives import Surroundings
from exai_audit.project.project import Project


class PoolOwners:
    """The objects that keep pools; what tests make does not count."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: list[Surroundings] = []

    def live_on(self, pool: PoolFact, file: FileFacts) -> bool:
        """Tell whether a pool is kept by an object that lives as long as the process.

        A module makes it for itself, the class's own or another, or for an object like that; no
        code makes one in the course of a call.
        """
        owner, dot, _ = pool.place.symbol.partition(".")
        if pool.lifetime is not PoolLifetime.INSTANCE or not dot:
            return False
        return self._surroundings().live_on(file.module, owner)

    def _surroundings(self) -> Surroundings:
        if not self._known:
            self._known.append(Surroundings(_working(self._project)))
        return self._known[0]


def _working(project: Project) -> Sequence[FileFacts]:
    return [f for f in project.files if project.scope_of.get(f.path) is not Scope.TESTS]
