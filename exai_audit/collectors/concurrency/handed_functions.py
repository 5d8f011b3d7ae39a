"""The functions of other files that a file has run in pools, threads and processes."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.collectors.concurrency.handoff import OF_ANY_LOOP, calls_of, handed_by, hands
from exai_audit.facts.concurrency import HandedFunctionFact
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.triggers import Sign

SIGN = Sign(rows=hands, names=OF_ANY_LOOP)


def handed_functions(tree: ModuleTree) -> tuple[HandedFunctionFact, ...]:
    """Return what is handed over, in source order."""
    return tuple(_handed(tree))


def _handed(tree: ModuleTree) -> Iterator[HandedFunctionFact]:
    known = table().roots | {"builtins"}
    for call in calls_of(hands, tree):
        handed = handed_by(call, tree)
        name = tree.qualified(handed.function) if handed is not None else None
        if handed is None or not name or name.startswith(f"{tree.dotted}."):
            continue
        if name.partition(".")[0] not in known:
            yield HandedFunctionFact(tree.place(call), name, handed.runs_in)
