"""Which names of a module are given a value that outlives the call, and what value."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.collectors.caches.accesses import (
    Function,
    Named,
    Target,
    argument,
    last_name,
    last_names,
    scope_of,
    target_of,
)
from exai_audit.collectors.caches.index import CacheIndex
from exai_audit.collectors.context.roles import is_route
from exai_audit.facts.caches import Lifetime
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, parameters
from exai_audit.syntax.scopes import unstarred

_FIELDS = frozenset({"field", "Field", "PrivateAttr", "ib", "attrib"})
_FACTORIES = ("default_factory", "factory")
_USED_AT_ONCE = frozenset({
    "all", "any", "filter", "groupby", "list", "map", "max", "min", "reduce", "sort", "sorted",
    "sub", "sum",
})  # fmt: skip
_PER_INSTANCE = frozenset({"BaseModel", "BaseSettings", "Struct"})
_PER_INSTANCE_DECORATORS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "s"})


class Definition(Struct, frozen=True):
    """A target that outlives the call, and one of the values that it is given.

    ``value`` is what makes it: of ``field(default_factory=dict)`` the name ``dict``.
    """

    target: Target
    value: ast.expr

    @property
    def key(self) -> tuple[ast.AST, str]:
        return self.target.owner, self.target.name


def definitions(tree: ModuleTree, index: CacheIndex, names: Container[str]) -> list[Definition]:
    """Return the definitions of those of ``names`` that outlive the call, in source order."""
    found: list[Definition] = []
    for assignment in _assignments(tree, names):
        if assignment.value is not None:
            found.extend(_assigned(tree, index, assignment, assignment.value))
    found.extend(_defaults(tree, index, names))
    made = {d.key for d in found if d.target.lifetime is Lifetime.INSTANCE}
    return [_of_instance(d) if d.key in made else d for d in found]


def _assignments(tree: ModuleTree, names: Container[str]) -> list[ast.Assign | ast.AnnAssign]:
    """Return the assignments to ``names`` in source order."""
    every: list[ast.Assign | ast.AnnAssign] = [*tree.all(ast.Assign), *tree.all(ast.AnnAssign)]
    found = [one for one in every if any(name in names for name in assigned_names(one))]
    found.sort(key=lambda one: (one.lineno, one.col_offset))
    return found


def _of_instance(definition: Definition) -> Definition:
    """What a constructor gives every instance anew is no longer the class's."""
    return replace(definition, target=replace(definition.target, lifetime=Lifetime.INSTANCE))


def targets_of(assignment: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]


def assigned_names(assignment: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """Yield the names and attributes that an assignment gives its value as a whole."""
    for node in targets_of(assignment):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _assigned(
    tree: ModuleTree,
    index: CacheIndex,
    assignment: ast.Assign | ast.AnnAssign,
    value: ast.expr,
) -> Iterator[Definition]:
    for node in targets_of(assignment):
        target = target_of(tree, node)
        if target is not None and target.lifetime is None and is_captured(tree, index, target):
            target = replace(target, lifetime=Lifetime.CLOSURE)
        if target is None or target.lifetime is None:
            continue
        made_by = factory(value)
        if target.lifetime is Lifetime.CLASS and (made_by is not None or _copies(target.owner)):
            target = replace(target, lifetime=Lifetime.INSTANCE)
        yield Definition(target, made_by or value)
        return


def factory(value: ast.expr) -> ast.expr | None:
    """Return what makes the default of a dataclass or model field."""
    if not isinstance(value, ast.Call) or last_name(value.func) not in _FIELDS:
        return None
    return next((f for name in _FACTORIES if (f := argument(value, name, None))), None)


def _copies(owner: ast.AST) -> bool:
    """Tell whether every instance of a class gets its own copy of the defaults in its body."""
    if not isinstance(owner, ast.ClassDef):
        return False
    decorators = last_names(owner.decorator_list)
    bases = last_names(map(unstarred, owner.bases))
    return bool(decorators & _PER_INSTANCE_DECORATORS or bases & _PER_INSTANCE)


def _defaults(tree: ModuleTree, index: CacheIndex, names: Container[str]) -> Iterator[Definition]:
    """Yield parameters whose default lives as long as the function: ``def f(x, _cache={})``."""
    for function in index.functions:
        for param in parameters(function) if has_made_default(function) else ():
            if param.name in names and isinstance(param.default, (ast.Dict, ast.Call)):
                outer = tree.function_of(function)
                if outer is None or outlives(tree, index, function):
                    target = Target(param.node, param.name, function, Lifetime.MODULE)
                    yield Definition(target, param.default)


def has_made_default(function: Named) -> bool:
    """Tell whether a parameter may have a default that is made once for all calls."""
    given = function.args
    return any(isinstance(d, (ast.Dict, ast.Call)) for d in (*given.defaults, *given.kw_defaults))


def is_captured(tree: ModuleTree, index: CacheIndex, target: Target) -> bool:
    """Tell whether a function that outlives the call uses a local of the call."""
    owner = target.owner
    if not isinstance(owner, FUNCTIONS) or owner not in index.holders:
        return False
    scope = tree.scopes.inside(owner)
    for name in index.names(target.name):
        nested = _nested(tree, name, owner)
        if nested is not None and scope_of(tree, name) is scope and outlives(
            tree, index, nested
        ):  # fmt: skip
            return True
    return False


def _nested(tree: ModuleTree, node: ast.AST, owner: Named) -> Function | None:
    """Return the function directly in ``owner`` in which ``node`` stands."""
    function = tree.function_of(node)
    while function is not None and function is not owner:
        outer = tree.function_of(function)
        if outer is owner:
            return function
        function = outer
    return None


def outlives(tree: ModuleTree, index: CacheIndex, function: Function) -> bool:
    """Tell whether a nested function is returned or stored by what is around it."""
    if isinstance(function, ast.Lambda):
        return _leaves(tree, function)
    scope = tree.scopes.of(function)
    if not isinstance(scope.node, FUNCTIONS):
        return isinstance(scope.node, ast.ClassDef)  # a method of a local class
    if any(map(is_route, function.decorator_list)):
        return True
    return any(
        scope_of(tree, name) is scope
        and function not in tree.ancestors(name)
        and _leaves(tree, name)
        for name in index.names(function.name)
    )


def _leaves(tree: ModuleTree, node: ast.AST) -> bool:
    """Tell whether the value at ``node`` is returned, yielded or put where it outlives the call."""
    child = node
    for parent in tree.ancestors(node):
        if isinstance(parent, (ast.Return, ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(parent, ast.Assign):
            return any(isinstance(t, (ast.Attribute, ast.Subscript)) for t in parent.targets)
        if isinstance(parent, ast.Call) and (
            parent.func is child or last_name(parent.func) in _USED_AT_ONCE
        ):
            return False  # called here and now
        if isinstance(parent, ast.stmt):
            return False
        child = parent
    return False
