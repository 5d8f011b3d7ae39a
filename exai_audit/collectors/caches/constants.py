"""Caches that have as many entries as the program has constants: every key is made of these."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from exai_audit.collectors.caches.accesses import Function, is_literal, last_name
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.caches.tables import goes_over_a_table, is_key_of_a_table
from exai_audit.collectors.caches.uses import Use
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments, is_none, parameters
from exai_audit.syntax.scopes import Binding, BindingKind, Scope

_SAME_FOR_SAME = frozenset({"str", "int", "bool", "repr", "tuple", "frozenset", "hash", "Path"})
_OF_TEXTS = frozenset({
    "lower", "upper", "casefold", "strip", "lstrip", "rstrip", "encode", "resolve", "absolute",
    "as_posix", "expanduser",
})  # fmt: skip
_DEEPEST = 8


def has_constant_keys(tree: ModuleTree, index: CacheIndex, stored: Iterable[Use]) -> bool:
    """Tell whether all keys are literals, constants of the module, or made of these alone.

    So is the identity of what comes out of such a cache: there are only so many of these, too.
    """
    reading = _Reading(tree, index)
    keys = [(use.key, use.function) for use in stored]
    return bool(keys) and all(
        key is not None and reading.is_constant(key, function, _DEEPEST) for key, function in keys
    )


class _Reading:
    """What the expressions of one module are made of."""

    def __init__(self, tree: ModuleTree, index: CacheIndex) -> None:
        self._tree = tree
        self._index = index

    def is_constant(self, key: ast.expr, function: Function | None, depth: int) -> bool:
        """Tell whether an expression has one value for as long as the process lives."""
        if depth < 0:
            return False
        if is_literal(key):
            return True
        if isinstance(key, ast.Name):
            return self._is_constant_name(key, function, depth)
        if isinstance(key, ast.Attribute):
            return key.attr.isupper() and self._is_imported(key.value)
        if isinstance(key, ast.Call):
            return self._is_constant_call(key, function, depth)
        parts = _parts(key)
        return bool(parts) and all(self.is_constant(one, function, depth) for one in parts)

    def _is_imported(self, node: ast.expr) -> bool:
        bound = self._bound(node) if isinstance(node, ast.Name) else ()
        return bool(bound) and all(one.kind is BindingKind.IMPORT for one in bound)

    def _is_constant_call(self, key: ast.Call, function: Function | None, depth: int) -> bool:
        handed = [one.value for one in arguments(key)]
        if isinstance(key.func, ast.Name) and key.func.id == "id":
            return all(self._is_kept(one, function, depth - 1) for one in handed)
        of_text = isinstance(key.func, ast.Attribute) and key.func.attr in _OF_TEXTS
        if of_text and isinstance(key.func, ast.Attribute):
            handed.append(key.func.value)
        known = of_text or last_name(key.func) in _SAME_FOR_SAME
        return known and all(self.is_constant(one, function, depth) for one in handed)

    def _is_constant_name(self, name: ast.Name, function: Function | None, depth: int) -> bool:
        scope, bound = self._scope(name), self._bound(name)
        if scope is None or not bound:
            return False
        if all(one.kind is BindingKind.IMPORT for one in bound):
            return name.id.isupper()
        if scope.node is function and is_key_of_a_table(name, self._tree):
            return True
        if all(goes_over_a_table(name.id, one, self._tree) for one in bound):
            return True
        values = [one.value for one in bound if one.kind is BindingKind.VALUE]
        if len(values) != len(bound):
            return False
        if scope is self._tree.scopes.module:
            return all(self._tree.function_of(one.node) is None for one in bound)
        return scope.node is function and all(
            value is not None and self.is_constant(value, function, depth - 1) for value in values
        )

    def _scope(self, name: ast.Name) -> Scope | None:
        return self._tree.scopes.owner(name.id, self._tree.scopes.of(name))

    def _bound(self, name: ast.Name) -> Sequence[Binding]:
        scope = self._scope(name)
        return scope.names.get(name.id, ()) if scope is not None else ()

    def _is_kept(self, value: ast.expr, function: Function | None, depth: int) -> bool:
        """Tell whether a value is one of those that a cache with constant keys keeps."""
        if depth < 0:
            return False
        if isinstance(value, ast.Await):
            return self._is_kept(value.value, function, depth)
        if isinstance(value, ast.Subscript):
            return self._is_entry(value, function, depth)
        if isinstance(value, ast.Call):
            return self._is_looked_up(value, function, depth) or self._is_got(value, depth)
        if not isinstance(value, ast.Name) or function is None:
            return False
        bound = self._bound(value)
        if bound and all(one.kind is BindingKind.PARAMETER for one in bound):
            return self._is_handed(value.id, function, depth)
        return self._is_kept_local(value, bound, function, depth)

    def _is_kept_local(
        self, name: ast.Name, bound: Sequence[Binding], function: Function, depth: int
    ) -> bool:
        values = [one.value for one in bound if one.kind is BindingKind.VALUE and one.value]
        if not values or len(values) != len(bound):
            return False
        stored = any(self._is_entry(one, function, depth) for one in self._stores(name, function))
        return stored or all(
            is_none(value) or self._is_kept(value, function, depth - 1) for value in values
        )

    def _stores(self, name: ast.Name, function: Function) -> Iterator[ast.Subscript]:
        """Yield the entries that a function sets to what a local name stands for."""
        for made in self._index.assignments:
            value = made.value
            same = isinstance(value, ast.Name) and value.id == name.id
            if same and isinstance(made, ast.Assign) and self._tree.function_of(made) is function:
                yield from (one for one in made.targets if isinstance(one, ast.Subscript))

    def _is_looked_up(self, call: ast.Call, function: Function | None, depth: int) -> bool:
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in ("get", "setdefault"):
            return False
        return bool(call.args) and self._is_by_constant(func.value, call.args[0], function, depth)

    def _is_entry(self, entry: ast.Subscript, function: Function | None, depth: int) -> bool:
        return self._is_by_constant(entry.value, entry.slice, function, depth)

    def _is_by_constant(
        self, container: ast.expr, key: ast.expr, function: Function | None, depth: int
    ) -> bool:
        """Tell whether a key is constant, and the container one that the module made once."""
        if not isinstance(container, ast.Name):
            return False
        bound = self._bound(container)
        made_once = self._scope(container) is self._tree.scopes.module and all(
            self._tree.function_of(one.node) is None and one.kind is BindingKind.VALUE
            for one in bound
        )
        return made_once and self.is_constant(key, function, depth - 1)

    def _is_got(self, call: ast.Call, depth: int) -> bool:
        """Tell whether a function of the module gives only what such a cache keeps."""
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        named = self._index.functions_by_name.get(name, ())
        if len(named) != 1:
            return False
        returned = self._tree.scopes.inside(named[0]).returns
        return bool(returned) and all(self._is_kept(one, named[0], depth - 1) for one in returned)

    def _is_handed(self, name: str, function: Function, depth: int) -> bool:
        """Tell whether all that a private function is ever given as ``name`` is so kept."""
        if not isinstance(function, FUNCTIONS) or not function.name.startswith("_"):
            return False
        order = [param.name for param in parameters(function)]
        mentions = self._index.mentions(function.name)
        calls = [self._tree.parent(one) for one in mentions]
        return bool(calls) and all(
            isinstance(call, ast.Call)
            and call.func is mention
            and self._is_given(call, name, order.index(name), depth)
            for call, mention in zip(calls, mentions, strict=True)
        )

    def _is_given(self, call: ast.Call, name: str, position: int, depth: int) -> bool:
        by_name = next((one.value for one in call.keywords if one.arg == name), None)
        handed = call.args[position] if by_name is None and position < len(call.args) else by_name
        function = self._tree.function_of(call)
        return handed is not None and self._is_kept(handed, function, depth - 1)


def _parts(key: ast.expr) -> Sequence[ast.expr]:
    """Return what a text, a tuple, a sum or a choice is made of."""
    if isinstance(key, ast.JoinedStr):
        return key.values
    if isinstance(key, ast.FormattedValue):
        return (key.value,)
    if isinstance(key, (ast.Tuple, ast.List)):
        return key.elts
    if isinstance(key, ast.BinOp):
        return (key.left, key.right)
    if isinstance(key, ast.BoolOp):
        return key.values
    return (key.body, key.orelse) if isinstance(key, ast.IfExp) else ()
