"""What a class leaves to others: methods to its subclasses, attributes to those who make it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name
from exai_audit.syntax.terms import Terms, unannotated

LEAVES_TO_SUBCLASSES = frozenset({"abstractmethod", "NotImplementedError", "Protocol"})
"""Words of a file that may define methods for subclasses to fill in."""
LEAVES_TO_OTHERS = LEAVES_TO_SUBCLASSES | {"__init__"}


def abstract_methods(owner: ast.ClassDef, tree: ModuleTree) -> tuple[str, ...]:
    """Return the methods of a class that do nothing but wait for a subclass to define them."""
    if LEAVES_TO_SUBCLASSES.isdisjoint(tree.words):
        return ()
    is_protocol = any(_is_protocol(base) for base in owner.bases)
    methods = (one for one in owner.body if isinstance(one, FUNCTIONS))
    return tuple(one.name for one in methods if _is_abstract(one, is_protocol))


def _is_protocol(base: ast.expr) -> bool:
    return last_name(base.value if isinstance(base, ast.Subscript) else base) == "Protocol"


def _is_abstract(method: Function, is_protocol: bool) -> bool:
    if any(last_name(one) == "abstractmethod" for one in method.decorator_list):
        return True
    body = [one for one in method.body if not _says_nothing(one)]
    if is_protocol and all(isinstance(one, ast.Pass) for one in body):
        return True
    return len(body) == 1 and isinstance(body[0], ast.Raise) and _refuses(body[0].exc)


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _refuses(raised: ast.expr | None) -> bool:
    called = raised.func if isinstance(raised, ast.Call) else raised
    return called is not None and last_name(called) == "NotImplementedError"


class GivenAttributes:
    """The attributes that objects of the classes of a module are given by who makes them.

    ``self.store = store`` in ``__init__``, of a parameter without annotation.
    """

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self.names: dict[ast.AST, set[str]] = {}
        self._open: dict[Function, frozenset[str]] = {}
        held = tree.scopes.attributes if "__init__" in tree.words else {}
        for (owner, name), bindings in held.items():
            if any(self._is_given(one.value, one.node) for one in bindings):
                self.names.setdefault(owner, set()).add(name)

    def _is_given(self, value: ast.expr | None, statement: ast.AST) -> bool:
        if not isinstance(value, ast.Name):
            return False
        function = self._tree.function_of(statement)
        if not isinstance(function, ast.FunctionDef) or function.name != "__init__":
            return False
        if function not in self._open:
            self._open[function] = unannotated(function)
        return value.id in self._open[function]

    def calls(self) -> Iterator[ast.Call]:
        """Yield the calls of methods of what stands in such an attribute."""
        attributes = {name for names in self.names.values() for name in names}
        for name in sorted(attributes):
            for node in self._tree.mentions(name):
                member = self._tree.parent(node)
                call = self._tree.parent(member) if isinstance(member, ast.Attribute) else None
                if not isinstance(call, ast.Call) or call.func is not member:
                    continue
                if self._has(self._tree.class_of(call), name):
                    yield call

    def _has(self, owner: ast.ClassDef | None, name: str) -> bool:
        """Tell whether objects of a class are given an attribute, perhaps by a class above it."""
        if owner is None or name in self.names.get(owner, ()):
            return owner is not None
        above = {last_name(base) for base in owner.bases}
        return any(
            name in names and isinstance(one, ast.ClassDef) and one.name in above
            for one, names in self.names.items()
        )


def held_attributes(
    owner: ast.ClassDef, names: Iterable[str], tree: ModuleTree, terms: Terms
) -> Iterator[tuple[str, str]]:
    """Yield those of the attributes of a class that hold what a term tells, with the term."""
    methods = {node.name for node in owner.body if isinstance(node, FUNCTIONS)}
    for name in sorted({*names} - methods):
        term = terms.attribute(owner, name)
        if term:
            yield name, term
