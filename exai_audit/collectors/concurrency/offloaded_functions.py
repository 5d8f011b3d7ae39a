"""The functions of other files that a file has run in pools, threads and processes."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.collectors.concurrency.foreign_pools import SUBMITS, handed_to_foreign_pools
from exai_audit.collectors.concurrency.offloads import (
    OF_ANY_LOOP,
    Offloaded,
    calls_of,
    offloaded_by,
    offloads,
)
from exai_audit.facts.concurrency import OffloadedFunctionFact
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.triggers import Trigger

TRIGGER = Trigger(rows=offloads, names=OF_ANY_LOOP | SUBMITS)


def offloaded_functions(tree: ModuleTree) -> tuple[OffloadedFunctionFact, ...]:
    """Return what is handed over, in source order."""
    return tuple(_handed(tree))


def _handed(tree: ModuleTree) -> Iterator[OffloadedFunctionFact]:
    known = table().roots | {"builtins"}
    for handed in _all_handed(tree):
        name = tree.qualified(handed.function)
        if not name or name.startswith(f"{tree.dotted}."):
            continue
        if name.partition(".")[0] not in known:
            place = tree.place(handed.call)
            yield OffloadedFunctionFact(place, name, handed.runs_in, handed.pool)


def _all_handed(tree: ModuleTree) -> Iterator[Offloaded]:
    for call in calls_of(offloads, tree):
        handed = offloaded_by(call, tree)
        if handed is not None:
            yield handed
    yield from handed_to_foreign_pools(tree)
