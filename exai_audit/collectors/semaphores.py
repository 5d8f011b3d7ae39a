"""Semaphores, and whether they are surely released."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from exai_audit.collectors.outline import Outline
from exai_audit.collectors.sight import Sight
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.practices import PracticeFact, PracticeKind

TRIGGERS = re.compile(rb"Semaphore|CapacityLimiter")
_CLASSES = frozenset({
    "asyncio.Semaphore", "asyncio.BoundedSemaphore", "threading.Semaphore",
    "threading.BoundedSemaphore", "multiprocessing.Semaphore", "multiprocessing.BoundedSemaphore",
    "anyio.Semaphore", "anyio.CapacityLimiter", "trio.Semaphore", "trio.CapacityLimiter",
})  # fmt: skip
_WORD = re.compile("Semaphore|CapacityLimiter")
_MADE = re.compile(r"(\w+)\s*(?::[^=\n]*)?=[^\n]*(?:Semaphore|CapacityLimiter)")


def _names(outline: Outline) -> Iterator[str]:
    """Yield the names that semaphores are kept under."""
    for text in (outline.outside, *(unit.text for unit in outline.units)):
        if "Semaphore" in text or "CapacityLimiter" in text:
            yield from _MADE.findall(text)


SIGHT = Sight(words=_WORD, fixed=_names)


class SemaphoreCollector(cst.CSTVisitor):
    """Gathers calls, and names and attributes to see how a semaphore is held."""

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

    def facts(self, tree: ModuleTree) -> tuple[PracticeFact, ...]:
        """Return the semaphores that are kept under a name, in source order."""
        return tuple(self._semaphores(tree))

    def _semaphores(self, tree: ModuleTree) -> Iterator[PracticeFact]:
        for call in self._calls:
            target = _kept_as(call, tree) if tree.qualified(call.func) in _CLASSES else None
            if target is None:
                continue
            text = tree.module.code_for_node(target)
            uses = [
                mention
                for mention in self._mentions
                if mention is not target
                and type(mention) is type(target)
                and _last(mention) == _last(target)
                and tree.module.code_for_node(mention) == text
            ]
            held = [_is_managed(use, tree) for use in uses if _holds(use, tree)]
            yield PracticeFact(
                place=tree.place(call),
                kind=PracticeKind.SEMAPHORE,
                name=text,
                managed=sum(held),
                loose=len(held) - sum(held),
                mentioned=bool(held),
            )


def _kept_as(call: cst.Call, tree: ModuleTree) -> cst.Name | cst.Attribute | None:
    around = tree.parent(call)
    target: cst.BaseExpression | None = None
    if isinstance(around, cst.Assign):
        target = around.targets[0].target
    elif isinstance(around, cst.AnnAssign):
        target = around.target
    return target if isinstance(target, (cst.Name, cst.Attribute)) else None


def _last(node: cst.Name | cst.Attribute) -> str:
    return node.attr.value if isinstance(node, cst.Attribute) else node.value


def _is_acquired(use: cst.CSTNode, tree: ModuleTree) -> bool:
    method = tree.parent(use)
    is_method = isinstance(method, cst.Attribute) and method.value is use
    return is_method and isinstance(method, cst.Attribute) and method.attr.value == "acquire"


def _holds(use: cst.CSTNode, tree: ModuleTree) -> bool:
    return isinstance(tree.parent(use), cst.WithItem) or _is_acquired(use, tree)


def _is_managed(use: cst.CSTNode, tree: ModuleTree) -> bool:
    if isinstance(tree.parent(use), cst.WithItem):
        return True
    function = tree.function_of(use)
    if not isinstance(function, cst.FunctionDef):
        return False
    wanted = f"{tree.module.code_for_node(use)}.release("
    return any(
        wanted in tree.module.code_for_node(statement.finalbody)
        for statement in tree.walked.statements
        if isinstance(statement, cst.Try)
        and statement.finalbody is not None
        and tree.function_of(statement) is function
    )
