"""Coroutine functions, and calls of them that nothing awaits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from exai_audit.collectors.concurrency.asked import plain_calls
from exai_audit.collectors.concurrency.coroutine_values import OTHER_USES, used_as_result
from exai_audit.collectors.concurrency.offloads import is_in_loop
from exai_audit.collectors.concurrency.vocabulary import OF_PLAIN_OBJECTS
from exai_audit.facts.concurrency import BY_OBJECT, UnawaitedFact
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name, receiver
from exai_audit.syntax.scopes import BindingKind
from exai_audit.syntax.triggers import Trigger, names_of

_KEEP_COROUTINES = frozenset({
    "staticmethod", "classmethod", "abstractmethod", "override", "final", "overload",
})  # fmt: skip
_TO_AWAIT = ("Awaitable", "Coroutine", "Future", "Task", "Any")
_COMPREHENSIONS = (ast.ListComp, ast.SetComp)


def _is_coroutine_row(row: Call) -> bool:
    return row.coroutine


COROUTINES_TRIGGER = Trigger(names=frozenset({"async"}))
UNAWAITED_TRIGGER = Trigger(rows=_is_coroutine_row, names=frozenset({"async"}))


def coroutines(tree: ModuleTree) -> tuple[str, ...]:
    """Return the dotted names of the module's coroutine functions, in source order."""
    return tuple(dict.fromkeys(_CoroutineFunctions(tree).names))


def unawaited(tree: ModuleTree) -> tuple[UnawaitedFact, ...]:
    """Return the calls of coroutine functions that nothing awaits, in source order.

    Those whose results are thrown away, and those that are used for the result they do not give.

    Calls of functions that other modules define are among them, in coroutines: whether they are
    coroutine functions the project tells.
    """
    return tuple(_Unawaited(tree).facts())


class _CoroutineFunctions:
    """The functions of one module whose every call makes a coroutine."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    @cached_property
    def names(self) -> dict[str, None]:
        """Their dotted names, in source order."""
        tree = self._tree
        functions = tree.all(ast.AsyncFunctionDef)
        return {_dotted(f, tree): None for f in functions if self._is_one(f)}

    def _is_one(self, function: ast.AsyncFunctionDef) -> bool:
        """Tell whether all that a function's name is ever bound to makes coroutines."""
        tree = self._tree
        scope = tree.scopes.of(function)
        if (scope.node, function.name) in tree.scopes.attributes:
            return False
        if isinstance(scope.node, ast.ClassDef) and _is_made_synchronous(scope.node):
            return False
        return all(
            binding.kind is BindingKind.DEFINITION
            and isinstance(binding.node, ast.AsyncFunctionDef)
            and binding.node not in self._generators
            and self._stays_one(binding.node)
            for binding in scope.names.get(function.name, ())
        )

    def _stays_one(self, function: ast.AsyncFunctionDef) -> bool:
        """Tell whether what decorators make of a function is one, as the file shows by an await.

        A method that is awaited on the object itself is what its decorators leave of it.
        """
        if all(last_name(one) in _KEEP_COROUTINES for one in function.decorator_list):
            return True
        owner = self._tree.parent(function)
        return isinstance(owner, ast.ClassDef) and (owner, function.name) in self._awaited

    @cached_property
    def _awaited(self) -> set[tuple[ast.AST, str]]:
        """The methods that the file awaits on an object of the class itself, by their names."""
        found: set[tuple[ast.AST, str]] = set()
        for awaited in self._tree.all(ast.Await):
            called = awaited.value.func if isinstance(awaited.value, ast.Call) else None
            owner = self._tree.class_of(awaited)
            if isinstance(called, ast.Attribute) and last_name(called.value) == "self" and owner:
                found.add((owner, called.attr))
        return found

    @cached_property
    def _generators(self) -> set[ast.AST | None]:
        return {self._tree.function_of(node) for node in self._tree.all(ast.Yield)}


def _dotted(function: Function, tree: ModuleTree) -> str:
    return ".".join(part for part in (tree.dotted, tree.symbol(function)) if part)


def _is_made_synchronous(owner: ast.ClassDef) -> bool:
    """Tell whether a decorator of a class may wrap its coroutines (``@synchronized``)."""
    return any("sync" in last_name(one).lower() for one in owner.decorator_list)


