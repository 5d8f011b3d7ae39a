"""What a fixer works on: the facts of the project, the tree of a file, what the user chose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from exai_audit.facts.concurrency import PoolFact
from exai_audit.facts.file import Failure, FileFacts
from exai_audit.facts.suppressions import StaleSuppression
from exai_audit.files.source import SourceFile
from exai_audit.finding import Finding
from exai_audit.fixing.refusal import RefusedError
from exai_audit.project.central_timeouts import central_modules
from exai_audit.project.project import Project
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.parse import parse_module

_TREES = 4
_SOURCE_ROOTS = frozenset({"", "src", "lib"})


class Choices(Struct, frozen=True):
    """What the user chose.

    ``names`` are the constants that a person gave to limits, by `exai_audit.fixing.names_file.key`;
    ``environment`` lets environment variables override them. ``defaults`` moves defaults of
    parameters, too, ``details`` also numbers that few places write. ``central`` and ``namespaces``
    are those of the settings. ``cache_entries`` bounds a cache. ``whole`` tells that the whole
    project was scanned. Below ``root``, if it is known, pages of documentation are looked for.
    """

    names: Mapping[tuple[str, str, str], str | None] = {}
    environment: bool = False
    defaults: bool = False
    details: bool = True
    central: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    cache_entries: int = 1024
    whole: bool = True
    python: tuple[int, int] | None = None
    root: Path | None = None


class Bench:
    """The project as fixers see it; trees and whatever takes all files are made once.

    ``findings`` are the active ones, ``read`` returns the text of a file below the root, None where
    there is none that can be read.
    """

    def __init__(
        self,
        project: Project,
        findings: Sequence[Finding],
        stale: Sequence[StaleSuppression],
        read: Callable[[str], SourceFile | None],
        choices: Choices,
    ) -> None:
        self.project = project
        self.findings = findings
        self.stale = stale
        self.read = read
        self.choices = choices
        self.facts: dict[str, FileFacts] = {facts.path: facts for facts in project.files}
        self._trees: dict[str, ModuleTree] = {}
        self._made: dict[str, object] = {}
        self._searched: dict[str, bool] = {}
        self._namespaces: dict[str, bool] = {}

    @cached_property
    def central(self) -> frozenset[str]:
        """The modules that hold the project's limits."""
        return central_modules(self.project, self.choices.central)

    def pool(self, finding: Finding) -> PoolFact:
        """Return the pool that a finding is about.

        Raises:
            RefusedError: there is none at its place.
        """
        for fact in self.facts[finding.path].pools:
            span = fact.place.span
            if (span.line, span.column) == (finding.line, finding.column):
                return fact
        raise RefusedError("the pool is not where it was")

    def tree(self, path: str) -> ModuleTree:
        """Return the tree of a file.

        Raises:
            RefusedError: it cannot be parsed by this interpreter.
        """
        if path not in self._trees:
            while len(self._trees) >= _TREES:
                del self._trees[next(iter(self._trees))]
            self._trees[path] = self._parsed(path)
        return self._trees[path]

    def _parsed(self, path: str) -> ModuleTree:
        source = self.read(path)
        parsed = parse_module(source) if source is not None else None
        if source is None or parsed is None or isinstance(parsed, Failure):
            raise RefusedError("the file cannot be parsed")
        return ModuleTree(source, parsed, self.dotted(path))

    def dotted(self, path: str) -> str:
        """Return the dotted name of a module, from the topmost package around it."""
        folder = path.rpartition("/")[0]
        parts: list[str] = []
        while folder and (
            self.exists(f"{folder}/__init__.py")
            or folder in self.choices.namespaces
            or self.is_namespace(folder)
        ):
            if parts and not self.is_namespace(folder) and self.is_searched(folder):
                break
            folder, _, name = folder.rpartition("/")
            parts.insert(0, name)
        stem = path.rpartition("/")[2].rpartition(".")[0]
        return ".".join(parts if stem == "__init__" and parts else [*parts, stem])

    def made(self, name: str, make: Callable[[], object]) -> object:
        """Return what takes the whole project to make, made once."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def is_namespace(self, folder: str) -> bool:
        """Tell whether files import through a folder as through a package that has no module."""
        if folder not in self._namespaces:
            self._namespaces[folder] = self._is_namespace(folder)
        return self._namespaces[folder]

    def _is_namespace(self, folder: str) -> bool:
        if self.exists(f"{folder}/__init__.py") or folder in _SOURCE_ROOTS:
            return False
        parts = folder.split("/")
        said = {
            name
            for at in range(len(parts))
            for name in self._imported_below.get(".".join(parts[at:]), ())
        }
        return not said.isdisjoint(self.inside(folder)) and self._leaning(folder, across=True) <= 0

    @cached_property
    def _imported_below(self) -> Mapping[str, Set[str]]:
        """The names that files import right below each dotted name."""
        below: dict[str, set[str]] = defaultdict(set)
        for facts in self.project.files:
            for name in facts.imports:
                parts = name.split(".")
                for at in range(1, len(parts)):
                    below[".".join(parts[:at])].add(parts[at])
        return dict(below)

    @cached_property
    def _inside(self) -> Mapping[str, Set[str]]:
        inside: dict[str, set[str]] = defaultdict(set)
        for path in self.facts:
            parts = path.split("/")
            for at in range(1, len(parts)):
                inside["/".join(parts[:at])].add(parts[at].partition(".")[0])
        return dict(inside)

    def inside(self, folder: str) -> Set[str]:
        """Return the names of the modules and packages right inside a folder."""
        return self._inside.get(folder, frozenset())

    def is_searched(self, folder: str) -> bool:
        """Tell whether files import from a folder as from a place of the path, not a package."""
        if folder not in self._searched:
            self._searched[folder] = self._leaning(folder) > 0
        return self._searched[folder]

    def _leaning(self, folder: str, *, across: bool = False) -> int:
        """Return how many more imports take a folder for a place than for a package.

        Args:
            across: count those of other parts of it alone, for those of one's own may be relative.
        """
        inside = (facts for facts in self.project.files if facts.path.startswith(f"{folder}/"))
        return sum(self._leaning_of(facts, folder, across=across) for facts in inside)

    def _leaning_of(self, facts: FileFacts, folder: str, *, across: bool) -> int:
        root = folder.rpartition("/")[2]
        own = facts.path.removeprefix(f"{folder}/").partition("/")[0].removesuffix(".py")
        left_out = own if across else ""
        as_place = sum(
            self._is_only_in(folder, name)
            for name in facts.imports
            if name.partition(".")[0] != left_out
        )
        others = {name.split(".")[1] for name in facts.imports if name.startswith(f"{root}.")}
        return as_place - len(others - {own})

    def _is_only_in(self, folder: str, name: str) -> bool:
        """Tell whether ``a.b`` names a module that is found below a folder, and not at the root."""
        parts = name.split(".", 2)[:2]
        inner = "/".join(parts)
        return len(parts) > 1 and any(
            f"{folder}/{below}" in self.facts and below not in self.facts
            for below in (f"{inner}.py", f"{inner}/__init__.py")
        )

    def exists(self, path: str) -> bool:
        """Tell whether a file is there and can be read."""
        return path in self.facts or self.read(path) is not None
