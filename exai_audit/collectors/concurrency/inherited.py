"""The calls of what a class may inherit from a class of another file."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cached_property

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name


class InheritedCalls:
    """The calls of a module on ``self``, on what stands in its attributes, and on ``super()``."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    def below(self, names: Collection[str]) -> Iterator[ast.Call]:
        """Yield the calls of what the classes with a base of these last names do not define."""
        own = {
            owner: self._defined(owner)
            for owner in self._tree.all(ast.ClassDef)
            if any(last_name(base) in names for base in owner.bases)
        }
        for node in self._tree.mentions("self") if own else ():
            member = self._tree.parent(node)
            call = _call_of(member, self._tree)
            owner_of = self._tree.class_of(call) if call is not None else None
            if call is None or owner_of not in own or not isinstance(member, ast.Attribute):
                continue
            if member.attr not in own[owner_of]:
                yield call
        for call in self.of_super if own else ():
            if not last_name(call.func).startswith("__"):
                yield call

    @cached_property
    def of_super(self) -> list[ast.Call]:
        """The calls ``super().method(…)``."""
        made = (self._tree.parent(node) for node in self._tree.mentions("super"))
        called = (
            _call_of(self._tree.parent(one), self._tree)
            for one in made
            if isinstance(one, ast.Call)
        )
        return [call for call in called if call is not None]

    def _defined(self, owner: ast.ClassDef) -> set[str]:
        """Return the methods and attributes that a class defines itself."""
        methods = {one.name for one in owner.body if isinstance(one, FUNCTIONS)}
        return methods | self.attributes.get(owner, set())

    @cached_property
    def attributes(self) -> dict[ast.AST, set[str]]:
        """The names that each class sets on its objects."""
        found: dict[ast.AST, set[str]] = {}
        for owner, name in self._tree.scopes.attributes:
            found.setdefault(owner, set()).add(name)
        return found


def _call_of(member: ast.AST | None, tree: ModuleTree) -> ast.Call | None:
    """Return the call of a member, or of a member of it."""
    child: ast.AST | None = member
    while isinstance(child, ast.Attribute):
        parent = tree.parent(child)
        if isinstance(parent, ast.Call) and parent.func is child:
            return parent
        child = parent
    return None
