"""The calls of each function that block its thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from exai_audit.collectors.concurrency.durations import is_loopback, seconds
from exai_audit.collectors.concurrency.futures import MAKERS, WAITS, is_known_done, is_wait, made_by
from exai_audit.collectors.concurrency.harmless import (
    gives_no_wait,
    is_meant,
    is_right_here,
    knows_better,
)
from exai_audit.collectors.concurrency.held_locks import held_locks
from exai_audit.collectors.concurrency.held_names import HeldNames, names_from
from exai_audit.collectors.concurrency.moments import moments_of
from exai_audit.collectors.concurrency.pool_exits import pool_exits
from exai_audit.collectors.concurrency.reachability import ASKS_FOR_ITEMS, asks_for_items, needs
from exai_audit.collectors.concurrency.untyped_waits import WAITS as WAIT_ANYWHERE
from exai_audit.collectors.concurrency.untyped_waits import untyped_waits
from exai_audit.facts.concurrency import BlockingFact, BlockingKind, Moment
from exai_audit.knowledge.blocking_kinds import kind_of
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.table import configuration, table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name, receiver, source_order
from exai_audit.syntax.triggers import Trigger, names_of, reaches_open


def _blocks(row: Call) -> bool:
    return row.blocking is not None


def _blocks_beyond_files(row: Call) -> bool:
    return row.blocking is not None and not row.blocking.file_system


TRIGGER = Trigger(
    rows=_blocks,
    names=MAKERS | WAIT_ANYWHERE | {"threading"},
    roots=reaches_open,
    applies=lambda words: "async" in words,
)
BLOCKS_ANYWHERE = Trigger(rows=_blocks_beyond_files, names=MAKERS, roots=reaches_open)


@lru_cache(maxsize=4)
def _blocking_roots(own: object) -> frozenset[str]:
    rows = table().calls.values()
    blocking = (row.name for row in rows if _blocks_beyond_files(row) or row.methods)
    return frozenset(name.partition(".")[0] for name in blocking) - {"builtins"}


_FUTURE = "concurrent.futures.Future"
_NON_BLOCKING = frozenset({"setblocking", "SOCK_NONBLOCK"})
_SHORTEST_SLEEP = 0.01
_Direct = Sequence[tuple[ast.Call, BlockingFact]]


def blocking(tree: ModuleTree) -> tuple[BlockingFact, ...]:
    """Return what blocks coroutines, one fact for each ``with`` block or chain of calls."""
    if not tree.all(ast.AsyncFunctionDef):
        return ()
    calls = blocking_calls(tree)
    own = (
        fact
        for function in calls.functions
        if isinstance(function, ast.AsyncFunctionDef)
        for fact in calls.of(function)
    )
    found = (*own, *pool_exits(tree), *held_locks(tree), *untyped_waits(tree))
    return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.operation)))


@lru_cache(maxsize=1)
def blocking_calls(tree: ModuleTree) -> BlockingCalls:
    """Return the blocking calls of a module, worked out once for all that ask."""
    return BlockingCalls(tree)


class BlockingCalls:
    """The calls of one module that block, by the function they stand in."""

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        self._known: dict[Function, tuple[BlockingFact, ...]] = {}

    @property
    def functions(self) -> Iterator[Function]:
        """The functions that may block."""
        return iter(self._candidates)

    def of(self, function: Function) -> tuple[BlockingFact, ...]:
        """Return what blocks in a function, one fact for each ``with`` block or chain of calls."""
        if function not in self._known:
            direct = self._direct(self._candidates.get(function, ()))
            self._known[function] = tuple(_first_of_each_block(direct, self._tree))
        return self._known[function]

    @cached_property
    def _candidates(self) -> dict[Function, list[ast.Call]]:
        """Return, by the function they stand in, the calls that may block."""
        tree = self._tree
        found: dict[Function, list[ast.Call]] = {}
        for call in self._calls():
            function = tree.function_of(call)
            if isinstance(function, FUNCTIONS):
                found.setdefault(function, []).append(call)
        return found

    def _calls(self) -> Iterator[ast.Call]:
        tree = self._tree
        if "async" not in tree.words:
            return self._of_libraries()
        named = tree.calls(names_of(_blocks, tree.roots) | WAITS)
        if not reaches_open(tree.roots):
            return named
        opened = HeldNames(names_from(table().open_roots, tree), tree).calls
        return iter(dict.fromkeys((*named, *opened)))

    def _of_libraries(self) -> Iterator[ast.Call]:
        """Yield the calls of what comes from a library that blocks: of a file without coroutines.

        Files are left out: only a setting asks for them, and for coroutines' own calls.
        """
        tree = self._tree
        names = names_of(_blocks_beyond_files, tree.roots)
        is_open = reaches_open(tree.roots)
        held = HeldNames({"input", *names_from(_blocking_roots(configuration()), tree)}, tree)
        for call in held.calls:
            function = call.func
            if is_open or type(function) is not ast.Attribute or function.attr in names | WAITS:
                yield call

    def _direct(self, calls: Sequence[ast.Call]) -> _Direct:
        """Return the calls that do block in source order, the file system's after all others."""
        facts = ((call, self._blocking(call)) for call in sorted(calls, key=source_order))
        found = [
            (call, fact)
            for call, fact in facts
            if fact is not None and not is_right_here(call, self._tree)
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
        if gives_no_wait(call, row.blocking, tree) or knows_better(call, row, tree):
            return None
        if row.blocking.unless == "non-blocking" and self._makes_non_blocking:
            return None
        return self._fact(call, row, row.blocking.instead)

    def _fact(self, call: ast.Call, row: Call, instead: str) -> BlockingFact | None:
        tree, kind, most = self._tree, kind_of(row), seconds(call, row, self._tree)
        is_pause = kind in (BlockingKind.SLEEP, BlockingKind.IN_PROCESS)
        if is_pause and most is not None and most < _SHORTEST_SLEEP:
            return None
        function = tree.function_of(call)
        is_async = isinstance(function, ast.AsyncFunctionDef)
        queue = receiver(call.func) if kind is BlockingKind.IN_PROCESS else None
        return BlockingFact(
            tree.place(call),
            row.name,
            instead,
            kind,
            most,
            is_loopback(call),
            moments_of(tree).of(call) if is_async else Moment.SERVING,
            needs(call, function, tree) if isinstance(function, ast.FunctionDef) else (),
            last_name(queue) if queue is not None else "",
            is_meant(call, tree),
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
        calls = self._tree.calls(ASKS_FOR_ITEMS)
        return [call for call in calls if last_name(call.func) in ASKS_FOR_ITEMS]


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
