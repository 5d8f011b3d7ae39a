"""A pool for all calls has a lifetime that a person decides; for one call a thread is enough."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.facts.concurrency import PoolFact, PoolKind
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.by_hand import as_written, by_hand
from exai_audit.fixing.calls import around, calls_at
from exai_audit.fixing.fixer import Fixer
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import last_name

_HANDING = frozenset({"submit", "map", "run_in_executor"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.comprehension)


def fix(finding: Finding, bench: Bench) -> Fix:
    """Show the call without a pool where there is one; else where the pool is made and closed."""
    fact, tree = bench.pool(finding), bench.tree(finding.path)
    alone = _without_pool(finding, fact, tree)
    where = as_written(finding.path, finding.line, bench)
    if alone:
        return by_hand(f"`{alone}` instead of {where} and its block")
    return by_hand(f"{where}: {finding.remedy}")


def _without_pool(finding: Finding, fact: PoolFact, tree: ModuleTree) -> str:
    """Return the one call that a coroutine hands to its pool, as it is written without one.

    It is empty where there are several, or one that stands in a loop.
    """
    made = [call for call in calls_at(finding, tree) if tree.qualified(call.func) == fact.callable]
    blocks = [one for call in made for one, _ in around(call, tree) if isinstance(one, ast.With)]
    handed = list(_handed(blocks[0])) if blocks and fact.kind is PoolKind.THREAD else []
    if len(handed) != 1 or not isinstance(tree.parent(handed[0]), ast.Await):
        return ""
    call = handed[0]
    is_looped = any(isinstance(one, _LOOPS) for one, _ in around(call, tree))
    if is_looped or last_name(call.func) != "run_in_executor" or call.keywords:
        return ""
    given = ", ".join(tree.text(node) for node in call.args[1:])
    return f"await asyncio.to_thread({given})"


def _handed(block: ast.With) -> Iterator[ast.Call]:
    """Yield the calls of a block that hand something to a pool."""
    for statement in block.body:
        for call in ast.walk(statement):
            if isinstance(call, ast.Call) and last_name(call.func) in _HANDING:
                yield call


FIXER = Fixer("EXA402", Applicability.SHOWN, fix)
