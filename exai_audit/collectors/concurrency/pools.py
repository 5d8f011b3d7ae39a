"""Pools of threads and processes: how large, how long they live, how they are closed."""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from msgspec import Struct

from exai_audit.collectors.concurrency.pool_holders import holder_of, uses_of
from exai_audit.collectors.concurrency.pool_limits import loses_its_limit
from exai_audit.collectors.concurrency.pool_makers import PoolMakers, closing_method
from exai_audit.collectors.concurrency.pool_uses import disposal_of
from exai_audit.collectors.concurrency.reachability import ASKS_FOR_LOOP
from exai_audit.facts.concurrency import PoolFact, PoolKind, PoolLifetime, Workers
from exai_audit.knowledge.calls import Call, Pool
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import (
    FUNCTIONS,
    Argument,
    argument,
    arguments,
    first_parameter,
    is_none,
)
from exai_audit.syntax.numbers import is_numeric_literal
from exai_audit.syntax.scopes import BindingKind
from exai_audit.syntax.triggers import Trigger

_MOST_WORKERS = 10**9
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def _makes_a_pool(row: Call) -> bool:
    return row.pool is not None


TRIGGER = Trigger(rows=_makes_a_pool)


class _PoolClass(Struct, frozen=True):
    """A class of the file that is a pool by its base; ``has_own`` arguments, or the base's."""

    node: ast.ClassDef
    base: Call
    has_own: bool


def pools(tree: ModuleTree) -> tuple[PoolFact, ...]:
    """Return the pools that the file makes, in source order."""
    return tuple(_pools(tree))


def _pools(tree: ModuleTree) -> Iterator[PoolFact]:
    local = {f"{tree.dotted}.{tree.symbol(one.node)}": one for one in _pool_classes(tree)}
    makers = PoolMakers(tree)
    tried: set[ast.AST] = set()
    for call in _candidates(tree, local.values()):
        known, sized = _known(call, local, tree)
        if known is None or known.pool is None or _stands_in(call, tried, tree):
            continue
        tried.update(node for node in tree.ancestors(call) if isinstance(node, ast.Try))
        yield _pool(call, known.name, known.pool, makers, sized)


def _candidates(tree: ModuleTree, local: Collection[_PoolClass]) -> Sequence[ast.Call]:
    """Return the calls that may make a pool, of a library or of a class of the file."""
    found = [*tree.calls_of(_makes_a_pool)]
    if not local:
        return found
    names = frozenset(name for one in local for name in _names_for(one.node))
    either = {*found, *tree.calls(names)}
    return [call for call in tree.all(ast.Call) if call in either]


def _names_for(node: ast.ClassDef) -> Iterator[str]:
    """Yield the name of a class, and what its methods call it."""
    yield node.name
    for statement in node.body:
        first = first_parameter(statement) if isinstance(statement, FUNCTIONS) else None
        if first:
            yield first


def _known(
    call: ast.Call, local: Mapping[str, _PoolClass], tree: ModuleTree
) -> tuple[Call | None, bool]:
    """Return the pool that a call makes, and whether its arguments are the pool's own.

    A class of the file that is a pool by its base may take others.
    """
    name = tree.qualified(call.func)
    row = table().call(name) if name else None
    own = local.get(name or "") if row is None else None
    return (row, True) if own is None else (own.base, not own.has_own)


def _pool_classes(tree: ModuleTree) -> Iterator[_PoolClass]:
    """Yield the classes whose base is a pool."""
    for node in tree.all(ast.ClassDef):
        for base in arguments(node):
            row = None if base.name else _row(base.value, tree)
            if row is not None and row.pool is not None:
                own = (s.name == "__init__" for s in node.body if isinstance(s, FUNCTIONS))
                yield _PoolClass(node, row, any(own))


def _row(expression: ast.expr, tree: ModuleTree) -> Call | None:
    name = tree.qualified(expression)
    return table().call(name) if name else None


def _pool(call: ast.Call, name: str, pool: Pool, makers: PoolMakers, sized: bool) -> PoolFact:
    tree = makers.tree
    given = argument(call, pool.argument, pool.position)
    size = None if given is None or is_none(given.value) else given.value
    number, sized_by = _sized(size, tree) if sized else (None, Workers.EXPRESSION)
    kept = holder_of(call, tree)
    uses = uses_of(kept, tree)
    fate = disposal_of(call, kept, uses, pool.closed_by, tree)
    per_call = makers.per_call(call, kept, uses)
    lives_in_object = kept.lifetime is PoolLifetime.INSTANCE
    left = closing_method(call, tree) if lives_in_object and not fate.closed else None
    return PoolFact(
        place=tree.place(call),
        callable=name,
        kind=PoolKind(pool.kind),
        workers=number,
        workers_text=_text(given, tree) if given is not None and size is not None else "",
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
        left_by=left.name if left is not None else "",
        left_line=tree.span(left).line if left is not None else 0,
        lent=fate.lent,
        asks_for_loop=_asks_for_loop(call, tree),
        loses_limit=loses_its_limit(call, uses, tree),
        of_function=kept.of_function,
    )


def _asks_for_loop(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a plain function that makes a pool asks whether an event loop runs."""
    function = tree.function_of(call)
    return isinstance(function, ast.FunctionDef) and any(
        tree.function_of(ask) is function for ask in tree.calls_named(ASKS_FOR_LOOP)
    )


def _text(given: Argument, tree: ModuleTree) -> str:
    """Return the text of an argument in one line, with the brackets that a keyword's may have."""
    text = tree.text(given.node)
    return " ".join((text.partition("=")[2] if given.name else text).split())


def _stands_in(call: ast.Call, tried: Set[ast.AST], tree: ModuleTree) -> bool:
    """Tell whether a pool is only made where making another one has failed."""
    return any(
        isinstance(node, ast.ExceptHandler) and tree.parent(node) in tried
        for node in tree.ancestors(call)
    )


def _sized(size: ast.expr | None, tree: ModuleTree) -> tuple[int | None, Workers]:
    if size is None:
        return None, Workers.DEFAULT
    number = _whole(tree.number(size))
    if number is not None:
        return number, Workers.LITERAL if is_numeric_literal(size) else Workers.CONSTANT
    default = _default_of_parameter(size, tree)
    number = _whole(tree.number(default)) if default is not None else None
    if number is not None:
        return number, Workers.PARAMETER_DEFAULT
    return None, Workers.EXPRESSION


def _whole(number: float | None) -> int | None:
    """Return a size as a whole number, an endless one as the largest."""
    if number is None or math.isnan(number):
        return None
    return int(max(-_MOST_WORKERS, min(number, _MOST_WORKERS)))


def _default_of_parameter(size: ast.expr, tree: ModuleTree) -> ast.expr | None:
    """Return the default of the parameter that a size is, or that ``self.size`` was given."""
    owner = tree.class_of(size)
    if isinstance(size, ast.Attribute) and owner is not None:
        values = tree.self_bindings(owner, size.attr)
        only = values[0] if len(values) == 1 else None
        return _default_of_parameter(only, tree) if isinstance(only, ast.Name) else None
    if not isinstance(size, ast.Name):
        return None
    scope = tree.scopes.owner(size.id, tree.scopes.of(size))
    bindings = scope.names[size.id] if scope is not None else []
    if len(bindings) != 1 or bindings[0].kind is not BindingKind.PARAMETER:
        return None
    return bindings[0].value
