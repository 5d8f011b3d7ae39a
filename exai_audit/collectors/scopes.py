"""What each scope of a module binds to its names, gathered in the common walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

import libcst as cst

from exai_audit.collectors.walk import Walked

ScopeNode = (
    cst.Module | cst.FunctionDef | cst.Lambda | cst.ClassDef
    | cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp
)  # fmt: skip
_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_SCOPES = frozenset({cst.Module, cst.FunctionDef, cst.Lambda, cst.ClassDef, *_COMPREHENSIONS})
_BINDERS = (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.NamedExpr, cst.For, cst.CompFor)


class How(Enum):
    """How a name gets its meaning."""

    VALUE = "value"
    ANNOTATION = "annotation"
    IMPORT = "import"
    DEFINITION = "definition"
    ENTERED = "entered"
    PARAMETER = "parameter"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding: the node that binds, and the expression it binds to where there is one.

    ``annotation`` is there beside a value or parameter; ``target`` is the dotted name of an import.
    """

    how: How
    node: cst.CSTNode
    value: cst.BaseExpression | None = None
    annotation: cst.BaseExpression | None = None
    target: str = ""


@dataclass(slots=True)
class Scope:
    """The names bound by one module, function, class, lambda or comprehension."""

    node: cst.CSTNode
    outer: Scope | None
    names: dict[str, list[Binding]] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    returns: list[cst.BaseExpression] = field(default_factory=list)
    yields: list[cst.BaseExpression] = field(default_factory=list)

    def is_class(self) -> bool:
        return isinstance(self.node, cst.ClassDef)


