"""The functions of other files that a file has run in pools, threads and processes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from exai_audit.collectors.handing import OF_ANY_LOOP, handed_by
from exai_audit.collectors.sight import Sight
from exai_audit.collectors.tree import ModuleTree
from exai_audit.facts.concurrency import HandedFunctionFact
from exai_audit.knowledge.table import table

TRIGGERS = re.compile(
    rb"PoolExecutor|\bPool\b|\bThreadPool\b|run_in_executor|to_thread|run_in_threadpool"
    rb"|sync_to_async|SyncToAsync|\bthreading\b|\bmultiprocessing\b"
)
SIGHT = Sight(rows=lambda row: row.hands is not None, names=lambda _: OF_ANY_LOOP, mentions=True)


class HandedFunctionCollector(cst.CSTVisitor):
    """Gathers calls; which of them hand over a function is known once names are."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[cst.Call] = []

    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(node)

    def facts(self, tree: ModuleTree) -> tuple[HandedFunctionFact, ...]:
        """Return what is handed over, in source order."""
        return tuple(self._handed(tree))

    def _handed(self, tree: ModuleTree) -> Iterator[HandedFunctionFact]:
        known = table().roots | {"builtins"}
        for call in self._calls:
            handed = handed_by(call, tree)
            name = tree.qualified(handed.function) if handed is not None else None
            if handed is None or not name or name.startswith(f"{tree.dotted}."):
                continue
            if name.partition(".")[0] not in known:
                yield HandedFunctionFact(tree.place(call), name, handed.runs_in)
