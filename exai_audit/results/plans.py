"""Decomposition plans: how to split a module, and how to divide a class."""

from __future__ import annotations

from msgspec import Struct

from exai_audit.results.advice import Hours, Impact


class PlanSymbol(Struct, frozen=True):
    """Lines of the old module that belong to a symbol; one defined in pieces has several."""

    name: str
    line: int
    end_line: int


class LateImport(Struct, frozen=True):
    """A function that imports ``statement`` itself, before ``line`` of the old module."""

    function: str
    line: int
    column: int
    statement: str


class PlanModule(Struct, frozen=True):
    """One module that an oversized one falls into.

    ``lines`` is about how many it has, ``imports`` the statements that it begins with, ``needs``
    the new modules that it imports. ``complexity`` is the cyclomatic one of all its functions,
    ``maintainability`` radon's index, None where it was not asked for. ``then`` are the groups of
    symbols that a module still over the limit could be parted into next.
    """

    name: str
    lines: int
    responsibility: str
    symbols: tuple[PlanSymbol, ...]
    imports: tuple[str, ...]
    needs: tuple[str, ...] = ()
    late: tuple[LateImport, ...] = ()
    complexity: int = 0
    maintainability: float | None = None
    then: tuple[tuple[str, ...], ...] = ()


class Crossing(Struct, frozen=True):
    """A name of the new module ``module`` that the modules ``users`` need."""

    name: str
    module: str
    users: tuple[str, ...]


class ClassGroup(Struct, frozen=True):
    """Methods of a class that belong together, and what could become of them.

    ``way`` is ``mixin``, ``collaborator`` (an object of its own that the class holds) or
    ``functions`` (of the module). ``attributes`` are those that no other group uses; ``crossing``
    is the share of its calls of methods that leave it or come from outside.
    """

    name: str
    way: str
    lines: int
    responsibility: str
    methods: tuple[PlanSymbol, ...]
    attributes: tuple[str, ...]
    crossing: float


class ClassPlan(Struct, frozen=True):
    """How to divide one class; without ``groups`` the verdict says why not to."""

    path: str
    name: str
    line: int
    lines: int
    clarity: float
    groups: tuple[ClassGroup, ...]
    steps: tuple[str, ...]
    risks: tuple[str, ...]
    verdict: str
    figures: tuple[Impact, ...] = ()


class Importer(Struct, frozen=True):
    """A file that imports the module, and the names that it takes from it."""

    path: str
    names: tuple[str, ...]


class Plan(Struct, frozen=True):
    """How to split one oversized module; without ``modules`` the verdict says why not to.

    ``modules`` stand in the order of the steps. ``facade`` is the code of the old module that is
    left, ``kept`` are the lines that stay with it; docstring first. ``clarity`` is how much more
    alike symbols are to those of their module than to the next best, from 0 to 1; ``crossing`` are
    the names that most modules need of another. The lines of ``licence`` go on top of every new
    file. ``replaced`` are names that other files set on the module. ``hours`` are the effort
    model's. ``classes`` are plans of classes that are most of it.
    """

    path: str
    lines: int
    clarity: float
    modules: tuple[PlanModule, ...]
    facade: str
    steps: tuple[str, ...]
    risks: tuple[str, ...]
    verdict: str = ""
    facade_path: str = ""
    facade_lines: int = 0
    kept: tuple[PlanSymbol, ...] = ()
    importers: tuple[Importer, ...] = ()
    figures: tuple[Impact, ...] = ()
    crossing: tuple[Crossing, ...] = ()
    licence: PlanSymbol | None = None
    replaced: tuple[str, ...] = ()
    hours: Hours | None = None
    classes: tuple[ClassPlan, ...] = ()
