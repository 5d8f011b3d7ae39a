"""Calls that block the event loop: made in a coroutine, or one call away from it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice

from exai_audit.collectors.concurrency.futures import MAKERS, WAITS, is_known_done, is_wait, made_by
from exai_audit.collectors.concurrency.pool_exits import pool_exits
from exai_audit.collectors.concurrency.reachability import (
    ASKS_FOR_ITEMS,
    ASKS_FOR_LOOP,
    asks_for_items,
    is_sync_mode,
    only_reaps_finished,
    reaches,
)
from exai_audit.facts.concurrency import BlockingFact
from exai_audit.knowledge.calls import Blocking, Call
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, argument, is_none, last_name
from exai_audit.syntax.triggers import Trigger, names_of


def _blocks(row: Call) -> bool:
    return row.blocking is not None


TRIGGER = Trigger(rows=_blocks, names=MAKERS, applies=lambda words: "async" in words)
_FUTURE = "concurrent.futures.Future"
_NO_WAIT_KEYWORDS = frozenset({"block", "blocking", "wait"})
_AWAITS = frozenset({
    "wait_for", "shield", "gather", "ensure_future", "create_task", "wrap_future", "isawaitable",
})  # fmt: skip
_NON_BLOCKING = frozenset({"setblocking", "SOCK_NONBLOCK"})
_Direct = Sequence[tuple[ast.Call, BlockingFact]]


def blocking(tree: ModuleTree) -> tuple[BlockingFact, ...]:
    """Return what blocks, one fact for each ``with`` block or chain of calls, at its start."""
    if not tree.all(ast.AsyncFunctionDef):
        return ()
    found = (*_BlockingCalls(tree).facts(), *pool_exits(tree))
    return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.operation)))


class _BlockingCalls:
    """The blocking calls of one module; those of plain functions only where coroutines call it."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree

    def facts(self) -> Iterator[BlockingFact]:
        plain: dict[str, list[Function]] = {}
        for function, calls in self._candidates.items():
            if isinstance(function, ast.AsyncFunctionDef):
                yield from _first_of_each_block(self._direct(calls), self._tree)
            else:
                name = f"{self._tree.dotted}.{self._tree.symbol(function)}"
                plain.setdefault(name, []).append(function)
        for name, calls in self._calls_by_coroutines(plain).items():
            yield from self._one_call_away(calls, plain[name])

    @cached_property
    def _candidates(self) -> dict[Function, list[ast.Call]]:
        """Return, by the function they stand in, the calls that may block."""
        tree = self._tree
        found: dict[Function, list[ast.Call]] = {}
        for call in tree.calls(names_of(_blocks, tree.roots) | WAITS):
            function = tree.function_of(call)
            if isinstance(function, FUNCTIONS):
                found.setdefault(function, []).append(call)
        return found

    def _direct(self, calls: Sequence[ast.Call]) -> _Direct:
        """Return the calls that do block, the file system's after all others."""
        facts = ((call, self._blocking(call)) for call in calls)
        found = [
            (call, fact)
            for call, fact in facts
            if fact is not None and not _is_right_here(call, self._tree)
        ]
        return sorted(found, key=lambda pair: pair[1].file_system)

    def _blocking(self, call: ast.Call) -> BlockingFact | None:
        tree = self._tree
        row = _row(call, tree)
        if row is None or row.blocking is None or row.is_async:
            return None
        if row.blocking.origin and not _is_unfinished(call, tree):
            return None
        if asks_for_items(call, (tree.function_of(call),), self._asks_for_items, tree):
            return None
        if _gives_no_wait(call, row.blocking, tree):
            return None
        if row.blocking.unless == "non-blocking" and self._makes_non_blocking:
            return None
        place = tree.place(call)
        return BlockingFact(
            place, row.name, row.blocking.instead, file_system=row.blocking.file_system
        )

    @cached_property
    def _makes_non_blocking(self) -> bool:
        """Whether the file makes sockets non-blocking."""
        text = self._tree.source.text
        return any(name in text for name in _NON_BLOCKING) and any(
            not _NON_BLOCKING.isdisjoint(_names_in(node)) for node in self._tree.nodes
        )

    @cached_property
    def _asks_for_items(self) -> list[ast.Call]:
        return self._calls_named(ASKS_FOR_ITEMS)

    @cached_property
    def _asks_for_loop(self) -> list[ast.Call]:
        return self._calls_named(ASKS_FOR_LOOP)

    def _calls_named(self, names: frozenset[str]) -> list[ast.Call]:
        return [call for call in self._tree.calls(names) if last_name(call.func) in names]

    def _calls_by_coroutines(self, plain: dict[str, list[Function]]) -> dict[str, list[ast.Call]]:
        """Return, by the name of a function, the calls of it that coroutines make."""
        tree = self._tree
        last_names = frozenset(name.rpartition(".")[2] for name in plain)
        found: dict[str, list[ast.Call]] = {}
        for call in tree.calls(last_names) if plain else ():
            if isinstance(tree.function_of(call), ast.AsyncFunctionDef):
                name = tree.qualified(call.func)
                if name in plain:
                    found.setdefault(name, []).append(call)
        return found

    def _one_call_away(
        self, calls: Sequence[ast.Call], functions: Sequence[Function]
    ) -> Iterator[BlockingFact]:
        """Yield what blocks in the last of the ``functions`` that blocks: all have one name."""
        for function in reversed(functions):
            if function in self._generators:
                continue
            direct = self._direct(self._candidates[function])
            for call in calls if direct else ():
                yield from islice(self._reached(call, function, direct), 1)
            if direct:
                return

    @cached_property
    def _generators(self) -> set[ast.AST | None]:
        yields = (*self._tree.all(ast.Yield), *self._tree.all(ast.YieldFrom))
        return {self._tree.function_of(node) for node in yields}

    def _reached(
        self, call: ast.Call, function: Function, direct: _Direct
    ) -> Iterator[BlockingFact]:
        tree = self._tree
        for blocks, fact in direct:
            if self._is_reached(call, function, blocks):
                yield replace(
                    fact,
                    place=tree.place(call),
                    via=fact.place.span.line,
                    via_symbol=tree.symbol(function),
                )

    def _is_reached(self, call: ast.Call, function: Function, blocks: ast.Call) -> bool:
        tree = self._tree
        if _is_right_here(call, tree):
            return False
        if not reaches(call, function, blocks, self._asks_for_loop, tree):
            return False
        around = (tree.function_of(call), function)
        return not asks_for_items(blocks, around, self._asks_for_items, tree)


