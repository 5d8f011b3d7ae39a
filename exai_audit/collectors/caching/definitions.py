"""Which names of a module are given a value that outlives the call, and what value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from exai_audit.collectors.caching.syntax import (
    Function,
    Gathered,
    Target,
    argument,
    last_name,
    scope_of,
    target_of,
)
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import Lifetime

_FIELDS = frozenset({"field", "Field", "PrivateAttr", "ib", "attrib"})
_FACTORIES = ("default_factory", "factory")
_USED_AT_ONCE = frozenset({
    "all", "any", "filter", "groupby", "list", "map", "max", "min", "reduce", "sort", "sorted",
    "sub", "sum",
})  # fmt: skip
_PER_INSTANCE = frozenset({"BaseModel", "BaseSettings", "Struct"})
_PER_INSTANCE_DECORATORS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "s"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A target that outlives the call, and one of the values that it is given.

    ``value`` is what makes it: of ``field(default_factory=dict)`` the name ``dict``.
    """

    target: Target
    value: cst.BaseExpression

    @property
    def key(self) -> tuple[cst.CSTNode, str]:
        return self.target.owner, self.target.name


def definitions(tree: ModuleTree, gathered: Gathered) -> list[Definition]:
    """Return the definitions of names that outlive the call, in source order."""
    found: list[Definition] = []
    for assignment in gathered.assignments:
        if assignment.value is not None:
            found.extend(_assigned(tree, gathered, assignment, assignment.value))
    found.extend(_defaults(tree, gathered))
    made = {d.key for d in found if d.target.lifetime is Lifetime.INSTANCE}
    return [_of_instance(d) if d.key in made else d for d in found]


def _of_instance(definition: Definition) -> Definition:
    """What a constructor gives every instance anew is no longer the class's."""
    return replace(definition, target=replace(definition.target, lifetime=Lifetime.INSTANCE))


def _assigned(
    tree: ModuleTree,
    gathered: Gathered,
    assignment: cst.Assign | cst.AnnAssign,
    value: cst.BaseExpression,
) -> Iterator[Definition]:
    if isinstance(assignment, cst.AnnAssign):
        nodes = [assignment.target]
    else:
        nodes = [target.target for target in assignment.targets]
    for node in nodes:
        target = target_of(tree, node)
        if target is not None and target.lifetime is None and is_captured(tree, gathered, target):
            target = replace(target, lifetime=Lifetime.CLOSURE)
        if target is None or target.lifetime is None:
            continue
        factory = _factory(value)
        if target.lifetime is Lifetime.CLASS and (factory is not None or _copies(target.owner)):
            target = replace(target, lifetime=Lifetime.INSTANCE)
        yield Definition(target, factory or value)
        return


def _factory(value: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return what makes the default of a dataclass or model field."""
    if not isinstance(value, cst.Call) or last_name(value.func) not in _FIELDS:
        return None
    return next((f for name in _FACTORIES if (f := argument(value, name, None))), None)


def _copies(owner: cst.CSTNode) -> bool:
    """Tell whether every instance of a class gets its own copy of the defaults in its body."""
    if not isinstance(owner, cst.ClassDef):
        return False
    decorators = {last_name(d.decorator) for d in owner.decorators}
    bases = {last_name(base.value) for base in owner.bases}
    return bool(decorators & _PER_INSTANCE_DECORATORS or bases & _PER_INSTANCE)


def _defaults(tree: ModuleTree, gathered: Gathered) -> Iterator[Definition]:
    """Yield parameters whose default lives as long as the function: ``def f(x, _cache={})``."""
    for function in gathered.functions:
        params = function.params
        for param in (*params.posonly_params, *params.params, *params.kwonly_params):
            if isinstance(param.default, (cst.Dict, cst.Call)):
                outer = tree.function_of(function)
                if outer is None or outlives(tree, gathered, function):
                    target = Target(param.name, param.name.value, function, Lifetime.MODULE)
                    yield Definition(target, param.default)


def is_captured(tree: ModuleTree, gathered: Gathered, target: Target) -> bool:
    """Tell whether a function that outlives the call uses a local of the call."""
    owner = target.owner
    if not isinstance(owner, cst.FunctionDef):
        return False
    scope = tree.scopes.inside(owner)
    for name in gathered.names.get(target.name, []):
        nested = _nested(tree, name, owner)
        if nested is not None and scope_of(tree, name) is scope and outlives(
            tree, gathered, nested
        ):  # fmt: skip
            return True
    return False


def _nested(tree: ModuleTree, node: cst.CSTNode, owner: cst.FunctionDef) -> Function | None:
    """Return the function directly in ``owner`` in which ``node`` stands."""
    function = tree.function_of(node)
    while function is not None and function is not owner:
        outer = tree.function_of(function)
        if outer is owner:
            return function
        function = outer
    return None


def outlives(tree: ModuleTree, gathered: Gathered, function: Function) -> bool:
    """Tell whether a nested function is returned or stored by what is around it."""
    if isinstance(function, cst.Lambda):
        return _leaves(tree, function)
    scope = tree.scopes.of(function)
    if not isinstance(scope.node, cst.FunctionDef):
        return isinstance(scope.node, cst.ClassDef)  # a method of a local class
    return any(
        scope_of(tree, name) is scope
        and function not in tree.ancestors(name)
        and _leaves(tree, name)
        for name in gathered.names.get(function.name.value, [])
    )


def _leaves(tree: ModuleTree, node: cst.CSTNode) -> bool:
    """Tell whether the value at ``node`` is returned, yielded or put where it outlives the call."""
    child = node
    for parent in tree.ancestors(node):
        if isinstance(parent, (cst.Return, cst.Yield)):
            return True
        if isinstance(parent, cst.Assign):
            return any(isinstance(t.target, (cst.Attribute, cst.Subscript)) for t in parent.targets)
        if isinstance(parent, cst.Call) and (
            parent.func is child or last_name(parent.func) in _USED_AT_ONCE
        ):
            return False  # called here and now
        if isinstance(parent, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            return False
        child = parent
    return False
