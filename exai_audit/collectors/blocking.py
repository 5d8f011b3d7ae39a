"""Calls that block the event loop: made in a coroutine, or one call away from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import libcst as cst

from exai_audit.collectors.futures import is_known_done, is_wait, made_by
from exai_audit.collectors.names import is_none
from exai_audit.collectors.reached import asks_for_items, is_other_mode, only_reaps, reaches
from exai_audit.collectors.roles import Function
from exai_audit.collectors.sight import Sight, Surroundings
from exai_audit.collectors.timeout_values import argument, last_name
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.concurrency import BlockingFact
from exai_audit.knowledge.table import Blocking, Call, table

TRIGGERS = re.compile(rb"\basync\s+def\b")
_FUTURE = "concurrent.futures.Future"
_NO_WAIT_KEYWORDS = frozenset({"block", "blocking", "wait"})
_AWAITS = frozenset({
    "wait_for", "shield", "gather", "ensure_future", "create_task", "wrap_future", "isawaitable",
})  # fmt: skip
_Direct = dict[Function, list[tuple[cst.Call, BlockingFact]]]
SIGHT = Sight(
    rows=lambda row: row.blocking is not None,
    callers=True,
    applies=lambda outline: "async" in outline.words,
    around=Surroundings(names=lambda _: ("setblocking", "SOCK_NONBLOCK")),
)


class BlockingCollector(cst.CSTVisitor):
    """Gathers calls; what is blocking among them is known once names are."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []
        self._functions: list[cst.FunctionDef] = []
        self._mentions: list[cst.Name] = []
        self._yields: list[cst.Yield] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node)

    def visit_Name(self, node: cst.Name) -> None:
        self._mentions.append(node)

    def visit_Yield(self, node: cst.Yield) -> None:
        self._yields.append(node)

    def facts(self, tree: ModuleTree) -> tuple[BlockingFact, ...]:
        """Return what blocks, one fact for each ``with`` block or chain of calls, at its start."""
        direct = self._direct(tree)
        found = [
            fact
            for function, blocking in direct.items()
            if _is_coroutine(function)
            for fact in _first_of_each_block(blocking, tree)
        ]
        found.extend(self._one_call_away(direct, tree))
        return tuple(sorted(found, key=lambda fact: (fact.place.span, fact.operation)))

    def _direct(self, tree: ModuleTree) -> _Direct:
        """Return the blocking calls of each function, the file system's after all others."""
        direct: _Direct = {}
        for call in self._calls:
            function = tree.function_of(call)
            if not isinstance(function, cst.FunctionDef):
                continue
            fact = self._blocking(call, tree)
            if fact is not None and not _is_right_here(call, tree):
                direct.setdefault(function, []).append((call, fact))
        return {
            f: sorted(found, key=lambda pair: pair[1].file_system) for f, found in direct.items()
        }

    def _blocking(self, call: cst.Call, tree: ModuleTree) -> BlockingFact | None:
        row = _row(call, tree)
        if row is None or row.blocking is None or row.is_async:
            return None
        if row.blocking.origin and not self._is_unfinished(call, tree):
            return None
        if asks_for_items(call, (tree.function_of(call),), self._calls, tree):
            return None
        if _gives_no_wait(call, row.blocking, tree) or self._is_non_blocking(row.blocking):
            return None
        place = tree.place(call)
        return BlockingFact(
            place, row.name, row.blocking.instead, file_system=row.blocking.file_system
        )

    def _is_unfinished(self, call: cst.Call, tree: ModuleTree) -> bool:
        return made_by(call, tree) is not None and not is_known_done(call, tree, self._mentions)

    def _is_non_blocking(self, blocking: Blocking) -> bool:
        """Tell whether the file makes sockets non-blocking, where that decides."""
        return blocking.unless == "non-blocking" and any(
            mention.value in ("setblocking", "SOCK_NONBLOCK") for mention in self._mentions
        )

    def _one_call_away(self, direct: _Direct, tree: ModuleTree) -> Iterator[BlockingFact]:
        """Yield the calls that coroutines make to synchronous functions of the file that block."""
        generators = {tree.function_of(node) for node in self._yields}
        named = {
            f"{tree.dotted}.{tree.symbol(function)}": function
            for function in self._functions
            if function in direct and function not in generators and not _is_coroutine(function)
        }
        for call in self._calls if named else ():
            around = tree.function_of(call)
            target = named.get(tree.qualified(call.func) or "") if _is_coroutine(around) else None
            if target is None:
                continue
            reached = (
                replace(
                    fact,
                    place=tree.place(call),
                    via=fact.place.span.line,
                    via_symbol=tree.symbol(target),
                )
                for blocking, fact in direct[target]
                if self._is_reached(call, target, blocking, tree)
            )
            yield from islice(reached, 1)

    def _is_reached(
        self, call: cst.Call, target: cst.FunctionDef, blocking: cst.Call, tree: ModuleTree
    ) -> bool:
        if _is_right_here(call, tree) or not reaches(call, target, blocking, self._calls, tree):
            return False
        around = (tree.function_of(call), target)
        return not asks_for_items(blocking, around, self._calls, tree)


