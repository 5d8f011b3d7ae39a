"""Pools of threads and processes: how large, how long they live, how they are closed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import libcst as cst

from exai_audit.collectors.outline import Outline
from exai_audit.collectors.pool_uses import Kept, kept_as, uses_of, what_becomes_of
from exai_audit.collectors.roles import Function, Functions, is_handler
from exai_audit.collectors.scopes import How
from exai_audit.collectors.sight import Sight, Surroundings
from exai_audit.collectors.timeout_values import argument, is_literal
from exai_audit.collectors.tree import ModuleTree
from exai_audit.collectors.walk import children
from exai_audit.facts.concurrency import PoolFact, PoolKind, PoolLifetime, Workers
from exai_audit.knowledge.table import Call, Pool, table

TRIGGERS = re.compile(rb"PoolExecutor\b|\bThreadPool\b|\bPool\b")


def _own_classes(outline: Outline) -> Iterator[str]:
    """Yield the classes of the module that may be pools by their base."""
    for node in outline.statements:
        if isinstance(node, ast.ClassDef) and any(map(_ENDS_LIKE_POOL.search, _bases(node))):
            yield node.name


def _bases(node: ast.ClassDef) -> Iterator[str]:
    for base in node.bases:
        if isinstance(base, (ast.Name, ast.Attribute)):
            yield base.id if isinstance(base, ast.Name) else base.attr


_ENDS_LIKE_POOL = re.compile(r"Pool|Executor")
SIGHT = Sight(
    rows=lambda row: row.pool is not None,
    mentions=True,  # as the base of a class inside a function
    names=_own_classes,
    around=Surroundings(everything=True),
)
_Loop = (cst.For, cst.While)


class PoolCollector(cst.CSTVisitor):
    """Gathers calls and functions, and names and attributes to see what becomes of a pool."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []
        self._functions: list[cst.FunctionDef] = []
        self._classes: list[cst.ClassDef] = []
        self._mentions: list[cst.Name | cst.Attribute] = []
        self._local: dict[str, tuple[Call, bool]] | None = None

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._classes.append(node)

    def visit_Name(self, node: cst.Name) -> None:
        self._mentions.append(node)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._mentions.append(node)

    def facts(self, tree: ModuleTree) -> tuple[PoolFact, ...]:
        """Return the pools that the file makes, in source order."""
        return tuple(self._pools(tree))

    def _pools(self, tree: ModuleTree) -> Iterator[PoolFact]:
        makers = _Makers(tree, self._functions, self._calls)
        tried: set[cst.CSTNode] = set()
        for call in self._calls:
            known, sized = self._known(call, tree)
            if known is None or known.pool is None or _stands_in(call, tried, tree):
                continue
            tried.update(node for node in tree.ancestors(call) if isinstance(node, cst.Try))
            yield self._pool(call, known.name, known.pool, makers, sized)

    def _known(self, call: cst.Call, tree: ModuleTree) -> tuple[Call | None, bool]:
        """Return the pool that a call makes, and whether its arguments are the pool's own.

        A class of the file that is a pool by its base may take others.
        """
        name = tree.qualified(call.func)
        row = table().call(name) if name else None
        local = self._pool_classes(tree).get(name or "") if row is None else None
        if local is None:
            return row, True
        base, has_own = local
        return base, not has_own

    def _pool_classes(self, tree: ModuleTree) -> dict[str, tuple[Call, bool]]:
        if self._local is None:
            self._local = dict(_pool_classes(self._classes, tree))
        return self._local

    def _pool(
        self, call: cst.Call, name: str, pool: Pool, makers: _Makers, sized: bool
    ) -> PoolFact:
        tree = makers.tree
        given = argument(call, pool.argument, pool.position)
        size = None if given is None or _is_none(given.value) else given.value
        number, sized_by = _sized(size, tree) if sized else (None, Workers.EXPRESSION)
        kept = kept_as(call, tree)
        uses = uses_of(kept, self._mentions, tree)
        fate = what_becomes_of(call, kept, uses, pool.closed_by, tree)
        per_call = makers.per_call(call, kept, uses)
        return PoolFact(
            place=tree.place(call),
            callable=name,
            kind=PoolKind(pool.kind),
            workers=number,
            workers_text=" ".join(tree.module.code_for_node(size).split()) if size else "",
            sized_by=sized_by,
            lifetime=PoolLifetime.LOOP_TURN if per_call == "loop" else kept.lifetime,
            serves_async=fate.serves_async,
            lazy=kept.lazy,
            closed=fate.closed,
            closed_by=pool.closed_by,
            at_exit=pool.at_exit,
            handed_on=fate.handed_on,
            per_call=per_call,
            tasks=fate.tasks,
            kept_as=kept.name,
            by_entry=not fate.closed and makers.starts_the_program(call),
            default=pool.default,
            with_four=pool.with_four,
        )


