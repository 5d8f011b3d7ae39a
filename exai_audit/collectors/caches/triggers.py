"""Which names of a module may be those of caches, told without asking what anything denotes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from exai_audit.collectors.caches.definitions import assigned_names, factory
from exai_audit.collectors.caches.uses import LOOK_UPS, SETTERS
from exai_audit.collectors.caches.vocabulary import is_cache_class, names_a_store
from exai_audit.knowledge.calls import Call
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.triggers import Trigger, names_of
from exai_audit.syntax.walk import descendants

CLEARERS = frozenset({"cache_clear", "cache_invalidate"})
_STORES = frozenset({"setdefault", "update", *SETTERS})
_ASKS = frozenset({"setdefault", *LOOK_UPS})
_NAMES = (ast.Name, ast.Attribute)
_MAKING = frozenset({ast.Dict, ast.Call, ast.IfExp})
_ASKING = frozenset({ast.Subscript, ast.Compare, ast.Call})
UNKNOWN_DECORATORS = frozenset({"memoize", "memoized"})
"""What decorators for caches are called that no row of the table knows."""


def makes_cache(row: Call) -> bool:
    return row.cache is not None


TRIGGER = Trigger(
    re.compile("(?i)cache|memo"), frozenset({"return", "import", "class"}), makes_cache
)
"""What is kept in a dictionary of any name is a cache only if some function returns it.

Other files' caches live as long as the objects of classes that a file defines or imports.
"""


class CacheNames:
    """The words of a file that speak of caches, and what they may be the names of."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    def __bool__(self) -> bool:
        """Tell whether a file names a cache, or something of a library for caches."""
        return bool(self.words) or self._names_known

    @cached_property
    def words(self) -> frozenset[str]:
        return TRIGGER.matched(self._tree.words)

    @cached_property
    def _known(self) -> frozenset[str]:
        return names_of(makes_cache, self._tree.roots)

    @cached_property
    def _names_known(self) -> bool:
        return not self._known.isdisjoint(self._tree.words)

    @property
    def clears(self) -> bool:
        """Tell whether the cache of a function may be cleared."""
        return not CLEARERS.isdisjoint(self.words)

    @property
    def decorates(self) -> bool:
        """Tell whether there may be a decorator for caches."""
        return not self.words.isdisjoint(UNKNOWN_DECORATORS) or self._names_known

    def wraps(self) -> set[ast.Call]:
        """Return the calls of what may be such a decorator."""
        return set(self._tree.calls(self._known | UNKNOWN_DECORATORS))

    def names(self) -> set[str]:
        """Return the names that speak of a cache, are given a store, or are of a cache class."""
        found = set(self.words)
        for owner in self._tree.all(ast.ClassDef):
            if is_cache_class(owner.name):
                found.update(_given_in(owner))
        stores = {word for word in self.words if _may_be_store(word)} | self._known
        for call in self._tree.calls(frozenset(stores)) if stores else ():
            found.update(self._given(call))
        return found

    def _given(self, call: ast.Call) -> Iterator[str]:
        """Yield the names that are given the value of a call, or a field that it makes."""
        node: ast.AST = call
        parent = self._tree.parent(call)
        while isinstance(parent, (ast.Await, ast.IfExp, ast.keyword, ast.Call)):
            node, parent = parent, self._tree.parent(parent)
        if isinstance(parent, (ast.Assign, ast.AnnAssign)):
            yield from assigned_names(parent)
        elif isinstance(parent, ast.arguments):
            yield from (name for name, default in defaults_of(parent) if default is node)


def _may_be_store(name: str) -> bool:
    return name.lstrip("_")[:1].isupper() and names_a_store(name)


def _given_in(owner: ast.ClassDef) -> Iterator[str]:
    for node in descendants(owner):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            yield from assigned_names(node)


