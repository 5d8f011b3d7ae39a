"""What a term may denote: a function, class, object or module of the project, or of a library."""

from __future__ import annotations

from msgspec import Struct

from exai_audit.facts.calls import ClassFact, FunctionFact
from exai_audit.project.definitions import Module


class FunctionTarget(Struct, frozen=True):
    """A function of the project."""

    module: Module
    fact: FunctionFact

    @property
    def name(self) -> str:
        """Return its dotted name."""
        return f"{self.module.name}.{self.fact.name}"


class ClassTarget(Struct, frozen=True):
    """A class of the project, or an object of it."""

    module: Module
    fact: ClassFact
    instance: bool = False

    @property
    def name(self) -> str:
        """Return the dotted name of the class."""
        return f"{self.module.name}.{self.fact.name}"


class LibraryTarget(Struct, frozen=True):
    """Something of a library by its dotted name: a function, a class or an object of it."""

    name: str


Target = FunctionTarget | ClassTarget | LibraryTarget | Module
