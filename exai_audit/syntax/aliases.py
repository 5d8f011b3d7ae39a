"""Which other names a module gives to what has a name already: a superset, by last names.

What an expression denotes is worked out by `resolver`; this tells beforehand, and much cheaper,
under which names a known call may hide: imports under another name, assignments, defaults, and
functions that return a class or function.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from exai_audit.syntax.nodes import names_bound
from exai_audit.syntax.tree import SyntaxTree
from exai_audit.syntax.walk import descendants

_SAYS_CLASS = ("ype[", "ype [")  # of ``type`` and ``Type``
_HAND_ON = frozenset({"cast", "closing", "aclosing"})
"""Calls that give back what they are given."""
_IS_A_NAME = (ast.Name, ast.Attribute)
_OWN_OBJECTS = frozenset({
    ast.Constant, ast.JoinedStr, ast.Dict, ast.Set, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Lambda, ast.Yield,
    ast.YieldFrom,
})  # fmt: skip


class Aliases:
    """The other names of one module."""

    def __init__(self, tree: SyntaxTree) -> None:
        self._given: dict[str, set[str]] = {}
        self._known: dict[frozenset[str], frozenset[str]] = {}
        self._own = {function.name for function in tree.each(ast.FunctionDef, ast.AsyncFunctionDef)}
        self._imported(tree)
        self._assigned(tree)
        self._by_default(tree)
        self._returned(tree)
        if any(spelled in tree.source.text for spelled in _SAYS_CLASS):
            self._classes(tree)

    def including(self, names: frozenset[str]) -> frozenset[str]:
        """Return ``names`` and all other names for them."""
        if names not in self._known:
            found: set[str] = set()
            waiting = list(names)
            while waiting:
                name = waiting.pop()
                if name not in found:
                    found.add(name)
                    waiting.extend(self._given.get(name, ()))
            self._known[names] = frozenset(found)
        return self._known[names]

    def _give(self, names: Sequence[str], others: Iterable[str]) -> None:
        if not names:
            return
        for other in others:
            for name in names:
                if name != other:
                    self._given.setdefault(name, set()).add(other)

    def _imported(self, tree: SyntaxTree) -> None:
        for node in tree.each(ast.Import, ast.ImportFrom):
            for alias in node.names:
                if alias.asname:
                    self._give([alias.name.rpartition(".")[2]], [alias.asname])

    def _assigned(self, tree: SyntaxTree) -> None:
        for node in tree.all(ast.Assign):
            names = self._ends(node.value)
            if names:
                self._give(names, [name for target in node.targets for name in names_bound(target)])
        for one in tree.each(ast.AnnAssign, ast.NamedExpr):
            if one.value is not None:
                self._give(self._ends(one.value), names_bound(one.target))
        for item in tree.all(ast.withitem):
            if item.optional_vars is not None:
                self._give(self._ends(item.context_expr), names_bound(item.optional_vars))

    def _by_default(self, tree: SyntaxTree) -> None:
        for given in tree.all(ast.arguments):
            if given.defaults:
                positional = [*given.posonlyargs, *given.args][-len(given.defaults) :]
                for argument, default in zip(positional, given.defaults, strict=True):
                    self._give(self._ends(default), [argument.arg])
            for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
                if value is not None:
                    self._give(self._ends(value), [argument.arg])

    def _returned(self, tree: SyntaxTree) -> None:
        for node in tree.each(ast.Return, ast.Yield):
            names = self._ends(node.value) if node.value is not None else None
            function = tree.function_of(node) if names else None
            if names and function is not None and not isinstance(function, ast.Lambda):
                self._give(names, [function.name])

    def _classes(self, tree: SyntaxTree) -> None:
        """Note what an annotation says to be a class itself, not an instance of one."""
        for argument in tree.all(ast.arg):
            if argument.annotation is not None:
                self._give(_of_a_class(argument.annotation), [argument.arg])
        for node in tree.all(ast.AnnAssign):
            self._give(_of_a_class(node.annotation), names_bound(node.target))
        for function in tree.functions:
            if function.returns is not None:
                self._give(_of_a_class(function.returns), [function.name])

    def _ends(self, value: ast.expr) -> Sequence[str]:
        """Return the last names of all that an expression may be."""
        kind = type(value)
        if kind in _OWN_OBJECTS:
            return ()
        if kind is ast.Name:
            return (value.id,)  # type: ignore[attr-defined]
        if kind is ast.Attribute:
            return (value.attr,)  # type: ignore[attr-defined]
        if isinstance(value, ast.Call):
            called = _last(value.func)
            if called is not None and called not in self._own and called not in _HAND_ON:
                return ()
        return list(self._parts(value))

    def _parts(self, value: ast.expr) -> Iterator[str]:
        waiting = [value]
        while waiting:
            node = waiting.pop()
            name = _last(node)
            if name is not None:
                yield name
            elif isinstance(node, ast.Call):
                called = _last(node.func)
                if called is None or called in self._own:
                    waiting.append(node.func)
                elif called in _HAND_ON:
                    waiting += node.args
            elif isinstance(node, (ast.Await, ast.Subscript, ast.NamedExpr, ast.Starred)):
                waiting.append(node.value)
            elif isinstance(node, ast.IfExp):
                waiting += (node.body, node.orelse)
            elif isinstance(node, ast.BoolOp):
                waiting += node.values
            elif isinstance(node, (ast.Tuple, ast.List)):
                waiting += node.elts


def _last(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _of_a_class(annotation: ast.expr) -> list[str]:
    """Return the names in an annotation that says ``type[…]``: the class itself, no instance."""
    if isinstance(annotation, _IS_A_NAME):
        return []
    names: list[str] = []
    for node in descendants(annotation):
        name = _last(node)
        if name is not None:
            names.append(name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names += re.findall(r"\w+", node.value)
    return names if {"type", "Type"} & set(names) else []