def _pool_classes(
    classes: Iterable[cst.ClassDef], tree: ModuleTree
) -> Iterator[tuple[str, tuple[Call, bool]]]:
    """Yield the classes whose base is a pool, with that, and whether they take other arguments."""
    for node in classes:
        for base in node.bases:
            name = tree.qualified(base.value)
            row = table().call(name) if name else None
            if row is not None and row.pool is not None:
                statements = node.body.body
                has_own = any(
                    isinstance(s, cst.FunctionDef) and s.name.value == "__init__"
                    for s in statements
                )
                yield f"{tree.dotted}.{tree.symbol(node)}", (row, has_own)


def _stands_in(call: cst.Call, tried: set[cst.CSTNode], tree: ModuleTree) -> bool:
    """Tell whether a pool is only made where making another one has failed."""
    return any(
        isinstance(node, cst.ExceptHandler) and tree.parent(node) in tried
        for node in tree.ancestors(call)
    )


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _sized(size: cst.BaseExpression | None, tree: ModuleTree) -> tuple[int | None, Workers]:
    if size is None:
        return None, Workers.DEFAULT
    number = tree.number(size)
    if number is not None:
        return int(number), Workers.LITERAL if is_literal(size) else Workers.CONSTANT
    default = _default_of_parameter(size, tree)
    number = tree.number(default) if default is not None else None
    if number is not None:
        return int(number), Workers.PARAMETER_DEFAULT
    return None, Workers.EXPRESSION


def _default_of_parameter(size: cst.BaseExpression, tree: ModuleTree) -> cst.BaseExpression | None:
    """Return the default of the parameter that a size is, or that ``self.size`` was given."""
    owner = tree.class_of(size)
    if isinstance(size, cst.Attribute) and owner is not None:
        values = tree.self_bindings(owner, size.attr.value)
        only = values[0] if len(values) == 1 else None
        return _default_of_parameter(only, tree) if isinstance(only, cst.Name) else None
    if not isinstance(size, cst.Name):
        return None
    scope = tree.scopes.owner(size.value, tree.scopes.of(size))
    bindings = scope.names[size.value] if scope is not None else []
    if len(bindings) != 1 or bindings[0].how is not How.PARAMETER:
        return None
    return bindings[0].value


class _Makers:
    """What makes pools: coroutines, loops, request handlers, or code that runs once."""

    def __init__(
        self, tree: ModuleTree, functions: list[cst.FunctionDef], calls: list[cst.Call]
    ) -> None:
        self.tree = tree
        self._nodes = functions
        self._calls = calls

    @cached_property
    def _functions(self) -> Functions:
        return Functions(self.tree, self._nodes, self._calls)

    def starts_the_program(self, call: cst.Call) -> bool:
        """Tell whether an entry point makes a pool, or the main guard of a script."""
        function = self.tree.function_of(call)
        if function is not None:
            return self._functions.is_entry(function)
        return any(
            isinstance(node, cst.If) and "__main__" in self.tree.module.code_for_node(node.test)
            for node in self.tree.ancestors(call)
        )

    def per_call(self, call: cst.Call, kept: Kept, uses: Sequence[cst.BaseExpression]) -> str:
        """Return what makes a short-lived pool again and again, empty for none."""
        if kept.lifetime is not PoolLifetime.CALL or _lasts(call, uses, self.tree):
            return ""
        child: cst.CSTNode = call
        for node in self.tree.ancestors(call):
            if isinstance(node, (cst.FunctionDef, cst.Lambda)):
                return self._per_call_of(node) if child is node.body else ""
            if isinstance(node, cst.If) and kept.name and kept.name in _names_in(node.test):
                return ""  # made once, on the first turn
            if isinstance(node, _Loop) and child is node.body:
                return "loop"
            child = node
        return ""

    def _per_call_of(self, function: Function) -> str:
        if isinstance(function, cst.Lambda):
            return ""
        if is_handler(function, self.tree, self._calls):
            return "handler"
        if function.asynchronous is None or self._functions.is_entry(function):
            return ""
        return "coroutine"


def _names_in(node: cst.CSTNode) -> set[str]:
    found: set[str] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, cst.Name):
            found.add(current.value)
        stack.extend(children(current))
    return found


def _lasts(call: cst.Call, uses: Iterable[cst.BaseExpression], tree: ModuleTree) -> bool:
    """Tell whether a ``with`` block of a pool lasts: it yields to its user, or loops for ever."""
    blocks = (tree.parent(tree.parent(node) or node) for node in (call, *uses))
    return any(isinstance(block, cst.With) and _block_lasts(block, tree) for block in blocks)


def _block_lasts(block: cst.With, tree: ModuleTree) -> bool:
    function = tree.function_of(block)
    stack: list[cst.CSTNode] = [block.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.FunctionDef, cst.Lambda)):
            continue
        if isinstance(node, cst.Yield) and tree.function_of(node) is function:
            return True
        if isinstance(node, cst.While) and _is_true(node.test):
            return True
        stack.extend(children(node))
    return False


def _is_true(test: cst.BaseExpression) -> bool:
    return isinstance(test, (cst.Name, cst.Integer)) and test.value in ("True", "1")
