"""The facts of all files together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from exai_audit.facts.file import FileFacts
from exai_audit.facts.suppressions import StaleSuppression
from exai_audit.facts.timeouts import TimeoutForm
from exai_audit.finding import Scope
from exai_audit.project.call_graph import CallGraph
from exai_audit.project.definitions import shadowed

_DEFINED = (TimeoutForm.MODULE_CONSTANT, TimeoutForm.CLASS_FIELD)


class Project(Struct, frozen=True):
    """Read-only facts of the whole project, files in discovery order.

    ``scope_of`` knows every file's scope by path; ``judged`` names the files that rules may
    speak about. ``pins`` are the version specifiers that the project gives for libraries. ``stale``
    are the suppressions that silence nothing, known once all other rules have spoken. ``scripts``
    are the dotted names of the functions that the project's console scripts call.
    """

    files: tuple[FileFacts, ...]
    scope_of: dict[str, Scope]
    judged: frozenset[str]
    pins: Mapping[str, str] = field(default_factory=dict)
    stale: tuple[StaleSuppression, ...] = ()
    scripts: frozenset[str] = frozenset()
    _importers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _chosen: list[FileFacts] = field(default_factory=list)
    _importable: list[FileFacts] = field(default_factory=list)
    _graph: list[CallGraph] = field(default_factory=list)

    def call_graph(self) -> CallGraph:
        """Return which calls lead where, over all files."""
        if not self._graph:
            self._graph.append(CallGraph(self.files))
        return self._graph[0]

    def judged_files(self) -> Iterator[FileFacts]:
        """Yield the files to judge: parsed, in a judged scope, neither generated nor stubs."""
        if not self._chosen:
            self._chosen.extend(facts for facts in self.files if self._is_judged(facts))
        return iter(self._chosen)

    def importable_files(self) -> Iterator[FileFacts]:
        """Yield the files to judge but modules beside a package of their name: that is imported."""
        if not self._importable:
            hidden = shadowed(self.files)
            self._importable.extend(f for f in self.judged_files() if f.path not in hidden)
        return iter(self._importable)

    def _is_judged(self, facts: FileFacts) -> bool:
        counted_only = facts.generated or facts.path.endswith(".pyi")
        return facts.path in self.judged and facts.failure is None and not counted_only

    def constants(self) -> dict[str, float]:
        """Return the limits that constants and class fields give, in seconds, by dotted name."""
        return {
            ".".join(part for part in (facts.module, fact.place.symbol, fact.name) if part): (
                fact.seconds
            )
            for facts in self.files
            for fact in facts.timeouts
            if fact.form in _DEFINED and fact.seconds is not None
        }

    def users_of(self, name: str) -> tuple[str, ...]:
        """Return the judged files that import the module, class or function ``name``, or from it.

        The file of the module itself and those of its own package count as well.
        """
        return self._users().get(name, ())

    def is_used(self, facts: FileFacts) -> bool:
        """Tell whether another judged file imports the module or something of it."""
        return any(path != facts.path for path in self.users_of(facts.module))

    def _users(self) -> dict[str, tuple[str, ...]]:
        if not self._importers:
            found: dict[str, dict[str, None]] = {}
            for facts in self.judged_files():
                for name in facts.imports:
                    while name:
                        found.setdefault(name, {})[facts.path] = None
                        name = name.rpartition(".")[0]
            self._importers.update((name, tuple(paths)) for name, paths in found.items())
        return self._importers
