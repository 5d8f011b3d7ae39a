"""What a pool is kept as, how long that lives, and where it is named again."""

from __future__ import annotations

import ast

from msgspec import Struct

from exai_audit.facts.concurrency import PoolLifetime
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, first_parameter, last_name

PoolMention = ast.Name | ast.Attribute
"""A place that names what a pool is kept as."""


class PoolHolder(Struct, frozen=True):
    """What a pool is kept as: the target of its assignment, None where it has none.

    ``local`` is the name that it has before it is stored there.
    """

    target: ast.expr | None
    lifetime: PoolLifetime
    lazy: bool = False
    local: ast.Name | None = None

    @property
    def name(self) -> str:
        """The last name of the target."""
        return last_name(self.target) if self.target is not None else ""

    @property
    def of_function(self) -> str:
        """The last name of the function whose attribute the target is, empty for any other."""
        if self.lifetime is not PoolLifetime.FUNCTION_ATTRIBUTE:
            return ""
        return last_name(self.target.value) if isinstance(self.target, ast.Attribute) else ""


def holder_of(call: ast.Call, tree: ModuleTree) -> PoolHolder:
    """Return what a pool is kept as, and how long that lives."""
    target = _target(call, tree)
    local = target if isinstance(target, ast.Name) else None
    stored = _stored(local, tree) if local is not None else None
    if stored is None:
        local = None
    else:
        target = stored
    lifetime = _lifetime(target, tree)
    is_lazy = lifetime is not PoolLifetime.CALL and _is_lazy(call, tree)
    return PoolHolder(target, lifetime, is_lazy, local)


def _stored(name: ast.Name, tree: ModuleTree) -> ast.Attribute | None:
    """Return the attribute of its object that a function stores a local pool in."""
    function = tree.function_of(name)
    if not isinstance(function, FUNCTIONS):
        return None
    own = first_parameter(function)
    for use in tree.named_in(name.id, function):
        parent = tree.parent(use)
        if not isinstance(parent, ast.Assign):
            continue
        target = parent.targets[0]
        if parent.value is use and isinstance(target, ast.Attribute) and _is_own(target, own, tree):
            return target
    return None


def _is_own(target: ast.Attribute, own: str | None, tree: ModuleTree) -> bool:
    return last_name(target.value) == own and tree.class_of(target) is not None


def _target(call: ast.Call, tree: ModuleTree) -> ast.expr | None:
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(node, (ast.BoolOp, ast.IfExp)):
            child = node
        elif isinstance(node, ast.Assign):
            return node.targets[0]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            return node.target if node.value is child else None
        else:
            return node.optional_vars if isinstance(node, ast.withitem) else None
    return None


def _lifetime(target: ast.expr | None, tree: ModuleTree) -> PoolLifetime:
    if isinstance(target, ast.Attribute):
        return _attribute_lifetime(target, tree)
    if isinstance(target, ast.Subscript):
        return _lifetime(target.value, tree)
    if not isinstance(target, ast.Name):
        return PoolLifetime.CALL
    scope = _owning_scope(target, tree)
    if scope is None or isinstance(scope, ast.Module):
        return PoolLifetime.MODULE
    return PoolLifetime.CLASS if isinstance(scope, ast.ClassDef) else PoolLifetime.CALL


def _attribute_lifetime(target: ast.Attribute, tree: ModuleTree) -> PoolLifetime:
    function = tree.function_of(target)
    if not isinstance(target.value, ast.Name):
        return PoolLifetime.INSTANCE
    owner = target.value.id
    if isinstance(function, FUNCTIONS) and owner == first_parameter(function):
        return PoolLifetime.CLASS if owner == "cls" else PoolLifetime.INSTANCE
    scope = tree.scopes.owner(owner, tree.scopes.of(target))
    bound = scope.names[owner] if scope is not None else []
    if any(isinstance(binding.node, FUNCTIONS) for binding in bound):
        return PoolLifetime.FUNCTION_ATTRIBUTE
    ref = tree.resolve(target.value)
    of_class = ref is not None and not ref.instance and ref.name.startswith(f"{tree.dotted}.")
    return PoolLifetime.CLASS if of_class else PoolLifetime.INSTANCE


def _is_lazy(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a pool that lives long is made on its first use."""
    function = tree.function_of(call)
    if not isinstance(function, FUNCTIONS) or function.name == "__init__":
        return False
    return any(
        isinstance(node, (ast.If, ast.ExceptHandler, ast.BoolOp, ast.IfExp))
        for node in tree.ancestors(call)
        if tree.function_of(node) is function
    )


def uses_of(kept: PoolHolder, tree: ModuleTree) -> list[PoolMention]:
    """Return the other places that name what a pool is kept as."""
    target, local = kept.target, kept.local
    if isinstance(target, ast.Name):
        return _name_uses(target, tree)
    if not isinstance(target, ast.Attribute):
        return []
    own = [] if local is None else _name_uses(local, tree)
    return [
        *(use for use in own if not _is_stored_in(use, target, tree)),
        *_attribute_uses(target, tree),
    ]


def _name_uses(target: ast.Name, tree: ModuleTree) -> list[PoolMention]:
    return [name for name in tree.uses(target) if name is not target]


def _is_stored_in(use: PoolMention, target: ast.Attribute, tree: ModuleTree) -> bool:
    parent = tree.parent(use)
    return isinstance(parent, ast.Assign) and parent.targets[0] is target


def _attribute_uses(target: ast.Attribute, tree: ModuleTree) -> list[PoolMention]:
    wanted, owner = tree.text(target), tree.class_of(target)
    return [
        mention
        for mention in tree.all(ast.Attribute)
        if mention.attr == target.attr
        and mention is not target
        and tree.text(mention) == wanted
        and (owner is None or tree.class_of(mention) is owner)
    ]


def _owning_scope(name: ast.Name, tree: ModuleTree) -> ast.AST | None:
    owner = tree.scopes.owner(name.id, tree.scopes.of(name))
    return owner.node if owner is not None else None