def _row(call: ast.Call, tree: ModuleTree) -> Call | None:
    name = tree.qualified(call.func)
    known = table().call(name) if name else None
    if known is None and is_wait(call) and made_by(call, tree) is not None:
        return table().call(f"{_FUTURE}.{last_name(call.func)}")
    return known


def _is_unfinished(call: ast.Call, tree: ModuleTree) -> bool:
    return made_by(call, tree) is not None and not is_known_done(call, tree)


def _names_in(node: ast.AST) -> Iterator[str]:
    """Yield the identifiers that a node itself says."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield from (*alias.name.split("."), alias.asname or "")
    for field in ("id", "attr", "arg", "name"):
        said = getattr(node, field, None)
        if isinstance(said, str):
            yield said


def _gives_no_wait(call: ast.Call, blocking: Blocking, tree: ModuleTree) -> bool:
    """Tell whether the arguments say that the call does not wait after all."""
    given = argument(call, blocking.argument, blocking.position) if blocking.argument else None
    value = given.value if given is not None else None
    if blocking.unless == "not-given" and (value is None or is_none(value)):
        return not _unpacks(call)
    if blocking.unless == "given":
        return value is not None
    if blocking.unless == "nohang" and value is not None:
        return "NOHANG" in tree.text(value)
    if blocking.unless == "false" and value is not None and _is_false(value):
        return True
    if blocking.unless in ("zero", "not-given") and value is not None and tree.number(value) == 0:
        return True
    return any(one.arg in _NO_WAIT_KEYWORDS and _is_false(one.value) for one in call.keywords)


def _unpacks(call: ast.Call) -> bool:
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    return starred or any(one.arg is None for one in call.keywords)


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def _is_awaited(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the call's own result is awaited: then it is no blocking call after all."""
    parent = tree.parent(call)
    if isinstance(parent, ast.withitem):
        return isinstance(tree.parent(parent), ast.AsyncWith)
    if isinstance(parent, ast.Await):
        return True
    given: ast.AST = call
    if isinstance(parent, (ast.keyword, ast.Starred)):
        given, parent = parent, tree.parent(parent)
    if not isinstance(parent, ast.Call) or given is parent.func:
        return False
    return last_name(parent.func) in _AWAITS


def _is_right_here(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether the place of a call shows that no coroutine's loop is blocked by it."""
    shown = (_is_awaited, _must_not_wait, is_sync_mode, only_reaps_finished)
    return any(shows(call, tree) for shows in shown)


def _must_not_wait(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a generator is being closed, where nothing can be awaited instead."""
    return any(
        isinstance(node, ast.ExceptHandler)
        and isinstance(node.type, ast.Name)
        and node.type.id == "GeneratorExit"
        for node in tree.ancestors(call)
    )


def _first_of_each_block(blocking: _Direct, tree: ModuleTree) -> Iterator[BlockingFact]:
    """Leave out calls inside a blocking ``with`` block or chain that already speaks.

    So does a call that is made once more where the same has failed.
    """
    spoken: set[ast.AST] = set()
    tried: set[tuple[ast.AST | None, str]] = set()
    for call, fact in blocking:
        around = (call, *tree.ancestors(call))
        again = any(
            isinstance(node, ast.ExceptHandler) and (tree.parent(node), fact.operation) in tried
            for node in around
        )
        if again or spoken & set(around):
            continue
        spoken.add(_whole(call, tree))
        tried.update((node, fact.operation) for node in around if isinstance(node, ast.Try))
        yield fact


def _whole(call: ast.Call, tree: ModuleTree) -> ast.AST:
    """Return the ``with`` statement that a call opens, else its statement or its header."""
    child: ast.AST = call
    for node in tree.ancestors(call):
        if isinstance(child, ast.withitem):
            return node if call in _chain(child.context_expr) else child
        if isinstance(node, ast.stmt):
            return child if _is_compound(node) else node
        child = node
    return call


def _is_compound(node: ast.stmt) -> bool:
    return hasattr(node, "body") or isinstance(node, ast.Match)


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the calls and attributes that an expression is a chain of."""
    current = node
    while isinstance(current, (ast.Call, ast.Attribute)):
        yield current
        current = current.func if isinstance(current, ast.Call) else current.value
