"""Pools of threads and processes: how large, how long they live, how they are closed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from exai_audit.collectors.scopes import first_parameter
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.caches import Lifetime
from exai_audit.facts.concurrency import PoolFact, PoolKind
from exai_audit.knowledge.table import Pool, table

TRIGGERS = re.compile(rb"PoolExecutor\b|\bThreadPool\b|\bPool\b")
_CLOSING = frozenset({"shutdown", "close", "terminate", "join", "__exit__"})
_Loop = (cst.For, cst.While)


class PoolCollector(cst.CSTVisitor):
    """Gathers calls, and names and attributes to see what becomes of a pool."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []
        self._mentions: list[cst.Name | cst.Attribute] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def visit_Name(self, node: cst.Name) -> None:
        self._mentions.append(node)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._mentions.append(node)

    def facts(self, tree: ModuleTree) -> tuple[PoolFact, ...]:
        """Return the pools that the file makes, in source order."""
        return tuple(self._pools(tree))

    def _pools(self, tree: ModuleTree) -> Iterator[PoolFact]:
        for call in self._calls:
            name = tree.qualified(call.func)
            known = table().call(name) if name else None
            if known is not None and known.pool is not None:
                yield self._pool(call, known.name, known.pool, tree)

    def _pool(self, call: cst.Call, name: str, pool: Pool, tree: ModuleTree) -> PoolFact:
        size = _argument(call, pool)
        number = tree.number(size) if size is not None else None
        target, lifetime = _kept_as(call, tree)
        uses = self._uses(target, tree) if target is not None else []
        entered = _is_entered(call, tree)
        closing = {_method_called(use, tree) for use in uses} & _CLOSING
        if any(_is_entered(use, tree) for use in uses):
            closing.add("with")
        return PoolFact(
            place=tree.place(call),
            callable=name,
            kind=PoolKind(pool.kind),
            workers=int(number) if number is not None else None,
            workers_text=_text(size, tree),
            lifetime=lifetime,
            serves_async=_serves_async(call, uses, tree),
            closed="with" if entered else min(closing, default=""),
            handed_on=not entered and _is_handed_on(call, target, uses, tree),
            per_call=_per_call(call, lifetime, tree),
        )

    def _uses(self, target: cst.BaseExpression, tree: ModuleTree) -> list[cst.BaseExpression]:
        """Return the other places that name what a pool is kept as."""
        wanted = tree.module.code_for_node(target)
        owner = tree.class_of(target) if isinstance(target, cst.Attribute) else None
        scope = _owning_scope(target, tree)
        return [
            mention
            for mention in self._mentions
            if mention is not target
            and type(mention) is type(target)
            and _last_name(mention) == _last_name(target)
            and tree.module.code_for_node(mention) == wanted
            and (
                tree.class_of(mention) is owner if owner else _owning_scope(mention, tree) is scope
            )
        ]


def _argument(call: cst.Call, pool: Pool) -> cst.BaseExpression | None:
    for index, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == pool.argument:
            return arg.value
        if arg.keyword is None and not arg.star and index == pool.position:
            return arg.value
    return None


def _text(size: cst.BaseExpression | None, tree: ModuleTree) -> str:
    text = "" if size is None else tree.module.code_for_node(size)
    return "" if text == "None" else " ".join(text.split())


def _kept_as(call: cst.Call, tree: ModuleTree) -> tuple[cst.BaseExpression | None, Lifetime | None]:
    """Return the name or attribute that the pool is assigned to, and how long that lives."""
    target: cst.BaseExpression | None = None
    for node in tree.ancestors(call):
        if isinstance(node, cst.Assign):
            target = node.targets[0].target
        elif isinstance(node, (cst.AnnAssign, cst.NamedExpr)):
            target = node.target
        elif isinstance(node, (cst.BooleanOperation, cst.IfExp)):
            continue
        break
    if isinstance(target, cst.Attribute):
        return target, _attribute_lifetime(target, tree)
    if not isinstance(target, cst.Name):
        return None, None
    scope = _owning_scope(target, tree)
    kind = type(scope) if scope is not None else cst.Module
    lifetimes = {cst.Module: Lifetime.MODULE, cst.ClassDef: Lifetime.CLASS}
    return target, lifetimes.get(kind)


def _attribute_lifetime(target: cst.Attribute, tree: ModuleTree) -> Lifetime | None:
    function = tree.function_of(target)
    if not isinstance(target.value, cst.Name):
        return Lifetime.INSTANCE
    first = first_parameter(function) if isinstance(function, cst.FunctionDef) else None
    if target.value.value == first:
        return Lifetime.CLASS if target.value.value == "cls" else Lifetime.INSTANCE
    return Lifetime.MODULE


def _owning_scope(node: cst.BaseExpression, tree: ModuleTree) -> cst.CSTNode | None:
    if not isinstance(node, cst.Name):
        return None
    owner = tree.scopes.owner(node.value, tree.scopes.of(node))
    return owner.node if owner is not None else None


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _method_called(use: cst.BaseExpression, tree: ModuleTree) -> str:
    parent = tree.parent(use)
    return parent.attr.value if isinstance(parent, cst.Attribute) and parent.value is use else ""


def _is_entered(node: cst.CSTNode, tree: ModuleTree) -> bool:
    """Tell whether a ``with`` statement or an exit stack closes what ``node`` is."""
    parent = tree.parent(node)
    if isinstance(parent, cst.WithItem):
        return True
    if not isinstance(parent, cst.Arg):
        return False
    call = tree.parent(parent)
    if not isinstance(call, cst.Call):
        return False
    return _last_name(call.func) in {"enter_context", "enter_async_context", "closing", "callback"}


def _is_handed_on(
    call: cst.Call,
    target: cst.BaseExpression | None,
    uses: list[cst.BaseExpression],
    tree: ModuleTree,
) -> bool:
    """Tell whether the pool is returned, yielded, stored elsewhere or given to another call."""
    if target is None:
        return True
    return any(_gives_away(tree.parent(use), tree) for use in uses)


def _gives_away(parent: cst.CSTNode | None, tree: ModuleTree) -> bool:
    if isinstance(parent, (cst.Return, cst.Yield, cst.Element, cst.DictElement, cst.Assign)):
        return True
    if not isinstance(parent, cst.Arg):
        return False
    call = tree.parent(parent)
    lends = {"run_in_executor", "isinstance", "id", "len", "repr", "print"}
    return isinstance(call, cst.Call) and _last_name(call.func) not in lends


def _is_coroutine(function: cst.CSTNode | None) -> bool:
    return isinstance(function, cst.FunctionDef) and function.asynchronous is not None


def _serves_async(call: cst.Call, uses: list[cst.BaseExpression], tree: ModuleTree) -> bool:
    return any(_is_coroutine(tree.function_of(node)) for node in (call, *uses))


def _per_call(call: cst.Call, lifetime: Lifetime | None, tree: ModuleTree) -> str:
    """Return what makes a short-lived pool again and again: a loop around it, or a coroutine."""
    if lifetime is not None:
        return ""
    child: cst.CSTNode = call
    for node in tree.ancestors(call):
        if isinstance(node, (cst.FunctionDef, cst.Lambda)):
            return "coroutine" if _is_coroutine(node) and child is node.body else ""
        if isinstance(node, _Loop) and child is node.body:
            return "loop"
        child = node
    return ""
