"""What each scope of a module binds to its names."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from msgspec import Struct, field

from exai_audit.syntax.nodes import (
    COMPREHENSIONS,
    FUNCTIONS,
    Function,
    first_parameter,
)

ScopeNode = (
    ast.Module | Function | ast.Lambda | ast.ClassDef
    | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
)  # fmt: skip
_SCOPES = frozenset({ast.Module, *FUNCTIONS, ast.Lambda, ast.ClassDef, *COMPREHENSIONS})
_OF_STATEMENTS = frozenset({*FUNCTIONS, ast.ClassDef})


class BindingKind(Enum):
    """How a name gets its meaning."""

    VALUE = "value"
    ANNOTATION = "annotation"
    IMPORT = "import"
    DEFINITION = "definition"
    ENTERED = "entered"
    PARAMETER = "parameter"
    ITERATED = "iterated"
    OPAQUE = "opaque"


class Binding(Struct, eq=False):
    """One binding: the node that binds, and the expression it binds to where there is one.

    ``annotation`` is there beside a value or parameter; ``target`` is the dotted name of an import.
    """

    kind: BindingKind
    node: ast.AST
    value: ast.expr | None = None
    annotation: ast.expr | None = None
    target: str = ""


class Scope(Struct, eq=False):
    """The names bound by one module, function, class, lambda or comprehension."""

    node: ast.AST
    outer: Scope | None
    names: dict[str, list[Binding]] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    returns: list[ast.expr] = field(default_factory=list)
    yields: list[ast.expr] = field(default_factory=list)

    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)


class Scopes:
    """The scopes of one module, and the attributes that methods set on ``self``.

    ``attributes`` has the bindings of each attribute by class and name, ``imports`` the dotted
    names of all that is imported, ``definitions`` all functions and classes in source order.
    """

    def __init__(
        self,
        module: ast.Module,
        nodes: Sequence[ast.AST],
        parents: Mapping[ast.AST, ast.AST],
        package: str,
    ) -> None:
        self._parents = parents
        self._package = package
        self.module = Scope(module, None)
        self._scopes: dict[ast.AST, Scope] = {module: self.module}
        self._owners: dict[ast.AST, Scope] = {module: self.module}
        self.attributes: dict[tuple[ast.AST, str], list[Binding]] = {}
        self.imports: list[str] = []
        self.definitions: list[Function | ast.ClassDef] = []
        sorters = _SORTERS
        binding = [node for node in nodes if type(node) in sorters]
        for node in binding:
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                self._declare(node)
        for node in binding:
            sorters[type(node)](self, node)

    def of(self, node: ast.AST) -> Scope:
        """Return the scope in which an expression at ``node`` looks up its names."""
        known = self._owners.get(node)
        if known is None and isinstance(node, ast.stmt):  # most stand right in a scope's body
            known = self._scopes.get(self._parents.get(node, node))
        return known if known is not None else self._find(node)

    def inside(self, node: ScopeNode) -> Scope:
        """Return the scope that a function, class or lambda makes."""
        return self._scope(node)

    def owner(self, name: str, scope: Scope) -> Scope | None:
        """Return the scope whose binding of ``name`` is seen from ``scope``."""
        current: Scope | None = scope
        while current is not None:
            if current.declared and current.declared.get(name) == "global":
                return self.module if name in self.module.names else None
            if name in current.names and (current is scope or not current.is_class()):
                return current
            current = current.outer
        return None

    def _scope(self, node: ast.AST) -> Scope:
        scope = self._scopes.get(node)
        if scope is None:
            scope = self._scopes[node] = Scope(node, self.of(node))
        return scope

    def _find(self, node: ast.AST) -> Scope:
        passed: list[ast.AST] = []
        parents, owners = self._parents, self._owners
        child, found = node, owners.get(node)
        while found is None:
            passed.append(child)
            parent = parents.get(child)
            if parent is None:
                found = self.module
            elif type(parent) in _SCOPES and _is_inside(child, parent):
                found = self._scope(parent)
            else:
                child, found = parent, owners.get(parent)
        for child in passed:
            owners[child] = found
        return found

    def _declare(self, node: ast.Global | ast.Nonlocal) -> None:
        kind = "global" if isinstance(node, ast.Global) else "nonlocal"
        self.of(node).declared.update(dict.fromkeys(node.names, kind))

    def _assigned(self, node: ast.Assign) -> None:
        scope = self.of(node)
        for target in node.targets:
            self._target(target, Binding(BindingKind.VALUE, node, node.value), scope)

    def _annotated(self, node: ast.AnnAssign) -> None:
        kind = BindingKind.VALUE if node.value else BindingKind.ANNOTATION
        self._target(node.target, Binding(kind, node, node.value, node.annotation), self.of(node))

    def _named(self, node: ast.NamedExpr) -> None:
        scope = self.of(node)
        while isinstance(scope.node, COMPREHENSIONS) and scope.outer:
            scope = scope.outer
        self._target(node.target, Binding(BindingKind.VALUE, node, node.value), scope)

    def _changed(self, node: ast.AugAssign) -> None:
        self._target(node.target, Binding(BindingKind.OPAQUE, node), self.of(node))

    def _iterated(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        self._target(node.target, Binding(BindingKind.ITERATED, node, node.iter), self.of(node))

    def _entered(self, node: ast.withitem) -> None:
        if node.optional_vars is not None:
            bound = Binding(BindingKind.ENTERED, node, node.context_expr)
            self._target(node.optional_vars, bound, self.of(node))

    def _opaque(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name, Binding(BindingKind.OPAQUE, node), self.of(node))

    def _defined(self, node: Function | ast.ClassDef) -> None:
        self.definitions.append(node)
        self._bind(node.name, Binding(BindingKind.DEFINITION, node), self.of(node))
        if not isinstance(node, ast.ClassDef):
            self._parameters(node)

    def _parameters(self, function: Function | ast.Lambda) -> None:
        names, given = self._scope(function).names, function.args
        positional = [*given.posonlyargs, *given.args]
        without = [None] * (len(positional) - len(given.defaults))
        defaults = (*without, *given.defaults, *given.kw_defaults)
        for node, default in zip((*positional, *given.kwonlyargs), defaults, strict=True):
            names[node.arg] = [Binding(BindingKind.PARAMETER, node, default, node.annotation)]
        for rest in (given.vararg, given.kwarg):
            if rest is not None:
                names[rest.arg] = [Binding(BindingKind.OPAQUE, rest)]

    def _returned(self, node: ast.Return) -> None:
        if node.value is not None:
            self.of(node).returns.append(node.value)

    def _yielded(self, node: ast.Yield) -> None:
        if node.value is not None:
            self.of(node).yields.append(node.value)

    def _target(self, target: ast.expr, binding: Binding, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, binding, scope)
        elif isinstance(target, ast.Attribute):
            self._self_attribute(target, binding, scope)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element, part in _unpacked(target, binding):
                self._target(element, part, scope)

    def _self_attribute(self, target: ast.Attribute, binding: Binding, scope: Scope) -> None:
        """Note ``self.x = …`` in a method, or ``cls.x = …`` in a class method."""
        current: Scope | None = scope
        while current is not None and not isinstance(current.node, FUNCTIONS):
            current = current.outer
        while current is not None and isinstance(current.node, FUNCTIONS):
            outer = current.outer
            if outer is not None and isinstance(outer.node, ast.ClassDef):
                if isinstance(target.value, ast.Name) and target.value.id == first_parameter(
                    current.node
                ):
                    key = (outer.node, target.attr)
                    self.attributes.setdefault(key, []).append(binding)
                return
            current = outer

    def _bind(self, name: str, binding: Binding, scope: Scope) -> None:
        if scope.declared:
            declared = scope.declared.get(name)
            if declared == "global":
                scope = self.module
            elif declared == "nonlocal":
                scope = self._enclosing(name, scope)
        if name in scope.names:
            scope.names[name].append(binding)
        else:
            scope.names[name] = [binding]

    def _enclosing(self, name: str, scope: Scope) -> Scope:
        current = scope.outer
        while current is not None and current.outer is not None:
            if not current.is_class() and name in current.names:
                return current
            current = current.outer
        return scope

    def _imported(self, node: ast.Import | ast.ImportFrom) -> None:
        scope = self.of(node)
        origins = self._from(node) if isinstance(node, ast.ImportFrom) else _plainly(node)
        for name, target in origins:
            self.imports.append(target)
            if name:
                self._bind(name, Binding(BindingKind.IMPORT, node, target=target), scope)

    def _from(self, node: ast.ImportFrom) -> Iterator[tuple[str, str]]:
        """Yield the bound name and the dotted target of each imported name."""
        module = self._origin(node)
        for alias in node.names:
            if alias.name == "*":
                yield "", module
            else:
                target = f"{module}.{alias.name}" if module else alias.name
                yield alias.asname or alias.name, target

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self._package.split(".") if self._package else []
        kept = parts[: len(parts) - (node.level - 1)]
        return ".".join([*kept, node.module] if node.module else kept)


def _plainly(node: ast.Import) -> Iterator[tuple[str, str]]:
    """Yield the bound names and the dotted targets; ``import a.b`` binds ``a`` to ``a``."""
    for alias in node.names:
        if alias.asname:
            yield alias.asname, alias.name
            continue
        head = alias.name.partition(".")[0]
        yield head, head
        if head != alias.name:
            yield "", alias.name


def _is_inside(child: ast.AST, parent: ast.AST) -> bool:
    """Tell whether a node right below a scope's looks up its names in that scope."""
    if isinstance(parent, ast.Lambda):
        return child is parent.body
    return type(parent) not in _OF_STATEMENTS or isinstance(child, ast.stmt)


