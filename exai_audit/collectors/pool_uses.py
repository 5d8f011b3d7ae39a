"""What a pool is kept as, who uses it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from exai_audit.collectors.scopes import first_parameter
from exai_audit.collectors.timeout_values import last_name
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.concurrency import PoolLifetime

_LENDS = frozenset({
    "run_in_executor", "isinstance", "id", "len", "repr", "print", "hasattr", "getattr", "str",
})  # fmt: skip
_STACKS = frozenset({
    "enter_context", "enter_async_context", "closing", "aclosing", "callback", "push",
    "push_async_callback", "addCleanup",
})  # fmt: skip
_GIVES = frozenset({"submit", "apply", "apply_async", "schedule"})
_MAPS = frozenset({"map", "imap", "imap_unordered", "starmap", "map_async"})
_REPEATS = (cst.For, cst.While, cst.BaseComp, cst.Lambda)
_Mention = cst.Name | cst.Attribute


@dataclass(frozen=True, slots=True)
class Kept:
    """What a pool is kept as: the target of its assignment, None where it has none."""

    target: cst.BaseExpression | None
    lifetime: PoolLifetime
    lazy: bool = False

    @property
    def name(self) -> str:
        """The last name of the target."""
        return last_name(self.target) if self.target is not None else ""


@dataclass(frozen=True, slots=True)
class Fate:
    """How a pool is closed, whether it is given away, whom it serves and how often."""

    closed: str
    handed_on: bool
    serves_async: bool
    tasks: int


def kept_as(call: cst.Call, tree: ModuleTree) -> Kept:
    """Return what a pool is kept as, and how long that lives."""
    target: cst.BaseExpression | None = None
    for node in tree.ancestors(call):
        if isinstance(node, cst.Assign):
            target = node.targets[0].target
        elif isinstance(node, (cst.AnnAssign, cst.NamedExpr)):
            target = node.target
        elif isinstance(node, (cst.BooleanOperation, cst.IfExp)):
            continue
        elif isinstance(node, cst.WithItem) and node.asname is not None:
            target = node.asname.name
        break
    lifetime = _lifetime(target, tree)
    return Kept(target, lifetime, lifetime is not PoolLifetime.CALL and _is_lazy(call, tree))


def _lifetime(target: cst.BaseExpression | None, tree: ModuleTree) -> PoolLifetime:
    if isinstance(target, cst.Attribute):
        return _attribute_lifetime(target, tree)
    if isinstance(target, cst.Subscript):
        return _lifetime(target.value, tree)
    if not isinstance(target, cst.Name):
        return PoolLifetime.CALL
    scope = _owning_scope(target, tree)
    if scope is None or isinstance(scope, cst.Module):
        return PoolLifetime.MODULE
    return PoolLifetime.CLASS if isinstance(scope, cst.ClassDef) else PoolLifetime.CALL


def _attribute_lifetime(target: cst.Attribute, tree: ModuleTree) -> PoolLifetime:
    function = tree.function_of(target)
    if not isinstance(target.value, cst.Name):
        return PoolLifetime.INSTANCE
    first = first_parameter(function) if isinstance(function, cst.FunctionDef) else None
    if target.value.value == first:
        return PoolLifetime.CLASS if target.value.value == "cls" else PoolLifetime.INSTANCE
    owner = tree.scopes.owner(target.value.value, tree.scopes.of(target))
    bound = owner.names[target.value.value] if owner is not None else []
    if any(isinstance(binding.node, cst.FunctionDef) for binding in bound):
        return PoolLifetime.FUNCTION_ATTRIBUTE
    ref = tree.resolve(target.value)
    of_class = ref is not None and not ref.instance and ref.name.startswith(f"{tree.dotted}.")
    return PoolLifetime.CLASS if of_class else PoolLifetime.INSTANCE


def _is_lazy(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether a pool that lives long is made on its first use."""
    function = tree.function_of(call)
    if not isinstance(function, cst.FunctionDef) or function.name.value == "__init__":
        return False
    return any(
        isinstance(node, (cst.If, cst.ExceptHandler, cst.BooleanOperation, cst.IfExp))
        for node in tree.ancestors(call)
        if tree.function_of(node) is function
    )


