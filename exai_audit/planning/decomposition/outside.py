"""What the other files of a project say of a module: each is gone through once for all modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain

from exai_audit.facts.file import FileFacts
from exai_audit.facts.references import ReferenceFact


class Outside:
    """The files of a project, found by what they import, what they refer to, where they lie."""

    def __init__(self, files: Sequence[FileFacts]) -> None:
        self._files = files

    def importers(self, facts: FileFacts) -> Iterator[FileFacts]:
        """Yield the other files that import a module, or anything below its name, in order."""
        found = self._importers.get(facts.module, ())
        return (file for file in found if file.path != facts.path)

    def imports(self, path: str, module: str) -> bool:
        """Tell whether the file at ``path`` imports a module, or anything below its name."""
        return path in self._paths.get(module, ())

    def references(self, owner: str) -> Sequence[tuple[str, ReferenceFact]]:
        """Return paths and references, in order, to what an ``owner`` has.

        Args:
            owner: the last word of the dotted name of a module or class.
        """
        return self._references.get(owner, ())

    def replaced(self, facts: FileFacts) -> tuple[tuple[str, str, str], ...]:
        """Return name, whole dotted name and place of what files replace of a module by name."""
        stem = facts.module.rpartition(".")[2]
        return tuple(
            (reference.name.rpartition(".")[2], reference.name, f"{path}:{reference.line}")
            for path, reference in self.references(stem)
            if reference.name.rpartition(".")[0] == facts.module or self.imports(path, facts.module)
        )

    def names_in(self, folder: str) -> frozenset[str]:
        """Return the modules and packages that stand directly in a folder."""
        return frozenset(self._children.get(folder, ()))

    @cached_property
    def _importers(self) -> dict[str, list[FileFacts]]:
        found: dict[str, list[FileFacts]] = {}
        for file in self._files:
            for name in set(chain.from_iterable(map(_upwards, file.imports))):
                found.setdefault(name, []).append(file)
        return found

    @cached_property
    def _paths(self) -> dict[str, frozenset[str]]:
        return {
            name: frozenset(file.path for file in files) for name, files in self._importers.items()
        }

    @cached_property
    def _references(self) -> dict[str, list[tuple[str, ReferenceFact]]]:
        found: dict[str, list[tuple[str, ReferenceFact]]] = {}
        for file in self._files:
            for reference in file.references:
                owner = reference.name.rpartition(".")[0].rpartition(".")[2]
                found.setdefault(owner, []).append((file.path, reference))
        return found

    @cached_property
    def _children(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for file in self._files:
            parts = file.path.split("/")
            for depth, part in enumerate(parts):
                found.setdefault("/".join(parts[:depth]), set()).add(part.partition(".")[0])
        return found


@lru_cache(maxsize=16_384)  # most names are imported by many files
def _upwards(name: str) -> Sequence[str]:
    """Return a dotted name and all that stand above it."""
    found = [name]
    at = name.rfind(".")
    while at >= 0:
        found.append(name[:at])
        at = name.rfind(".", 0, at)
    return found