class _Unawaited:
    """The calls of one module that nothing awaits."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._own = _CoroutineFunctions(tree).names
        last_names = frozenset(name.rpartition(".")[2] for name in self._own)
        self._likely = set(tree.calls(last_names | names_of(_is_coroutine_row, tree.roots)))
        self._plain = plain_calls(tree)
        self._known_roots = table().roots | STANDARD_LIBRARY | {"builtins"}

    def facts(self) -> list[UnawaitedFact]:
        found = [*self._thrown_away(), *self._used_as_results(), *self._returned()]
        return sorted(found, key=lambda fact: fact.place.span)

    def _thrown_away(self) -> Iterator[UnawaitedFact]:
        for statement in self._tree.all(ast.Expr):
            for call in _thrown_away(statement.value):
                if call in self._likely or self._is_in_coroutine(call):
                    yield from self._unawaited(call, as_result=False)

    def _used_as_results(self) -> Iterator[UnawaitedFact]:
        """Yield the calls in coroutines that are used for what they would give if awaited."""
        parents = self._tree.parents
        for call in self._tree.all(ast.Call) if self._tree.all(ast.AsyncFunctionDef) else ():
            if type(parents[call]) in OTHER_USES or not self._is_in_coroutine(call):
                continue
            if used_as_result(call, self._tree):
                yield from self._unawaited(call, as_result=True)

    def _returned(self) -> Iterator[UnawaitedFact]:
        """Yield the calls that a coroutine returns from a ``try`` whose handlers they never reach.

        What an annotation says to give something to await is meant.
        """
        for statement in self._tree.all(ast.Return):
            call, coroutine = statement.value, self._tree.function_of(statement)
            if isinstance(call, ast.Call) and isinstance(coroutine, ast.AsyncFunctionDef):
                said = self._tree.text(coroutine.returns) if coroutine.returns else ""
                if self._is_tried(statement) and not any(word in said for word in _TO_AWAIT):
                    yield from self._unawaited(call, as_result=True)

    def _is_tried(self, statement: ast.Return) -> bool:
        child: ast.AST = statement
        for node in self._tree.ancestors(statement):
            if isinstance(node, FUNCTIONS):
                return False
            if isinstance(node, ast.Try) and node.handlers and child in node.body:
                return True
            child = node
        return False

    def _is_in_coroutine(self, call: ast.Call) -> bool:
        return isinstance(self._tree.function_of(call), ast.AsyncFunctionDef)

    def _unawaited(self, call: ast.Call, *, as_result: bool) -> Iterator[UnawaitedFact]:
        tree, in_coroutine = self._tree, self._is_in_coroutine(call)
        if call in self._plain or _is_for_sync_code(call, tree):
            return
        for name in self._names(call, thrown_away=not as_result):
            shown = self._is_shown(name)
            if shown or (in_coroutine and self._may_be_one(name)):
                in_loop = is_in_loop(call, tree)
                yield UnawaitedFact(tree.place(call), name, shown, in_coroutine, in_loop, as_result)

    def _names(self, call: ast.Call, *, thrown_away: bool) -> Iterator[str]:
        """Yield what a call may be of: by its name, of a class above, by its object's name."""
        name = self._tree.qualified(call.func) or self._of_wrapped(call)
        above = list(self._of_classes_above(call)) if name else []
        if above:
            yield from above
        elif name:
            yield name
        elif thrown_away and self._is_in_coroutine(call):
            yield from _by_object(call, self._tree)

    def _of_classes_above(self, call: ast.Call) -> Iterator[str]:
        """Yield the methods of the classes above that ``self.method()`` may be."""
        owner, called = self._tree.class_of(call), receiver(call.func)
        if owner is None or not isinstance(called, ast.Name) or called.id != "self":
            return
        method = last_name(call.func)
        if (owner, method) in self._tree.scopes.attributes or _defines(owner, method):
            return
        for base in owner.bases:
            name = self._tree.qualified(base)
            if name:
                yield f"{name}.{method}"

    def _of_wrapped(self, call: ast.Call) -> str:
        """Return the coroutine method that a decorator's wrapper calls on the object it is given.

        That is the only one of the file under its name, which two words make unlike others.
        """
        owner, name = receiver(call.func), last_name(call.func)
        is_self = isinstance(owner, ast.Name) and owner.id == "self"
        if not is_self or self._tree.class_of(call) is not None or len(words(name)) < 2:
            return ""
        defined = [one for one in self._tree.functions if one.name == name]
        return _dotted(defined[0], self._tree) if len(defined) == 1 else ""

    def _is_shown(self, name: str) -> bool:
        row = table().call(name)
        return name in self._own or (row is not None and row.coroutine)

    def _may_be_one(self, name: str) -> bool:
        """Tell whether a name is that of a function which another module of the project defines."""
        if name.startswith(BY_OBJECT):
            return True
        own, root = self._tree.dotted, name.partition(".")[0]
        if name.startswith(f"{own}.") or "." not in name:
            return False
        return root == own.partition(".")[0] or root not in self._known_roots


def _defines(owner: ast.ClassDef, method: str) -> bool:
    return any(isinstance(one, FUNCTIONS) and one.name == method for one in owner.body)


def _by_object(call: ast.Call, tree: ModuleTree) -> Iterator[str]:
    """Yield a method by the name of the object that it is called on: ``?.store.save``.

    What a call in the file gave says by that call what it is.
    """
    owner, method = receiver(call.func), last_name(call.func)
    values = tree.bindings(owner.id, owner) if isinstance(owner, ast.Name) else []
    if any(isinstance(value, ast.Call) for value in values):
        return
    if isinstance(owner, (ast.Name, ast.Attribute)) and method not in OF_PLAIN_OBJECTS:
        yield f"{BY_OBJECT}{last_name(owner)}.{method}"


def _thrown_away(value: ast.expr) -> Iterator[ast.Call]:
    """Yield the calls whose results nothing takes, of an expression that is a statement."""
    if isinstance(value, ast.Call):
        yield value
    elif isinstance(value, ast.IfExp):
        yield from _thrown_away(value.body)
        yield from _thrown_away(value.orelse)
    elif isinstance(value, ast.BoolOp):
        yield from _thrown_away(value.values[-1])
    elif isinstance(value, _COMPREHENSIONS):
        yield from _thrown_away(value.elt)


def _is_for_sync_code(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a condition keeps a call for the synchronous twin of the code (``_IS_SYNC``)."""
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, FUNCTIONS):
            return False
        if (
            isinstance(node, ast.If)
            and child in node.body
            and "sync" in words(tree.text(node.test))
        ):
            return True
        child = node
    return False