def _row(call: cst.Call, tree: ModuleTree) -> Call | None:
    name = tree.qualified(call.func)
    known = table().call(name) if name else None
    if known is None and is_wait(call) and made_by(call, tree) is not None:
        return table().call(f"{_FUTURE}.{last_name(call.func)}")
    return known


def _gives_no_wait(call: cst.Call, blocking: Blocking, tree: ModuleTree) -> bool:
    """Tell whether the arguments say that the call does not wait after all."""
    given = argument(call, blocking.argument, blocking.position) if blocking.argument else None
    value = given.value if given is not None else None
    if blocking.unless == "not-given" and (value is None or is_none(value)):
        return not any(arg.star for arg in call.args)
    if blocking.unless == "given":
        return value is not None
    if blocking.unless == "nohang" and value is not None:
        return "NOHANG" in tree.module.code_for_node(value)
    if blocking.unless == "false" and value is not None and _is_false(value):
        return True
    if blocking.unless in ("zero", "not-given") and value is not None and tree.number(value) == 0:
        return True
    return any(
        arg.keyword is not None and arg.keyword.value in _NO_WAIT_KEYWORDS and _is_false(arg.value)
        for arg in call.args
    )


def _is_false(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Name) and value.value == "False"


def _is_coroutine(function: Function | None) -> bool:
    return isinstance(function, cst.FunctionDef) and function.asynchronous is not None


def _is_awaited(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether the call's own result is awaited: then it is no blocking call after all."""
    parent = tree.parent(call)
    if isinstance(parent, cst.WithItem):
        around = tree.parent(parent)
        return isinstance(around, cst.With) and around.asynchronous is not None
    if isinstance(parent, cst.Arg):
        wrapper = tree.parent(parent)
        return isinstance(wrapper, cst.Call) and last_name(wrapper.func) in _AWAITS
    return isinstance(parent, cst.Await)


def _is_right_here(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether the place of a call shows that no coroutine's loop is blocked by it."""
    shown = (_is_awaited, _must_not_wait, is_other_mode, only_reaps)
    return any(shows(call, tree) for shows in shown)


def _must_not_wait(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether a generator is being closed, where nothing can be awaited instead."""
    return any(
        isinstance(node, cst.ExceptHandler)
        and isinstance(node.type, cst.Name)
        and node.type.value == "GeneratorExit"
        for node in tree.ancestors(call)
    )


def _first_of_each_block(
    blocking: list[tuple[cst.Call, BlockingFact]], tree: ModuleTree
) -> Iterator[BlockingFact]:
    """Leave out calls inside a blocking ``with`` block or chain that already speaks.

    So does a call that is made once more where the same has failed.
    """
    spoken: set[cst.CSTNode] = set()
    tried: set[tuple[cst.CSTNode, str]] = set()
    for call, fact in blocking:
        around = (call, *tree.ancestors(call))
        again = any(
            isinstance(node, cst.ExceptHandler) and (tree.parent(node), fact.operation) in tried
            for node in around
        )
        if again or spoken & set(around):
            continue
        spoken.add(_whole(call, tree))
        tried.update((node, fact.operation) for node in around if isinstance(node, cst.Try))
        yield fact


def _whole(call: cst.Call, tree: ModuleTree) -> cst.CSTNode:
    """Return the ``with`` statement that a call opens, else its statement or its header."""
    child: cst.CSTNode = call
    for node in tree.ancestors(call):
        if isinstance(node, cst.With) and isinstance(child, cst.WithItem):
            return node if call in _chain(child.item) else child
        if isinstance(node, cst.BaseSmallStatement):
            return node
        if isinstance(node, cst.BaseCompoundStatement):
            return child
        child = node
    return call


def _chain(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """Yield the calls and attributes that an expression is a chain of."""
    current = node
    while isinstance(current, (cst.Call, cst.Attribute)):
        yield current
        current = current.func if isinstance(current, cst.Call) else current.value
