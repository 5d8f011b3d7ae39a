"""Which classes of a project stand below which, and what those who make objects hand them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeGuard

from exai_audit.facts.calls import ClassFact, MadeFact
from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.table import table
from exai_audit.project.definitions import Definitions, Module
from exai_audit.project.targets import ClassTarget, LibraryTarget, Target

_DEEPEST = 8
_INIT = "__init__"
_ENDING = 6
_STAND_INS = frozenset({"fake", "memory", "mock", "stub", "dummy", "null", "test"})
Resolve = Callable[..., Target | None]
"""`exai_audit.project.resolution.Resolution.resolve`."""


class ClassRelations:
    """The relations of the classes of one project, those of its tests left out."""

    def __init__(self, definitions: Definitions, resolve: Resolve) -> None:
        self._definitions = definitions
        self._resolve = resolve
        self._roots = table().roots

    def below(self, name: str) -> list[ClassTarget]:
        """Return the classes below the one of a dotted name, direct ones first."""
        found: dict[str, ClassTarget] = {}
        waiting = [name]
        while waiting:
            for one in self._direct.get(waiting.pop(), ()):
                if one.name not in found:
                    found[one.name] = one
                    waiting.append(one.name)
        return list(found.values())

    def like(self, protocol: ClassTarget) -> list[ClassTarget]:
        """Return the classes that have the methods of a protocol, and its name in theirs.

        Those that only stand in for one (in memory, fakes) are left out.
        """
        wanted = set(protocol.fact.abstract)
        name = protocol.fact.name.rpartition(".")[2]
        return [
            ClassTarget(module, fact)
            for module, fact in self._by_ending.get(name[-_ENDING:], ())
            if fact is not protocol.fact
            and fact.name.endswith(name)
            and wanted <= set(fact.methods)
            and _STAND_INS.isdisjoint(words(fact.name))
        ]

    @cached_property
    def _by_ending(self) -> dict[str, list[tuple[Module, ClassFact]]]:
        found: dict[str, list[tuple[Module, ClassFact]]] = {}
        for module, fact in self._classes():
            found.setdefault(fact.name[-_ENDING:], []).append((module, fact))
        return found

    def given(self, parameter: str, left: int) -> Target | None:
        """Return what all who make objects of a class hand to a parameter of its ``__init__``.

        Args:
            parameter: ``shop.Store.__init__.<db>``.
            left: how many more terms may be followed.
        """
        owner, _, name = parameter.partition(f".{_INIT}.")
        if not name or left <= 0:
            return None
        found: dict[str, Target] = {}
        for module, term in self._handed.get(f"{owner}.{name}", ()):
            value = self._resolve(term, module, left=left)
            if isinstance(value, ClassTarget) or self._is_of_known_library(value):
                found[value.name] = value
        return next(iter(found.values())) if len(found) == 1 else None

    def _is_of_known_library(self, value: Target | None) -> TypeGuard[LibraryTarget]:
        return isinstance(value, LibraryTarget) and value.name.partition(".")[0] in self._roots

    @cached_property
    def _direct(self) -> dict[str, list[ClassTarget]]:
        found: dict[str, list[ClassTarget]] = {}
        for module, fact in self._classes():
            for base in fact.bases:
                above = self._resolve(base, module)
                if isinstance(above, ClassTarget):
                    found.setdefault(above.name, []).append(ClassTarget(module, fact))
        return found

    @cached_property
    def _handed(self) -> dict[str, list[tuple[Module, str]]]:
        """What is handed to the parameters of each class, by ``shop.Store.<db>``."""
        found: dict[str, list[tuple[Module, str]]] = {}
        for module, made in self._makers():
            owner = self._with_init(self._resolve(made.of, module))
            if owner is not None:
                for name, term in _by_name(made, owner.fact):
                    found.setdefault(f"{owner.name}.<{name}>", []).append((module, term))
        return found

    def _with_init(self, target: Target | None) -> ClassTarget | None:
        """Return the class, the target or one above it, whose ``__init__`` its objects have."""
        for _ in range(_DEEPEST):
            if not isinstance(target, ClassTarget):
                return None
            if _INIT in target.fact.methods or not target.fact.bases:
                return target
            target = self._resolve(target.fact.bases[0], target.module)
        return None

    def _classes(self) -> Iterator[tuple[Module, ClassFact]]:
        for module in self._definitions.modules:
            if not _is_test(module):
                for fact in module.facts.definitions.classes:
                    yield module, fact

    def _makers(self) -> Iterator[tuple[Module, MadeFact]]:
        for module in self._definitions.modules:
            if not _is_test(module):
                for made in module.facts.definitions.made:
                    yield module, made


def _by_name(made: MadeFact, of: ClassFact) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a call of a class by the names of the parameters."""
    for name, term in made.arguments:
        if not name.isdigit():
            yield name, term
        elif int(name) < len(of.takes):
            yield of.takes[int(name)], term


def _is_test(module: Module) -> bool:
    return any(part.startswith("test") for part in module.facts.path.split("/"))
