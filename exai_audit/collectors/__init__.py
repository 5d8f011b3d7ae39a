"""What each file says: bytes in, facts out; the only place that sees a syntax tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from exai_audit.collectors.caches import caches, gone_over
from exai_audit.collectors.comments.generated import is_generated
from exai_audit.collectors.comments.suppressions import suppressions
from exai_audit.collectors.concurrency import (
    blocking,
    bridges,
    callbacks,
    coroutines,
    definitions,
    fan_outs,
    loop_bound,
    offloaded_functions,
    own_loops,
    pool_waits,
    pools,
    semaphores,
    tasks,
)
from exai_audit.collectors.practices import health, test_support
from exai_audit.collectors.structure.references import TRIGGER_WORDS as REFERENCES
from exai_audit.collectors.structure.references import references
from exai_audit.collectors.structure.size import count_lines, sizes
from exai_audit.collectors.structure.symbols import class_members, module_shape, module_symbols
from exai_audit.collectors.timeouts import (
    enclosed,
    framework_settings,
    handed,
    handed_units,
    limit_calls,
    mismatches,
    short_limits,
    timeouts,
    unforwarded,
    unlimited,
    wall_clocks,
)
from exai_audit.facts.file import Failure, FailureKind, FileFacts
from exai_audit.facts.size import LineCounts
from exai_audit.facts.symbols import ClassMembers, ModuleShape, ModuleSymbols
from exai_audit.files.source import SourceFile, UnreadableSourceError, decode
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.parse import TOO_DEEP, parse_once, parse_with_both
from exai_audit.syntax.triggers import Trigger
from exai_audit.syntax.work import MOST_STEPS, TooMuchWorkError, Work

COLLECTORS: dict[str, tuple[Callable[[ModuleTree], Any], Trigger]] = {
    "blocking": (blocking.blocking, blocking.TRIGGER),
    "bridges": (bridges.bridges, bridges.TRIGGER),
    "caches": (caches.caches, caches.TRIGGER),
    "coroutines": (coroutines.coroutines, coroutines.COROUTINES_TRIGGER),
    "dropped_tasks": (tasks.dropped_tasks, tasks.DROPS),
    "definitions": (definitions.definitions, definitions.TRIGGER),
    "enclosed": (enclosed.enclosed, enclosed.TRIGGER),
    "fan_outs": (fan_outs.fan_outs, fan_outs.TRIGGER),
    "framework_settings": (framework_settings.framework_settings, framework_settings.TRIGGER),
    "gone_over": (gone_over.gone_over, gone_over.TRIGGER),
    "handed_limits": (handed.handed_limits, handed.TRIGGER),
    "handed_units": (handed_units.handed_units, handed_units.TRIGGER),
    "health": (health.health, health.TRIGGER),
    "passed_limits": (limit_calls.passed_limits, limit_calls.PASSED_LIMITS_TRIGGER),
    "offloaded_functions": (offloaded_functions.offloaded_functions, offloaded_functions.TRIGGER),
    "limit_parameters": (limit_calls.limit_parameters, limit_calls.LIMIT_PARAMETERS_TRIGGER),
    "loop_callbacks": (callbacks.loop_callbacks, callbacks.TRIGGER),
    "loop_bound": (loop_bound.loop_bound, loop_bound.TRIGGER),
    "mismatches": (mismatches.mismatches, mismatches.TRIGGER),
    "own_loops": (own_loops.own_loops, own_loops.TRIGGER),
    "pool_waits": (pool_waits.pool_waits, pool_waits.TRIGGER),
    "pools": (pools.pools, pools.TRIGGER),
    "short_limits": (short_limits.short_limits, short_limits.TRIGGER),
    "semaphores": (semaphores.semaphores, semaphores.TRIGGER),
    "starts_tasks": (tasks.starts_tasks, tasks.TRIGGER),
    "task_starters": (tasks.task_starters, tasks.TRIGGER),
    "supports_tests": (test_support.supports_tests, test_support.TRIGGER),
    "timeouts": (timeouts.timeouts, timeouts.TRIGGER),
    "unawaited": (coroutines.unawaited, coroutines.UNAWAITED_TRIGGER),
    "unforwarded": (unforwarded.unforwarded, unforwarded.TRIGGER),
    "wall_clocks": (wall_clocks.wall_clocks, wall_clocks.TRIGGER),
    "unlimited": (unlimited.unlimited, unlimited.TRIGGER),
}
"""Field of `FileFacts` → what finds it in a tree, and what a file holds that says any of it."""


def collect(
    path: str,
    data: bytes,
    dotted: str,
    limit: int | None = None,
    most_work: int = MOST_STEPS,
    *,
    exhaustive: bool = False,
) -> FileFacts:
    """Return what the file ``path`` says; what cannot be read or parsed is a failure in it.

    Args:
        path: relative to the root, with forward slashes.
        dotted: the module's name below the root.
        limit: above how many lines a module's shape is read; never when None.
        most_work: a file that takes more steps of `exai_audit.syntax.work` is a failure.
        whole: take no short cut: libcst reads the file, and every topic looks at it. The facts are
            the same.
    """
    try:
        source = decode(path, data)
    except UnreadableSourceError as error:
        failure = Failure(FailureKind.UNREADABLE, 1, 1, str(error), "")
        lines = LineCounts(data.count(b"\n"), 0, 0)
        return FileFacts(path, dotted, lines, failure=failure)
    facts = FileFacts(path, dotted, count_lines(source), suppressions=suppressions(source))
    if is_generated(source) or path.endswith(".pyi"):
        return replace(facts, generated=is_generated(source))
    syntax = parse_with_both(source) if exhaustive else parse_once(source)
    if isinstance(syntax, Failure):
        return replace(facts, failure=syntax)
    try:
        tree = ModuleTree(source, syntax, dotted, Work(most_work))
        whole = replace(
            facts,
            size=sizes(tree),
            imports=tree.imports,
            references=() if REFERENCES.isdisjoint(tree.words) else references(source),
            shape=_shape(facts, tree, limit),
        )
        return _with_collected(whole, tree, exhaustive=exhaustive)
    except RecursionError:
        return replace(facts, failure=TOO_DEEP)
    except TooMuchWorkError:
        reason = f"takes over {most_work:,} steps to read: split it, or raise max-file-work"
        return replace(facts, failure=Failure(FailureKind.UNREADABLE, 1, 1, reason, ""))


def _shape(facts: FileFacts, tree: ModuleTree, limit: int | None) -> ModuleShape | None:
    if limit is None or facts.lines.physical <= limit:
        return None
    return module_shape(tree.source, tree.module)


def symbols_of(source: SourceFile) -> ModuleSymbols | None:
    """Return the symbols of a module, None where it cannot be read."""
    syntax = parse_once(source)
    return None if isinstance(syntax, Failure) else module_symbols(source, syntax)


def members_of(source: SourceFile, name: str) -> ClassMembers | None:
    """Return the members of a class at the top of a module, None where there is none."""
    syntax = parse_once(source)
    return None if isinstance(syntax, Failure) else class_members(syntax, name)


def _with_collected(facts: FileFacts, tree: ModuleTree, *, exhaustive: bool) -> FileFacts:
    """Add what the topics say that have a sign among the words, or all topics."""
    found = {
        field: say(tree)
        for field, (say, sign) in COLLECTORS.items()
        if exhaustive or sign.is_in(tree.words, tree.roots)
    }
    return replace(facts, **found) if found else facts
