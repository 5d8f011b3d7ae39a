"""One parsed module with everything that collectors ask of it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from operator import itemgetter

from exai_audit.files.source import SourceFile
from exai_audit.syntax.aliases import Aliases
from exai_audit.syntax.imports import imported_modules
from exai_audit.syntax.nodes import Function
from exai_audit.syntax.resolver import Ref, Resolver
from exai_audit.syntax.scopes import Scope, Scopes
from exai_audit.syntax.tree import SyntaxTree
from exai_audit.syntax.triggers import Rows, names_of, words_of
from exai_audit.syntax.work import Work

__all__ = ["Function", "ModuleTree", "Ref"]


class ModuleTree(SyntaxTree):
    """A module's nodes, what they denote, and where they stand.

    ``dotted`` is the module's name, ``package`` that of its package. What the names denote is
    worked out when it is first asked for.
    """

    def __init__(
        self, source: SourceFile, module: ast.Module, dotted: str, work: Work | None = None
    ) -> None:
        super().__init__(source, module, work)
        self.dotted = dotted
        self._uses: dict[str, dict[Scope | None, list[ast.Name]]] = {}
        is_package = source.path.rsplit("/", 1)[-1].startswith("__init__.")
        self.package = dotted if is_package else dotted.rpartition(".")[0]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the module's text, its identifiers among them."""
        return words_of(self.source.text)

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """All that the module imports, by dotted name, sorted."""
        return imported_modules(self.all(ast.Import, ast.ImportFrom), self.package)

    @cached_property
    def roots(self) -> frozenset[str]:
        """The top-level modules that any name of the module may come from."""
        return frozenset(name.partition(".")[0] for name in (*self.imports, self.dotted))

    @cached_property
    def scopes(self) -> Scopes:
        """What each scope of the module binds to its names."""
        return Scopes(self.module, self._walked.inner, self.parents, self.package)

    @cached_property
    def resolver(self) -> Resolver:
        """What the names of the module denote."""
        return Resolver(self.dotted, self.parents, self.scopes, self.work)

    def calls_of(self, rows: Rows) -> Iterator[ast.Call]:
        """Yield the calls that may be one of the chosen rows, and few others, in source order."""
        return self.calls(names_of(rows, self.roots))

    def calls(self, names: frozenset[str]) -> Iterator[ast.Call]:
        """Yield the calls of anything whose last name is one of ``names`` or another name for it.

        Other names are those that the module gives by ``import … as``, by assignment and as
        defaults: a call of what has one of the names is always among them.
        """
        by_name, spoken = self._calls_by_name, names & self.words
        wanted = self._aliases.including(spoken) if spoken else spoken
        found = [call for name in by_name.keys() & wanted for call in by_name[name]]
        found += by_name.get("", ())
        self.work.add(len(found))
        found.sort(key=itemgetter(0))
        for _, call in found:
            yield call

    def calls_named(self, names: frozenset[str]) -> Iterator[ast.Call]:
        """Yield the calls of anything with one of the last names, name by name."""
        for name in sorted(self._calls_by_name.keys() & names):
            found = self._calls_by_name[name]
            self.work.add(len(found))
            for _, call in found:
                yield call

    @property
    def called_names(self) -> Collection[str]:
        """The last names of all that the module calls; empty for what has none."""
        return self._calls_by_name.keys()

    @cached_property
    def _calls_by_name(self) -> dict[str, list[tuple[int, ast.Call]]]:
        """The calls by the last name of what they call, numbered; without a name under none."""
        by_name: dict[str, list[tuple[int, ast.Call]]] = {}
        for number, call in enumerate(self.all(ast.Call)):
            function = call.func
            if isinstance(function, ast.Attribute):
                name = function.attr
            else:
                name = function.id if isinstance(function, ast.Name) else ""
            by_name.setdefault(name, []).append((number, call))
        return by_name

    @cached_property
    def _aliases(self) -> Aliases:
        return Aliases(self)

    def resolve(self, expression: ast.expr) -> Ref | None:
        """Return what ``expression`` denotes, or None where the file does not say."""
        return self.resolver.resolve(expression)

    def qualified(self, expression: ast.expr) -> str | None:
        """Return the dotted name of a function, class or module; None for an instance."""
        ref = self.resolver.resolve(expression)
        return ref.name if ref and not ref.instance else None

    def uses(self, name: ast.Name) -> Sequence[ast.Name]:
        """Return where the variable that a name stands for is named, in source order."""
        if name.id not in self._uses:
            grouped: dict[Scope | None, list[ast.Name]] = {}
            for one in self.named(name.id):
                grouped.setdefault(self._owner(one), []).append(one)
            self._uses[name.id] = grouped
        found = self._uses[name.id].get(self._owner(name), ())
        self.work.add(len(found))
        return found

    def _owner(self, name: ast.Name) -> Scope | None:
        return self.scopes.owner(name.id, self.scopes.of(name))

    def bindings(self, name: str, at: ast.AST) -> list[ast.expr]:
        """Return the values assigned to ``name`` in the scope that owns it, as seen from ``at``."""
        return self.resolver.values(name, at)

    def self_bindings(self, owner: ast.ClassDef, attribute: str) -> list[ast.expr]:
        """Return the values given to an attribute in a class's body and methods."""
        return self.resolver.attribute_values(owner, attribute)

    def number(self, expression: ast.expr) -> float | None:
        """Return the value of arithmetic on numbers and on names assigned one, exactly once."""
        return self.resolver.number(expression)