def uses_of(kept: Kept, mentions: Iterable[_Mention], tree: ModuleTree) -> list[_Mention]:
    """Return the other places that name what a pool is kept as."""
    target = kept.target
    if not isinstance(target, (cst.Name, cst.Attribute)):
        return []
    wanted = tree.module.code_for_node(target)
    owner = tree.class_of(target) if isinstance(target, cst.Attribute) else None
    scope = _owning_scope(target, tree)
    return [
        mention
        for mention in mentions
        if mention is not target
        and type(mention) is type(target)
        and last_name(mention) == kept.name
        and tree.module.code_for_node(mention) == wanted
        and (tree.class_of(mention) is owner if owner else _owning_scope(mention, tree) is scope)
    ]


def _owning_scope(node: cst.BaseExpression, tree: ModuleTree) -> cst.CSTNode | None:
    if not isinstance(node, cst.Name):
        return None
    owner = tree.scopes.owner(node.value, tree.scopes.of(node))
    return owner.node if owner is not None else None


def what_becomes_of(
    call: cst.Call, kept: Kept, uses: Sequence[_Mention], closed_by: Sequence[str], tree: ModuleTree
) -> Fate:
    """Return what the file shows of a pool's life.

    Args:
        closed_by: the methods that close it in its library's own terms.
    """
    entered = _is_entered(call, tree) or any(_is_entered(use, tree) for use in uses)
    closing = {_method_called(use, tree) for use in uses} & {*closed_by, "__exit__", "__aexit__"}
    return Fate(
        closed="with" if entered else min(closing, default=""),
        handed_on=not entered and _is_handed_on(call, kept, uses, tree),
        serves_async=any(_serves_async(node, tree) for node in (call, *uses)),
        tasks=_tasks(uses, tree) if kept.lifetime is PoolLifetime.CALL else 0,
    )


def _method_called(use: cst.BaseExpression, tree: ModuleTree) -> str:
    parent = tree.parent(use)
    return parent.attr.value if isinstance(parent, cst.Attribute) and parent.value is use else ""


def _is_entered(node: cst.CSTNode, tree: ModuleTree) -> bool:
    """Tell whether a ``with`` statement or an exit stack closes what ``node`` is."""
    parent = tree.parent(node)
    if isinstance(parent, cst.WithItem):
        return parent.item is node
    call = tree.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(call, cst.Call) and last_name(call.func) in _STACKS


def _is_handed_on(call: cst.Call, kept: Kept, uses: Sequence[_Mention], tree: ModuleTree) -> bool:
    """Tell whether the pool is returned, yielded, stored elsewhere or given to another call."""
    if kept.target is None:
        parent = tree.parent(call)
        return not isinstance(parent, (cst.Attribute, cst.Expr)) and not _is_lent(call, tree)
    if not isinstance(kept.target, (cst.Name, cst.Attribute)):
        return True
    return any(_gives_away(use, tree) for use in uses)


def _is_lent(node: cst.CSTNode, tree: ModuleTree) -> bool:
    arg = tree.parent(node)
    call = tree.parent(arg) if isinstance(arg, cst.Arg) else None
    return isinstance(call, cst.Call) and last_name(call.func) in _LENDS


def _gives_away(use: cst.CSTNode, tree: ModuleTree) -> bool:
    parent = tree.parent(use)
    if isinstance(parent, (cst.Return, cst.Yield, cst.Element, cst.DictElement)):
        return True
    if isinstance(parent, cst.Assign):
        return parent.value is use
    return isinstance(parent, cst.Arg) and not _is_lent(use, tree)


def _serves_async(node: cst.CSTNode, tree: ModuleTree) -> bool:
    function = tree.function_of(node)
    if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
        return True
    arg = tree.parent(node)
    call = tree.parent(arg) if isinstance(arg, cst.Arg) else None
    return isinstance(call, cst.Call) and last_name(call.func) == "run_in_executor"


def _tasks(uses: Sequence[_Mention], tree: ModuleTree) -> int:
    """Return how many tasks a pool is given in all, 0 where that is open."""
    tasks = 0
    for use in uses:
        method = _method_called(use, tree)
        call = tree.parent(tree.parent(use) or use)
        if method in _GIVES and not _is_repeated(use, tree):
            tasks += 1
        elif method in _MAPS and isinstance(call, cst.Call) and len(call.args) > 1:
            items = call.args[1].value
            if not isinstance(items, (cst.List, cst.Tuple)):
                return 0
            tasks += len(items.elements)
        elif method in _GIVES or method in _MAPS or not method:
            return 0
    return tasks


def _is_repeated(node: cst.CSTNode, tree: ModuleTree) -> bool:
    function = tree.function_of(node)
    return any(
        isinstance(parent, _REPEATS)
        for parent in tree.ancestors(node)
        if tree.function_of(parent) is function
    )
