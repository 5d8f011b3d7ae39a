"""What plans are made of, and what of them is remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct, field

from exai_audit.collectors import symbols_of
from exai_audit.facts.file import FileFacts
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.files.source import SourceFile
from exai_audit.planning.decomposition.classes import class_plan, with_patched
from exai_audit.planning.decomposition.facade import Read
from exai_audit.planning.decomposition.layout import folder_of
from exai_audit.planning.decomposition.outside import Outside
from exai_audit.planning.decomposition.partition import Partition, partition
from exai_audit.planning.decomposition.risks import patched_names
from exai_audit.project.project import Project
from exai_audit.results.plans import ClassPlan, Importer, Plan

T = TypeVar("T")


class Remember(Protocol):
    """Returns what ``make`` gives, or gave earlier where ``parts``, all it depends on, were so."""

    def __call__(
        self, parts: Sequence[str], of: type[T], make: Callable[[], T | None]
    ) -> T | None: ...


def made_anew(parts: Sequence[str], of: type[T], make: Callable[[], T | None]) -> T | None:
    """Remember nothing."""
    return make()


class Scene(Struct, frozen=True):
    """What plans are made of: the project's facts, its texts, and the limit of lines by path.

    ``remember`` spares what has been worked out of a file of the same content.
    """

    project: Project
    read: Read
    limit_of: Callable[[str], int]
    remember: Remember = made_anew
    _outside: list[Outside] = field(default_factory=list)
    _divided: dict[tuple[str, str], ClassPlan | None] = field(default_factory=dict)

    @property
    def outside(self) -> Outside:
        """Return what the files of the project say of each other's modules, gathered once."""
        if not self._outside:
            self._outside.append(Outside(self.project.files))
        return self._outside[0]

    def division(self, facts: FileFacts, source: SourceFile, name: str) -> ClassPlan | None:
        """Return the plan of a class, made once."""
        key = facts.path, name
        if key not in self._divided:
            plan = self.remember(
                ("class", facts.path, name, source.text),
                ClassPlan,
                lambda: class_plan(facts, source, name),
            )
            self._divided[key] = plan and with_patched(plan, self.outside)
        return self._divided[key]

    def remembered(
        self,
        facts: FileFacts,
        source: SourceFile,
        importers: Sequence[Importer],
        make: Callable[[], Plan],
    ) -> Plan:
        """Return the plan of a module, without classes, that is not made in full."""
        outside = self.outside
        depends_on = (
            facts,
            self.limit_of(facts.path),
            importers,
            outside.replaced(facts),
            sorted(outside.names_in(folder_of(facts))),
        )
        try:
            said = msgspec.json.encode(depends_on).decode()
        except UnicodeEncodeError:  # a name that is no text
            return make()
        return self.remember(("plan", source.text, said), Plan, make) or make()

    def symbols(self, source: SourceFile) -> ModuleSymbols | None:
        """Return the symbols of a module, None where it cannot be read."""
        parts = ("symbols", source.text)
        return self.remember(parts, ModuleSymbols, lambda: symbols_of(source))

    def partition(self, module: ModuleSymbols, source: SourceFile, facts: FileFacts) -> Partition:
        """Return which symbols of a module belong together."""
        limit, patched = self.limit_of(facts.path), patched_names(facts, module, self.outside)
        found = self.remember(
            ("partition", str(limit), source.text, *sorted(patched)),
            Partition,
            lambda: partition(module, limit, patched=patched),
        )
        return found or Partition((), 0.0)
