"""Which names of its module a statement needs, and when."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_MUTATORS = frozenset({
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem",
    "popleft", "remove", "setdefault", "update",
})  # fmt: skip


@dataclass(slots=True)
class Uses:
    """Names of the module: needed at import, later, by annotations only, assigned, changed."""

    eager: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)
    typed: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    mutates: set[str] = field(default_factory=set)


def uses_of(statements: Iterable[ast.stmt], annotations_run: bool) -> Uses:
    """Return what ``statements`` at the top of a module need of it.

    Args:
        annotations_run: False where ``from __future__ import annotations`` is in force.
    """
    reader = _Reader(annotations_run)
    for statement in statements:
        reader.visit(statement)
    return reader.found


@dataclass(slots=True)
class _Scope:
    """A scope inside the module; in a class only what came before is bound."""

    bound: set[str]
    declared_global: set[str]
    is_class: bool = False


class _Reader(ast.NodeVisitor):
    def __init__(self, annotations_run: bool) -> None:
        self.found = Uses()
        self._annotations_run = annotations_run
        self._scopes: list[_Scope] = []
        self._in_annotation = False

    def generic_visit(self, node: ast.AST) -> None:
        for child in _children(node):
            self.visit(child)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Leave constants alone: they name nothing."""

    # What a name denotes

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._use(node.id)
        else:
            self._bind(node.id)

    def _use(self, name: str) -> None:
        if not self._is_global(name):
            return
        if self._in_annotation:
            self.found.typed.add(name)
        elif self._is_deferred():
            self.found.deferred.add(name)
        else:
            self.found.eager.add(name)

    def _bind(self, name: str) -> None:
        if not self._scopes:
            return
        if name in self._scopes[-1].declared_global:
            self.found.rebinds.add(name)
        elif self._scopes[-1].is_class:
            self._scopes[-1].bound.add(name)

    def _is_global(self, name: str) -> bool:
        for depth, scope in enumerate(reversed(self._scopes)):
            if name in scope.declared_global:
                return True
            if name in scope.bound and (depth == 0 or not scope.is_class):
                return False
        return True

    def _is_deferred(self) -> bool:
        return any(not scope.is_class for scope in self._scopes)

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: _Function) -> None:
        self._visit_all(node.decorator_list)
        self._signature(node.args)
        if node.returns is not None:
            self._annotation(node.returns)
        self._bind(node.name)
        self._inside(_scope_of(node.args, node.body, node), node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._signature(node.args)
        self._inside(_scope_of(node.args, [ast.Expr(node.body)], node), [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
        declared = _declared_global(node.body)
        self._inside(_Scope(_type_parameters(node), declared, is_class=True), node.body)
        self._bind(node.name)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node, [node.elt])

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._comprehension(node, [node.elt])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node, [node.elt])

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node, [node.key, node.value])

    def _comprehension(self, node: _Comprehension, results: list[ast.expr]) -> None:
        """Read a comprehension as part of what is around it: it runs then and there."""
        bound = {
            name.id
            for clause in node.generators
            for name in ast.walk(clause.target)
            if isinstance(name, ast.Name)
        }
        self.visit(node.generators[0].iter)
        inner = _Scope(bound, set(), is_class=not self._is_deferred())
        self._scopes.append(inner)
        for number, clause in enumerate(node.generators):
            if number:
                self.visit(clause.iter)
            self._visit_all(clause.ifs)
        self._visit_all(results)
        self._scopes.pop()

    def _inside(self, scope: _Scope, body: Iterable[ast.AST]) -> None:
        self._scopes.append(scope)
        self._visit_all(body)
        self._scopes.pop()

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    # Annotations

    def _signature(self, arguments: ast.arguments) -> None:
        self._visit_all([*arguments.defaults, *(d for d in arguments.kw_defaults if d)])
        for argument in _all_arguments(arguments):
            if argument.annotation is not None:
                self._annotation(argument.annotation)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        self._annotation(node.annotation)
        self.visit(node.target)

    def _annotation(self, node: ast.expr) -> None:
        before, self._in_annotation = (
            self._in_annotation,
            self._in_annotation or (not self._annotations_run),
        )
        self.visit(node)
        self._in_annotation = True
        for text in _strings(node):
            self._visit_text(text)
        self._in_annotation = before

    def _visit_text(self, text: str) -> None:
        try:
            self.visit(ast.parse(text.strip(), mode="eval"))
        except (SyntaxError, ValueError):
            return

    def visit_Import(self, node: ast.Import) -> None:
        for name in names_bound(node):
            self._bind(name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in names_bound(node):
            self._bind(name)

    # What is changed

    def visit_Global(self, node: ast.Global) -> None:
        self.found.deferred.update(node.names)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._changed(target)
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        self._changed(node.target)
        if isinstance(node.target, ast.Name):
            self._use(node.target.id)
        self.visit(node.target)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._changed(target)
            if isinstance(target, ast.Name):
                self._use(target.id)
            self.visit(target)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
            self._changed(node.func)
        self.generic_visit(node)

    def _changed(self, target: ast.expr) -> None:
        if isinstance(target, (ast.Subscript, ast.Attribute)):
            owner = target.value
            if isinstance(owner, ast.Name) and self._is_global(owner.id):
                self.found.mutates.add(owner.id)


def _all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*found, *(a for a in (arguments.vararg, arguments.kwarg) if a)]


def _strings(node: ast.expr) -> list[str]:
    """Return the strings of an annotation: forward references, but for a ``Literal``'s values."""
    found: list[str] = []
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.append(part.value)
        elif not (isinstance(part, ast.Subscript) and last_name(part.value) == "Literal"):
            stack.extend(ast.iter_child_nodes(part))
    return found


def last_name(node: ast.expr) -> str:
    """Return the identifier that a name or an attribute ends with, empty for all else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _scope_of(arguments: ast.arguments, body: Iterable[ast.AST], node: ast.AST) -> _Scope:
    """Return the scope of a function: all that is assigned anywhere in it is its own."""
    bound = {argument.arg for argument in _all_arguments(arguments)} | _type_parameters(node)
    declared: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Global):
            declared.update(part.names)
        bound.update(names_bound(part))
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            stack.extend(part.decorator_list)
        elif isinstance(part, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            stack.extend(found for found in ast.walk(part) if isinstance(found, ast.NamedExpr))
        elif not isinstance(part, (ast.Lambda, ast.Constant)):
            stack.extend(_children(part))
    return _Scope(bound - declared, declared)


def _children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes directly below, as `ast.iter_child_nodes` does, but faster."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found.extend(part for part in value if isinstance(part, ast.AST))
        elif isinstance(value, ast.AST) and not isinstance(value, (ast.expr_context, ast.operator)):
            found.append(value)
    return found


def names_bound(node: ast.AST) -> Iterable[str]:
    """Return the names that a node itself binds in the scope it stands in."""
    if isinstance(node, ast.Name):
        return (node.id,) if not isinstance(node.ctx, ast.Load) else ()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [a.asname or a.name.partition(".")[0] for a in node.names if a.name != "*"]
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return (node.name,) if node.name else ()
    if isinstance(node, ast.MatchMapping):
        return (node.rest,) if node.rest else ()
    if isinstance(node, ast.Nonlocal):
        return node.names
    return ()


def _type_parameters(node: ast.AST) -> set[str]:
    return {parameter.name for parameter in getattr(node, "type_params", ())}


def _declared_global(body: Iterable[ast.stmt]) -> set[str]:
    return {name for node in body if isinstance(node, ast.Global) for name in node.names}
