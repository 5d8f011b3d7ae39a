"""Calls that block the event loop: made in a coroutine, or one call away from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.concurrency import BlockingFact
from exai_audit.knowledge.table import table

TRIGGERS = re.compile(rb"\basync\s+def\b")
_Function = cst.FunctionDef | cst.Lambda | None


class BlockingCollector(cst.CSTVisitor):
    """Gathers calls; what is blocking among them is known once names are."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []
        self._functions: list[cst.FunctionDef] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node)

    def facts(self, tree: ModuleTree) -> tuple[BlockingFact, ...]:
        """Return what blocks, one fact for each ``with`` block or chain of calls, at its start."""
        direct: dict[_Function, list[tuple[cst.Call, BlockingFact]]] = {}
        for call in self._calls:
            function = tree.function_of(call)
            fact = _blocking(call, tree) if isinstance(function, cst.FunctionDef) else None
            if fact is not None and not _is_awaited(call, tree):
                direct.setdefault(function, []).append((call, fact))
        found = [
            fact
            for function, blocking in direct.items()
            if _is_coroutine(function)
            for fact in _first_of_each_block(blocking, tree)
        ]
        found.extend(self._one_call_away(direct, tree))
        return tuple(sorted(found, key=lambda fact: fact.place.span))

    def _one_call_away(
        self, direct: dict[_Function, list[tuple[cst.Call, BlockingFact]]], tree: ModuleTree
    ) -> Iterator[BlockingFact]:
        """Yield the calls that coroutines make to synchronous functions of the file that block."""
        named = {f"{tree.dotted}.{tree.symbol(f)}": f for f in self._functions if f in direct}
        for call in self._calls:
            if not named or not _is_coroutine(tree.function_of(call)):
                continue
            target = named.get(tree.qualified(call.func) or "")
            if target is None or _is_coroutine(target) or _is_generator(target, tree):
                continue
            blocking = direct[target][0][1]
            yield replace(
                blocking,
                place=tree.place(call),
                via=blocking.place.span.line,
                via_symbol=tree.symbol(target),
            )


def _blocking(call: cst.Call, tree: ModuleTree) -> BlockingFact | None:
    name = tree.qualified(call.func)
    known = table().call(name) if name else None
    if known is None or known.blocking is None or known.is_async:
        return None
    if _gives_no_wait(call, known.name):
        return None
    return BlockingFact(tree.place(call), known.name, known.blocking.instead)


def _gives_no_wait(call: cst.Call, name: str) -> bool:
    """Tell whether the arguments say that the call does not wait: a zero, ``block=False``."""
    first = next((arg.value for arg in call.args if arg.keyword is None), None)
    if name == "time.sleep":
        return isinstance(first, cst.Integer) and first.value == "0"
    unwanted = {"block", "blocking", "wait"}
    return any(
        isinstance(arg.value, cst.Name)
        and arg.value.value == "False"
        and (arg.keyword.value in unwanted if arg.keyword else arg is call.args[0])
        for arg in call.args
    )


def _is_coroutine(function: _Function) -> bool:
    return isinstance(function, cst.FunctionDef) and function.asynchronous is not None


def _is_generator(function: cst.FunctionDef, tree: ModuleTree) -> bool:
    """A generator's body does not run where it is called."""
    return any(
        isinstance(node, cst.Yield) and tree.function_of(node) is function
        for node in tree.walked.parents
    )


def _is_awaited(call: cst.Call, tree: ModuleTree) -> bool:
    """Tell whether the call's own result is awaited: then it is no blocking call after all."""
    parent = tree.parent(call)
    if isinstance(parent, cst.WithItem):
        around = tree.parent(parent)
        return isinstance(around, cst.With) and around.asynchronous is not None
    return isinstance(parent, cst.Await)


def _first_of_each_block(
    blocking: list[tuple[cst.Call, BlockingFact]], tree: ModuleTree
) -> Iterator[BlockingFact]:
    """Leave out calls inside a blocking ``with`` block or chain that already speaks."""
    spoken: set[cst.CSTNode] = set()
    for call, fact in blocking:
        around = {call, *tree.ancestors(call)}
        if around & spoken:
            continue
        spoken.add(_whole(call, tree))
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