def _unpacked(target: ast.Tuple | ast.List, binding: Binding) -> Iterator[tuple[ast.expr, Binding]]:
    """Pair the elements of an unpacking target with those of a value of the same shape.

    The second of a loop's two over ``mapping.items()`` stays what the loop goes through.
    """
    opaque = Binding(BindingKind.OPAQUE, binding.node)
    value = binding.value if binding.kind is BindingKind.VALUE else None
    same = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
    plain = same and not any(isinstance(e, ast.Starred) for e in target.elts)
    for index, element in enumerate(target.elts):
        part = opaque
        if index == 1 and len(target.elts) == 2 and _goes_through_items(binding):
            part = binding
        if plain and isinstance(value, (ast.Tuple, ast.List)):
            part = Binding(BindingKind.VALUE, binding.node, unstarred(value.elts[index]))
        yield unstarred(element), part


def _goes_through_items(binding: Binding) -> bool:
    called = binding.value.func if isinstance(binding.value, ast.Call) else None
    is_items = isinstance(called, ast.Attribute) and called.attr == "items"
    return binding.kind is BindingKind.ITERATED and is_items


def unstarred(element: ast.expr) -> ast.expr:
    """Return what is unpacked by a star, or the expression itself."""
    return element.value if isinstance(element, ast.Starred) else element


def _nothing(scopes: Scopes, node: ast.AST) -> None:
    """Pass over what has been taken note of before all others."""


_SORTERS: dict[type[ast.AST], Callable[[Scopes, Any], None]] = {
    ast.Assign: Scopes._assigned, ast.AnnAssign: Scopes._annotated, ast.NamedExpr: Scopes._named,
    ast.AugAssign: Scopes._changed, ast.For: Scopes._iterated, ast.AsyncFor: Scopes._iterated,
    ast.comprehension: Scopes._iterated, ast.withitem: Scopes._entered,
    ast.ExceptHandler: Scopes._opaque, ast.MatchAs: Scopes._opaque, ast.MatchStar: Scopes._opaque,
    ast.Import: Scopes._imported, ast.ImportFrom: Scopes._imported,
    ast.FunctionDef: Scopes._defined, ast.AsyncFunctionDef: Scopes._defined,
    ast.ClassDef: Scopes._defined, ast.Lambda: Scopes._parameters, ast.Return: Scopes._returned,
    ast.Yield: Scopes._yielded, ast.Global: _nothing, ast.Nonlocal: _nothing,
}  # fmt: skip
