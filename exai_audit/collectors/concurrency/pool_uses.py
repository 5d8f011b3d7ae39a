"""What a pool is kept as, who uses it, and what becomes of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exai_audit.facts.concurrency import PoolLifetime
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    COMPREHENSIONS,
    FUNCTIONS,
    arguments,
    first_parameter,
    last_name,
)

_LENDS = frozenset({
    "run_in_executor", "isinstance", "id", "len", "repr", "print", "hasattr", "getattr", "str",
})  # fmt: skip
_STACKS = frozenset({
    "enter_context", "enter_async_context", "closing", "aclosing", "callback", "push",
    "push_async_callback", "addCleanup",
})  # fmt: skip
_GIVES = frozenset({"submit", "apply", "apply_async", "schedule"})
_MAPS = frozenset({"map", "imap", "imap_unordered", "starmap", "map_async"})
_REPEATS = (ast.For, ast.AsyncFor, ast.While, ast.Lambda, *COMPREHENSIONS)
_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_Mention = ast.Name | ast.Attribute


@dataclass(frozen=True, slots=True)
class PoolHolder:
    """What a pool is kept as: the target of its assignment, None where it has none."""

    target: ast.expr | None
    lifetime: PoolLifetime
    lazy: bool = False

    @property
    def name(self) -> str:
        """The last name of the target."""
        return last_name(self.target) if self.target is not None else ""


@dataclass(frozen=True, slots=True)
class Disposal:
    """How a pool is closed, whether it is given away, whom it serves and how often."""

    closed: str
    handed_on: bool
    serves_async: bool
    tasks: int


def holder_of(call: ast.Call, tree: ModuleTree) -> PoolHolder:
    """Return what a pool is kept as, and how long that lives."""
    target = _target(call, tree)
    lifetime = _lifetime(target, tree)
    return PoolHolder(target, lifetime, lifetime is not PoolLifetime.CALL and _is_lazy(call, tree))


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


def uses_of(kept: PoolHolder, tree: ModuleTree) -> list[_Mention]:
    """Return the other places that name what a pool is kept as."""
    target = kept.target
    if isinstance(target, ast.Name):
        scope = _owning_scope(target, tree)
        return [
            name
            for name in tree.named(target.id)
            if name is not target and _owning_scope(name, tree) is scope
        ]
    if not isinstance(target, ast.Attribute):
        return []
    return _attribute_uses(target, tree)


def _attribute_uses(target: ast.Attribute, tree: ModuleTree) -> list[_Mention]:
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


def disposal_of(
    call: ast.Call,
    kept: PoolHolder,
    uses: Sequence[_Mention],
    closed_by: Sequence[str],
    tree: ModuleTree,
) -> Disposal:
    """Return what the file shows of a pool's life.

    Args:
        closed_by: the methods that close it in its library's own terms.
    """
    entered = _is_entered(call, tree) or any(_is_entered(use, tree) for use in uses)
    closing = {_method_called(use, tree) for use in uses} & {*closed_by, "__exit__", "__aexit__"}
    return Disposal(
        closed="with" if entered else min(closing, default=""),
        handed_on=not entered and _is_handed_on(call, kept, uses, tree),
        serves_async=any(_serves_async(node, tree) for node in (call, *uses)),
        tasks=_tasks(uses, tree) if kept.lifetime is PoolLifetime.CALL else 0,
    )


def _method_called(use: _Mention, tree: ModuleTree) -> str:
    parent = tree.parent(use)
    return parent.attr if isinstance(parent, ast.Attribute) else ""


def _given_to(node: ast.AST, tree: ModuleTree) -> ast.Call | None:
    """Return the call that ``node`` is an argument of."""
    parent = tree.parent(node)
    if isinstance(parent, (ast.keyword, ast.Starred)):
        parent = tree.parent(parent)
    return parent if isinstance(parent, ast.Call) and parent.func is not node else None


def entered_block(node: ast.AST, tree: ModuleTree) -> ast.With | ast.AsyncWith | None:
    """Return the ``with`` statement that enters what ``node`` is."""
    item = tree.parent(node)
    if not isinstance(item, ast.withitem) or item.context_expr is not node:
        return None
    block = tree.parent(item)
    return block if isinstance(block, (ast.With, ast.AsyncWith)) else None


def _is_entered(node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a ``with`` statement or an exit stack closes what ``node`` is."""
    if entered_block(node, tree) is not None:
        return True
    call = _given_to(node, tree)
    return call is not None and last_name(call.func) in _STACKS


def _is_handed_on(
    call: ast.Call, kept: PoolHolder, uses: Iterable[_Mention], tree: ModuleTree
) -> bool:
    """Tell whether the pool is returned, yielded, stored elsewhere or given to another call."""
    if kept.target is None:
        parent = tree.parent(call)
        return not isinstance(parent, (ast.Attribute, ast.Expr)) and not _is_lent(call, tree)
    if not isinstance(kept.target, (ast.Name, ast.Attribute)):
        return True
    return any(_gives_away(use, tree) for use in uses)


def _is_lent(node: ast.AST, tree: ModuleTree) -> bool:
    call = _given_to(node, tree)
    return call is not None and last_name(call.func) in _LENDS


def _gives_away(use: _Mention, tree: ModuleTree) -> bool:
    parent = tree.parent(use)
    if isinstance(parent, _DISPLAYS):
        around = tree.parent(parent)
        return not (isinstance(around, ast.Subscript) and around.slice is parent)
    if isinstance(parent, (ast.Return, ast.Yield)):
        return True
    if isinstance(parent, ast.Assign):
        return parent.value is use
    return _given_to(use, tree) is not None and not _is_lent(use, tree)


def _serves_async(node: ast.AST, tree: ModuleTree) -> bool:
    if isinstance(tree.function_of(node), ast.AsyncFunctionDef):
        return True
    call = _given_to(node, tree)
    return call is not None and last_name(call.func) == "run_in_executor"


def _tasks(uses: Iterable[_Mention], tree: ModuleTree) -> int:
    """Return how many tasks a pool is given in all, 0 where that is open."""
    tasks = 0
    for use in uses:
        method = _method_called(use, tree)
        if method in _GIVES and not _is_repeated(use, tree):
            tasks += 1
            continue
        items = _mapped(use, tree) if method in _MAPS else None
        if items is not None:
            if not isinstance(items, (ast.List, ast.Tuple)):
                return 0
            tasks += len(items.elts)
        elif method in _GIVES or method in _MAPS or not method:
            return 0
    return tasks


def _mapped(use: _Mention, tree: ModuleTree) -> ast.expr | None:
    """Return the second argument of the method that is called on ``use``."""
    method = tree.parent(use)
    call = tree.parent(method) if method is not None else None
    if not isinstance(call, ast.Call) or call.func is not method:
        return None
    given = arguments(call)
    return given[1].value if len(given) > 1 else None


def _is_repeated(node: ast.AST, tree: ModuleTree) -> bool:
    function = tree.function_of(node)
    return any(
        isinstance(parent, _REPEATS)
        for parent in tree.ancestors(node)
        if tree.function_of(parent) is function
    )