class BindingCollector(cst.CSTVisitor):
    """Gathers the nodes that bind, in source order; sorted into scopes after the walk."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[cst.CSTNode] = []

    def _gather(self, node: cst.CSTNode) -> None:
        self.nodes.append(node)

    def visit_Assign(self, node: cst.Assign) -> None:
        self._gather(node)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._gather(node)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._gather(node)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._gather(node)

    def visit_For(self, node: cst.For) -> None:
        self._gather(node)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._gather(node)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        self._gather(node)

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        self._gather(node)

    def visit_Import(self, node: cst.Import) -> None:
        self._gather(node)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        self._gather(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._gather(node)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._gather(node)

    def visit_Param(self, node: cst.Param) -> None:
        self._gather(node)

    def visit_Global(self, node: cst.Global) -> None:
        self._gather(node)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self._gather(node)

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        self._gather(node)

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        self._gather(node)

    def visit_Return(self, node: cst.Return) -> None:
        self._gather(node)

    def visit_Yield(self, node: cst.Yield) -> None:
        self._gather(node)


class Scopes:
    """The scopes of one module, and the attributes that methods set on ``self``."""

    def __init__(
        self, module: cst.Module, walked: Walked, nodes: Sequence[cst.CSTNode], package: str
    ) -> None:
        self._parents = walked.parents
        self._package = package
        self.module = Scope(module, None)
        self._scopes: dict[cst.CSTNode, Scope] = {module: self.module}
        self.attributes: dict[tuple[cst.CSTNode, str], list[Binding]] = {}
        self.imports: list[str] = []
        self._filled: set[cst.CSTNode] = set()
        self._owners: dict[cst.CSTNode, cst.CSTNode] = {}
        self._add(nodes)

    def fill(self, body: cst.CSTNode, nodes: Sequence[cst.CSTNode]) -> None:
        """Take in the binding nodes of a function's body that was left out of the tree."""
        self._filled.add(body)
        self._add(nodes)

    def _add(self, nodes: Sequence[cst.CSTNode]) -> None:
        for node in nodes:
            if isinstance(node, (cst.Global, cst.Nonlocal)):
                self._declare(node)
        for node in nodes:
            self._sort(node)

    def of(self, node: cst.CSTNode) -> Scope:
        """Return the scope in which an expression at ``node`` looks up its names."""
        return self._scope(self._owner(node))

    def inside(self, node: ScopeNode) -> Scope:
        """Return the scope that a function, class or lambda makes."""
        return self._scope(node)

    def owner(self, name: str, scope: Scope) -> Scope | None:
        """Return the scope whose binding of ``name`` is seen from ``scope``."""
        current: Scope | None = scope
        while current is not None:
            if current.declared.get(name) == "global":
                return self.module if name in self.module.names else None
            visible = current is scope or not current.is_class()
            if visible and name in current.names:
                return current
            current = current.outer
        return None

    def _scope(self, node: cst.CSTNode) -> Scope:
        if node not in self._scopes:
            self._scopes[node] = Scope(node, self.of(node))
        return self._scopes[node]

    def _owner(self, node: cst.CSTNode) -> cst.CSTNode:
        passed: list[cst.CSTNode] = []
        child, parent = node, self._parents.get(node)
        while parent is not None:
            known = self._owners.get(child)
            if known is not None:
                break
            passed.append(child)
            if type(parent) in _SCOPES and self._is_inside(child, parent):
                known = parent
                break
            child, parent = parent, self._parents.get(parent)
        owner = child if known is None else known
        self._owners.update(dict.fromkeys(passed, owner))
        return owner

    def _is_inside(self, child: cst.CSTNode, parent: cst.CSTNode) -> bool:
        if isinstance(parent, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return child is parent.body or child in self._filled
        return True

    def _declare(self, node: cst.Global | cst.Nonlocal) -> None:
        kind = "global" if isinstance(node, cst.Global) else "nonlocal"
        for item in node.names:
            self.of(node).declared[item.name.value] = kind

    def _sort(self, node: cst.CSTNode) -> None:
        if isinstance(node, _BINDERS):
            self._assignment(node)
        elif isinstance(node, (cst.Import, cst.ImportFrom)):
            self._import(node)
        elif isinstance(node, cst.Param):
            self._parameter(node)
        elif isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._bind(node.name.value, Binding(How.DEFINITION, node), self.of(node))
        elif isinstance(node, cst.WithItem) and node.asname:
            self._target(node.asname.name, Binding(How.ENTERED, node, node.item), self.of(node))
        elif isinstance(node, cst.ExceptHandler) and node.name:
            bound = Binding(How.OPAQUE, node)
            self._target(node.name.name, bound, self.of(node))
        elif isinstance(node, (cst.MatchAs, cst.MatchStar)) and node.name:
            self._bind(node.name.value, Binding(How.OPAQUE, node), self.of(node))
        elif isinstance(node, cst.Return) and node.value:
            self.of(node).returns.append(node.value)
        elif isinstance(node, cst.Yield) and isinstance(node.value, cst.BaseExpression):
            self.of(node).yields.append(node.value)

    def _assignment(self, node: cst.CSTNode) -> None:
        scope = self.of(node)
        if isinstance(node, cst.Assign):
            for target in node.targets:
                self._target(target.target, Binding(How.VALUE, node, node.value), scope)
        elif isinstance(node, cst.AnnAssign):
            how = How.VALUE if node.value else How.ANNOTATION
            annotation = node.annotation.annotation
            self._target(node.target, Binding(how, node, node.value, annotation), scope)
        elif isinstance(node, cst.NamedExpr):
            while isinstance(scope.node, _COMPREHENSIONS) and scope.outer:
                scope = scope.outer
            self._target(node.target, Binding(How.VALUE, node, node.value), scope)
        elif isinstance(node, (cst.AugAssign, cst.For, cst.CompFor)):
            self._target(node.target, Binding(How.OPAQUE, node), scope)

    def _target(self, target: cst.CSTNode, binding: Binding, scope: Scope) -> None:
        if isinstance(target, cst.Name):
            self._bind(target.value, binding, scope)
        elif isinstance(target, cst.Attribute):
            self._self_attribute(target, binding, scope)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element, part in _unpacked(target, binding):
                self._target(element, part, scope)

    def _self_attribute(self, target: cst.Attribute, binding: Binding, scope: Scope) -> None:
        """Note ``self.x = …`` in a method, or ``cls.x = …`` in a class method."""
        current: Scope | None = scope
        while current is not None and not isinstance(current.node, cst.FunctionDef):
            current = current.outer
        while current is not None and isinstance(current.node, cst.FunctionDef):
            outer = current.outer
            if outer is not None and isinstance(outer.node, cst.ClassDef):
                if isinstance(target.value, cst.Name) and target.value.value == first_parameter(
                    current.node
                ):
                    key = (outer.node, target.attr.value)
                    self.attributes.setdefault(key, []).append(binding)
                return
            current = outer

    def _parameter(self, node: cst.Param) -> None:
        function = self._parents.get(self._parents[node])
        if not isinstance(function, (cst.FunctionDef, cst.Lambda)):
            return
        annotation = node.annotation.annotation if node.annotation else None
        how = How.OPAQUE if isinstance(node.star, str) and node.star else How.PARAMETER
        binding = Binding(how, node, node.default, annotation if how is How.PARAMETER else None)
        self._bind(node.name.value, binding, self._scope(function))

    def _bind(self, name: str, binding: Binding, scope: Scope) -> None:
        declared = scope.declared.get(name)
        if declared == "global":
            scope = self.module
        elif declared == "nonlocal":
            scope = self._enclosing(name, scope)
        scope.names.setdefault(name, []).append(binding)

    def _enclosing(self, name: str, scope: Scope) -> Scope:
        current = scope.outer
        while current is not None and current.outer is not None:
            if not current.is_class() and name in current.names:
                return current
            current = current.outer
        return scope

    def _import(self, node: cst.Import | cst.ImportFrom) -> None:
        scope = self.of(node)
        for name, target in self._imported(node):
            self.imports.append(target)
            if name:
                self._bind(name, Binding(How.IMPORT, node, target=target), scope)

    def _imported(self, node: cst.Import | cst.ImportFrom) -> Iterator[tuple[str, str]]:
        """Yield the bound name and the dotted target; ``import a.b`` binds ``a`` to ``a``."""
        if isinstance(node, cst.Import):
            for alias in node.names:
                target = dotted(alias.name)
                if alias.asname:
                    yield alias.evaluated_alias or "", target
                else:
                    head = target.partition(".")[0]
                    yield head, head
                    if head != target:
                        yield "", target
            return
        module = self._import_base(node)
        if isinstance(node.names, cst.ImportStar):
            yield "", module
            return
        for alias in node.names:
            target = f"{module}.{alias.evaluated_name}" if module else alias.evaluated_name
            yield alias.evaluated_alias or alias.evaluated_name, target

    def _import_base(self, node: cst.ImportFrom) -> str:
        module = dotted(node.module) if node.module else ""
        if not node.relative:
            return module
        parts = self._package.split(".") if self._package else []
        kept = parts[: len(parts) - (len(node.relative) - 1)]
        return ".".join([*kept, module] if module else kept)


def _unpacked(
    target: cst.Tuple | cst.List, binding: Binding
) -> Iterator[tuple[cst.CSTNode, Binding]]:
    """Pair the elements of an unpacking target with those of a value of the same shape."""
    opaque = Binding(How.OPAQUE, binding.node)
    value = binding.value if binding.how is How.VALUE else None
    same = isinstance(value, (cst.Tuple, cst.List)) and len(value.elements) == len(target.elements)
    plain = same and not any(isinstance(e, cst.StarredElement) for e in target.elements)
    for index, element in enumerate(target.elements):
        part = opaque
        if plain and isinstance(value, (cst.Tuple, cst.List)):
            part = Binding(How.VALUE, binding.node, value.elements[index].value)
        yield element.value, part


def first_parameter(function: cst.FunctionDef) -> str | None:
    """Return the name of a function's first positional parameter."""
    parameters = (*function.params.posonly_params, *function.params.params)
    return parameters[0].name.value if parameters else None


def dotted(node: cst.CSTNode) -> str:
    """Return ``a.b.c`` of names joined by dots, or an empty string for any other expression."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return ""
    return ".".join([node.value, *reversed(parts)])