def defaults_of(taken: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """Yield the parameters that have a default, each with it."""
    if taken.defaults:
        positional = [*taken.posonlyargs, *taken.args][-len(taken.defaults) :]
        for argument, default in zip(positional, taken.defaults, strict=True):
            yield argument.arg, default
    for argument, given in zip(taken.kwonlyargs, taken.kw_defaults, strict=True):
        if given is not None:
            yield argument.arg, given


class _MemoDictionaries:
    """What the names of a module are used for: a memo is made, stored under, asked and returned."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._given_more = "defaultdict" in tree.source.text
        self._made: set[str] = set()
        self._stored: set[str] = set()
        self._asked: set[str] = set()
        self._others: dict[str, set[str]] = {}

    def names(self) -> set[str]:
        tree = self._tree
        self._methods()
        for assigned in tree.all(ast.Assign):
            self._assigned(assigned.targets, assigned.value)
        for annotated in tree.all(ast.AnnAssign):
            if annotated.value is not None:
                self._assigned([annotated.target], annotated.value)
        if not self._stored:
            return set()
        for returned in tree.all(ast.Return):
            self._asks(returned.value)
        for branch in tree.all(ast.If):
            if type(branch.body[0]) is ast.Return:
                self._asks(branch.test)
        for named in tree.all(ast.NamedExpr):
            self._asks(named.value)
            self._renamed([named.target], named.value)
        for taken in tree.all(ast.arguments):
            if taken.defaults or taken.kw_defaults:
                self._taken(taken)
        return {name for name in self._made if self._may_be_memo(name)}

    def _taken(self, taken: ast.arguments) -> None:
        """Note the parameters whose default makes a container, or is one by another name."""
        for name, default in defaults_of(taken):
            if self._makes(default):
                self._made.add(name)
            elif type(default) in _NAMES:
                self._others.setdefault(_base(default), set()).add(name)

    def _may_be_memo(self, name: str) -> bool:
        names = {name, *self._others.get(name, ())}
        return not self._stored.isdisjoint(names) and not self._asked.isdisjoint(names)

    def _methods(self) -> None:
        if _STORES.isdisjoint(self._tree.words):
            return
        for call in self._tree.all(ast.Call):
            function = call.func
            if type(function) is ast.Attribute and function.attr in _STORES:
                self._stored.add(_base(function.value))

    def _assigned(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        first, kind = targets[0], type(value)
        if type(first) is ast.Subscript:
            self._stored.add(_base(first))
        elif type(first) is ast.Name and kind in _ASKING:
            self._asks(value)
        if kind in _MAKING and self._makes(value):
            self._made.update(map(_base, targets))
        if len(targets) > 1:
            self._stored.update(_base(t) for t in targets if isinstance(t, ast.Subscript))
            self._renamed(targets, value)
        elif kind in _NAMES:
            self._renamed(targets, value)

    def _makes(self, value: ast.expr) -> bool:
        """Tell whether a value may be an empty dictionary, or a field that makes one."""
        if isinstance(value, ast.Dict):
            return not value.values
        if isinstance(value, ast.Call):
            given_nothing = not value.args and not value.keywords
            return given_nothing or self._given_more or factory(value) is not None
        return isinstance(value, ast.IfExp)

    def _renamed(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        """Note ``cache = self._cache`` and ``self._cache = cache = {}``."""
        names = {_base(target) for target in targets}
        known = [_base(value)] if type(value) in _NAMES else []
        for name in (*known, *names) if len(targets) > 1 else known:
            self._others.setdefault(name, set()).update(names)

    def _asks(self, value: ast.expr | None) -> None:
        if type(value) is ast.Subscript:
            self._asked.add(_base(value))
        elif type(value) is ast.Compare:
            self._asked.update(map(_base, value.comparators))
        elif type(value) is ast.Call:
            function = value.func
            if type(function) is ast.Attribute and function.attr in _ASKS:
                self._asked.add(_base(function.value))


def memo_dictionaries(tree: ModuleTree) -> set[str]:
    """Return the names of dictionaries that some function may keep its results in.

    They are stored under by key, and what is looked up in them is returned.
    """
    return _MemoDictionaries(tree).names()


def _base(node: ast.expr) -> str:
    """Return the last name of what is subscripted."""
    while type(node) is ast.Subscript:
        node = node.value
    if type(node) is ast.Name:
        return node.id
    return node.attr if type(node) is ast.Attribute else ""
