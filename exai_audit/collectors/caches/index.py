"""What the cache collector looks at again and again in one module."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from exai_audit.collectors.caches.accesses import Function, Mention, last_name
from exai_audit.collectors.caches.vocabulary import CLOCK_NAMES, is_clock
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Function as Named


class CacheIndex:
    """What the cache collector looks at again and again in one module, found when asked for."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    @property
    def assignments(self) -> Sequence[ast.Assign | ast.AnnAssign]:
        return self._tree.all(ast.Assign, ast.AnnAssign)

    @property
    def functions(self) -> Sequence[Named]:
        return self._tree.functions

    @cached_property
    def functions_by_name(self) -> Mapping[str, Sequence[Named]]:
        """The functions by their own names, those of one name in source order."""
        by_name: dict[str, list[Named]] = {}
        for function in self.functions:
            by_name.setdefault(function.name, []).append(function)
        return by_name

    @property
    def classes(self) -> Sequence[ast.ClassDef]:
        return self._tree.all(ast.ClassDef)

    @property
    def calls(self) -> Sequence[ast.Call]:
        return self._tree.all(ast.Call)

    def names(self, identifier: str) -> Sequence[ast.Name]:
        """Return where a name stands for its value or is assigned one, in source order."""
        return self._tree.named(identifier)

    def attributes(self, identifier: str) -> Sequence[ast.Attribute]:
        """Return the attributes called so, of whatever object."""
        return self._attributes.get(identifier, ())

    def mentions(self, identifier: str) -> list[Mention]:
        """Return where an identifier is mentioned in any way but by definition or import."""
        keywords = (node for node in self._tree.all(ast.keyword) if node.arg == identifier)
        return [*self.names(identifier), *self.attributes(identifier), *keywords]

    @cached_property
    def holders(self) -> frozenset[Function]:
        """The functions that others stand in."""
        tree = self._tree
        inner = (*tree.functions, *tree.all(ast.Lambda))
        return frozenset(outer for outer in map(tree.function_of, inner) if outer is not None)

    @cached_property
    def clock_calls(self) -> frozenset[ast.Call]:
        """The calls that read the clock."""
        calls = self._tree.calls(CLOCK_NAMES)
        return frozenset(c for c in calls if is_clock(self._tree.qualified(c.func) or ""))

    @cached_property
    def bases(self) -> dict[ast.ClassDef, set[ast.ClassDef]]:
        """For each class, those of the module that it inherits from, by name."""
        by_name = {one.name: one for one in self.classes}
        named = {one: {last_name(base) for base in one.bases} for one in self.classes}
        return {one: {by_name[n] for n in names if n in by_name} for one, names in named.items()}

    @cached_property
    def _attributes(self) -> dict[str, list[ast.Attribute]]:
        found: dict[str, list[ast.Attribute]] = defaultdict(list)
        for node in self._tree.all(ast.Attribute):
            found[node.attr].append(node)
        return found


def lineage(index: CacheIndex, owner: ast.ClassDef) -> set[ast.ClassDef]:
    """Return the classes of the file that ``owner`` inherits from or that inherit from it."""
    bases = index.bases
    family = {owner}
    while True:
        more = {one for one, its in bases.items() if its & family}
        more |= {base for one in family for base in bases.get(one, ())}
        if more <= family:
            return family
        family |= more
