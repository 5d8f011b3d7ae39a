"""What a term denotes in the project (see `exai_audit.facts.calls`): the files joined.

Receivers are typed by annotation, by constructor, by what a factory returns, by inheritance and
through context managers, wherever these are defined. A term is followed through at most
``DEEPEST`` others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from exai_audit.facts.calls import FunctionForm, twins_of
from exai_audit.knowledge.calls import WRAPPED
from exai_audit.knowledge.table import table
from exai_audit.project.class_relations import ClassRelations
from exai_audit.project.definitions import Definitions, Module
from exai_audit.project.targets import ClassTarget, FunctionTarget, LibraryTarget, Target

DEEPEST = 8
_MARK = re.compile(r"(\((?:await|with|depends)?\)|\.<\w+>)")
_BASES_OF_ANYTHING = frozenset({"typing", "typing_extensions", "abc", "builtins", "enum"})
_CALLED, _AWAITED, _ENTERED, _PROVIDED = "()", "(await)", "(with)", "(depends)"
Given = Mapping[str, Target]
"""What the parameters of a function are, by their terms."""
_NOTHING: Given = {}


class Resolution:
    """Resolves the terms of one project."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._relations = ClassRelations(definitions, self.resolve)
        self._known: dict[tuple[str, Module], Target | None] = {}
        self._table = table()

    def resolve(
        self, term: str, asking: Module, given: Given = _NOTHING, left: int = DEEPEST
    ) -> Target | None:
        """Return what a term of the module ``asking`` denotes, None where that is not shown."""
        if "<" in term and given:
            return self._walk(term, asking, given, left)
        key = (term, asking)
        if key in self._known:
            return self._known[key]
        self._known[key] = None
        found = self._walk(term, asking, given, left)
        if left == DEEPEST:
            self._known[key] = found
        else:
            del self._known[key]
        return found

    def _walk(self, term: str, asking: Module, given: Given, left: int) -> Target | None:
        if left <= 0 or not term:
            return None
        start, rest = self._start(term, asking, given, left)
        target: Target | None = start
        for step in rest:
            if target is None:
                return None
            if step.startswith("("):
                target = self._called(target, step, given, left)
            elif step.startswith("<"):
                return None
            else:
                target = self._member(target, step, given, left)
        return target

    def _start(
        self, term: str, asking: Module, given: Given, left: int
    ) -> tuple[Target | None, list[str]]:
        """Return what the beginning of a term denotes, and the steps that follow."""
        if "<" in term:
            head, _, tail = term.partition(">")
            known = given.get(f"{head}>") or self._relations.given(f"{head}>", left - 1)
            return known, _steps(tail)
        plain = _MARK.split(term, maxsplit=1)[0]
        parts = plain.split(".")
        found = self._definitions.locate(parts, asking)
        if found is None:
            return LibraryTarget(plain), _steps(term[len(plain) :])
        module, length = found
        return module, [*parts[length:], *_steps(term[len(plain) :])]

    # Members

    def _member(self, target: Target, name: str, given: Given, left: int) -> Target | None:
        if isinstance(target, LibraryTarget):
            return self._of_library(target, name)
        if isinstance(target, Module):
            return self._of_module(target, name, left)
        if isinstance(target, ClassTarget):
            return self._of_class(target, name, left, set())
        inner = target.module.functions.get(f"{target.fact.name}.{name}")
        return FunctionTarget(target.module, inner) if inner is not None else None

    def _of_library(self, target: LibraryTarget, name: str) -> LibraryTarget:
        """Return a member; of a factory that stands as a class, that of what it makes."""
        member, _ = self._table.attribute(target.name, name)
        made = self._table.returns(f"{target.name}.__call__")
        if made and self._table.call(member) is None:
            member = self._table.canonical(f"{made}.{name}")
        return LibraryTarget(member)

    def _of_module(self, module: Module, name: str, left: int) -> Target | None:
        if name in module.functions:
            return FunctionTarget(module, module.functions[name])
        if name in module.classes:
            return ClassTarget(module, module.classes[name])
        if name in module.variables:
            return self.resolve(module.variables[name], module, left=left - 1)
        submodule = self._definitions.module(f"{module.name}.{name}", module)
        if submodule is not None and submodule is not module:
            return submodule
        imported = module.imported(name)
        if imported and imported != f"{module.name}.{name}":
            return self.resolve(imported, module, left=left - 1)
        return self._by_star(module, name, left)

    def _by_star(self, module: Module, name: str, left: int) -> Target | None:
        """Return what ``from x import *`` may bring into a package."""
        if left <= 1 or not module.facts.path.endswith("__init__.py"):
            return None
        for one in module.facts.imports:
            source = self._definitions.module(one, module)
            if source is None or source is module:
                continue
            if name in source.functions or name in source.classes or name in source.variables:
                return self._of_module(source, name, left - 1)
        return None

    def _of_class(self, target: ClassTarget, name: str, left: int, seen: set[str]) -> Target | None:
        own = f"{target.fact.name}.{name}"
        if name in target.fact.abstract:
            return self._implemented(target, name, left)
        if own in target.module.functions:
            function = FunctionTarget(target.module, target.module.functions[own])
            if function.fact.form is FunctionForm.PROPERTY:
                return self.resolve(function.fact.returns, target.module, left=left - 1)
            return function
        if name in target.fact.methods:
            return None
        for attribute, term in target.fact.attributes:
            if attribute == name:
                return self.resolve(term, target.module, left=left - 1)
        if own in target.module.classes:
            return ClassTarget(target.module, target.module.classes[own])
        return self._inherited(target, name, left, seen | {target.name})

    def _implemented(self, target: ClassTarget, name: str, left: int) -> Target | None:
        """Return a method that a class leaves to its subclasses, where only one defines it.

        Of several that which blocks, where the class leaves its coroutine twin to them, too, and
        the first of those that all block. A protocol has no subclasses, but what is like it, and
        may be like another protocol, which defines no more than itself.
        """
        known = self._relations.below(target.name) or self._relations.like(target)
        defining = [
            one for one in known if name in one.fact.methods and name not in one.fact.abstract
        ]
        if len(defining) == 1:
            return self._of_class(defining[0], name, left - 1, set())
        found = [self._of_class(one, name, left - 1, set()) for one in defining]
        blocking = [one for one in found if isinstance(one, FunctionTarget) and one.fact.blocks]
        has_twin = any(one in target.fact.methods for one in twins_of(name))
        return blocking[0] if blocking and (has_twin or len(blocking) == len(defining)) else None

    def _inherited(
        self, target: ClassTarget, name: str, left: int, seen: set[str]
    ) -> Target | None:
        of_library: Target | None = None
        for term in target.fact.bases:
            base = self.resolve(term, target.module, left=left - 1)
            if isinstance(base, ClassTarget) and base.name not in seen:
                found = self._of_class(base, name, left - 1, seen)
                if found is not None:
                    return found
            elif isinstance(base, LibraryTarget) and of_library is None:
                of_library = self._of_library_base(base, name)
        return of_library

    def _of_library_base(self, base: LibraryTarget, name: str) -> LibraryTarget | None:
        if base.name.partition(".")[0] in _BASES_OF_ANYTHING:
            return None
        return LibraryTarget(self._table.canonical(f"{base.name}.{name}"))

    # Calls

    def _called(self, target: Target, step: str, given: Given, left: int) -> Target | None:
        if isinstance(target, LibraryTarget):
            return self._called_library(target, step)
        if isinstance(target, ClassTarget):
            return self._called_class(target, step, left)
        if isinstance(target, Module):
            return None
        fact = target.fact
        if fact.form is FunctionForm.GENERATOR and step not in (_PROVIDED, _ENTERED):
            return None
        if fact.is_async and step == _CALLED:
            return None
        found = self.resolve(fact.returns, target.module, given, left - 1)
        if step == _ENTERED and fact.form is FunctionForm.PLAIN and found is not None:
            return self._entered(found, left)
        return found

    def _called_class(self, target: ClassTarget, step: str, left: int) -> Target | None:
        if target.instance:
            method = self._of_class(target, "__call__", left, set())
            return self._called(method, step, _NOTHING, left - 1) if method is not None else None
        made = ClassTarget(target.module, target.fact, True)
        return self._entered(made, left) if step == _ENTERED else made

    def _entered(self, target: Target, left: int) -> Target | None:
        """Return what ``with`` gives for an object: mostly the object itself."""
        if isinstance(target, LibraryTarget):
            known = self._table.returns(f"{target.name}.__enter__")
            return LibraryTarget(known) if known else target
        if not isinstance(target, ClassTarget):
            return target
        for name in ("__enter__", "__aenter__"):
            method = self._of_class(target, name, left - 1, set())
            if isinstance(method, FunctionTarget) and method.fact.returns:
                return self.resolve(method.fact.returns, method.module, left=left - 1)
        return target

    def _called_library(self, target: LibraryTarget, step: str) -> Target | None:
        known = self._table.returns(target.name) or self._table.returns(f"{target.name}.__call__")
        if known:
            return LibraryTarget(known) if known != WRAPPED else None
        last = target.name.rpartition(".")[2]
        return target if last.lstrip("_")[:1].isupper() else None


def _steps(text: str) -> list[str]:
    """Split what follows the beginning of a term into names and marks."""
    found: list[str] = []
    for part in _MARK.split(text):
        if part.startswith(("(", ".<")):
            found.append(part.lstrip("."))
        else:
            found.extend(name for name in part.split(".") if name)
    return found
