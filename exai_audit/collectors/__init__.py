"""What each file says: bytes in, facts out; the only place that sees a syntax tree."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import libcst as cst

from exai_audit.collectors import (
    blocking,
    bridges,
    caches,
    enclosed,
    handed_functions,
    health,
    limit_calls,
    mismatches,
    pools,
    semaphores,
    timeouts,
    unlimited,
)
from exai_audit.collectors.cut import Cut, chosen, cut
from exai_audit.collectors.generated import is_generated
from exai_audit.collectors.imports import imported_modules
from exai_audit.collectors.nesting import is_too_deep, may_be_too_deep
from exai_audit.collectors.outline import outline_of
from exai_audit.collectors.references import TRIGGERS as REFERENCES
from exai_audit.collectors.references import references
from exai_audit.collectors.sight import Sight
from exai_audit.collectors.size import SizeCollector, count_lines, sizes
from exai_audit.collectors.suppressions import suppressions
from exai_audit.collectors.symbols import module_symbols
from exai_audit.collectors.tree import read_tree
from exai_audit.facts.file import Failure, FailureKind, FileFacts
from exai_audit.facts.size import LineCounts
from exai_audit.facts.symbols import ModuleSymbols
from exai_audit.source import SourceFile, UnreadableSourceError, decode

TOPICS: dict[str, tuple[type[Any], re.Pattern[bytes]]] = {
    "blocking": (blocking.BlockingCollector, blocking.TRIGGERS),
    "bridges": (bridges.BridgeCollector, bridges.TRIGGERS),
    "caches": (caches.CacheCollector, caches.TRIGGERS),
    "enclosed": (enclosed.EnclosedCollector, enclosed.TRIGGERS),
    "health": (health.HealthCollector, health.TRIGGERS),
    "handed": (limit_calls.HandedCollector, limit_calls.TRIGGERS),
    "handed_functions": (
        handed_functions.HandedFunctionCollector,
        handed_functions.TRIGGERS,
    ),
    "limit_parameters": (limit_calls.LimitParameterCollector, limit_calls.TRIGGERS),
    "mismatches": (mismatches.MismatchCollector, mismatches.TRIGGERS),
    "pools": (pools.PoolCollector, pools.TRIGGERS),
    "semaphores": (semaphores.SemaphoreCollector, semaphores.TRIGGERS),
    "timeouts": (timeouts.TimeoutCollector, timeouts.TRIGGERS),
    "unlimited": (unlimited.UnlimitedCollector, unlimited.TRIGGERS),
}
"""Field of `FileFacts` → its collector, and the bytes without which a file says nothing of it."""
SIGHTS: dict[str, Sight] = {
    "blocking": blocking.SIGHT,
    "bridges": bridges.SIGHT,
    "caches": caches.SIGHT,
    "enclosed": enclosed.SIGHT,
    "health": health.SIGHT,
    "handed": limit_calls.HANDED_SIGHT,
    "handed_functions": handed_functions.SIGHT,
    "limit_parameters": limit_calls.PARAMETER_SIGHT,
    "mismatches": mismatches.SIGHT,
    "pools": pools.SIGHT,
    "semaphores": semaphores.SIGHT,
    "timeouts": timeouts.SIGHT,
    "unlimited": unlimited.SIGHT,
}
"""Topics that need not see every function; the bytes of `TOPICS` do not matter for them."""


def collect(
    path: str, data: bytes, dotted: str, limit: int | None = None, *, whole: bool = False
) -> FileFacts:
    """Return what the file ``path`` says; what cannot be read or parsed is a failure in it.

    Args:
        path: relative to the root, with forward slashes.
        dotted: the module's name below the root.
        limit: above how many lines a module's symbols are read and clustered; never when None.
        whole: take no short cut: let every topic see everything. The facts are the same.
    """
    try:
        source = decode(path, data)
    except UnreadableSourceError as error:
        failure = Failure(FailureKind.UNREADABLE, 1, 1, str(error), "")
        return FileFacts(path, dotted, LineCounts(0, 0, 0), failure=failure)
    facts = FileFacts(path, dotted, count_lines(source), suppressions=suppressions(source))
    if is_generated(source) or path.endswith(".pyi"):
        return replace(facts, generated=is_generated(source))
    syntax = _parse(source)
    if isinstance(syntax, Failure):
        return _without_syntax(facts, source, data, syntax)
    facts = replace(
        facts,
        size=sizes(source, syntax),
        imports=imported_modules(syntax, _package(path, dotted)),
        references=references(source) if REFERENCES.search(data) else (),
        symbols=_symbols(facts, source, syntax, limit),
    )
    if is_too_deep(syntax, source.lines):
        return replace(facts, failure=_too_deep())
    try:
        if whole:
            return _with_topics(facts, source, syntax, TOPICS)
        return _with_chosen_topics(facts, source, data, syntax)
    except cst.ParserSyntaxError as error:
        return replace(facts, failure=_unknown_to_libcst(error, source))


def _symbols(
    facts: FileFacts, source: SourceFile, syntax: ast.Module, limit: int | None
) -> ModuleSymbols | None:
    if limit is None or facts.lines.physical <= limit:
        return None
    return module_symbols(source, syntax, limit)


def _with_chosen_topics(
    facts: FileFacts, source: SourceFile, data: bytes, syntax: ast.Module
) -> FileFacts:
    """Add what the topics say that have a sign in the file, each from what it must see."""
    outline = outline_of(source, syntax, facts.module, facts.imports)
    blind = {f for f in TOPICS if f not in SIGHTS and TOPICS[f][1].search(data)}
    if blind:
        return _with_topics(facts, source, syntax, {*SIGHTS, *blind})
    first = chosen(outline, SIGHTS)
    if not first.topics:
        return facts
    found = _with_topics(facts, source, syntax, first.topics, cut(source, outline, first.units))
    spoken = {f for f in first.topics if getattr(found, f) != getattr(facts, f)}
    second = chosen(outline, {f: SIGHTS[f] for f in spoken if SIGHTS[f].around}, around=True)
    if set(second.units) <= set(first.units):
        return found
    return _with_topics(found, source, syntax, second.topics, cut(source, outline, second.units))


def _parse(source: SourceFile) -> ast.Module | Failure:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source.text)
        except SyntaxError as error:
            line = error.lineno or 1
            text = source.line(line).strip()
            reason = error.msg or "invalid syntax"
            return Failure(FailureKind.SYNTAX, line, max(error.offset or 1, 1), reason, text)
        except ValueError as error:
            return Failure(FailureKind.SYNTAX, 1, 1, str(error), "")
        except (RecursionError, MemoryError):
            return _too_deep()


def _unknown_to_libcst(error: cst.ParserSyntaxError, source: SourceFile) -> Failure:
    """Return the failure of a file that the interpreter can read, and libcst cannot."""
    line = error.raw_line
    reason = "libcst cannot parse it, though it is Python"
    evidence = source.line(line).strip()
    return Failure(FailureKind.UNREADABLE, line, error.raw_column + 1, reason, evidence)


def _too_deep() -> Failure:
    return Failure(FailureKind.UNREADABLE, 1, 1, "nested too deeply to be parsed", "")


def _without_syntax(
    facts: FileFacts, source: SourceFile, data: bytes, failure: Failure
) -> FileFacts:
    """Ask libcst where the interpreter's parser failed: its grammar may be newer or older."""
    failed = replace(facts, failure=failure)
    if failure.kind is FailureKind.UNREADABLE or may_be_too_deep(source.text):
        return failed
    try:
        return _with_topics(facts, source, None, TOPICS)
    except cst.ParserSyntaxError:
        return failed


def _with_topics(
    facts: FileFacts,
    source: SourceFile,
    syntax: ast.Module | None,
    topics: Collection[str],
    kept: Cut | None = None,
) -> FileFacts:
    size = [SizeCollector()] if syntax is None else []
    collectors = {field: TOPICS[field][0]() for field in TOPICS if field in topics}
    tree = read_tree(source, facts.module, [*size, *collectors.values()], syntax, kept)
    found = {field: collector.facts(tree) for field, collector in collectors.items()}
    if size:
        found["size"] = size[0].facts(tree)
    return replace(facts, **found)


def _package(path: str, dotted: str) -> str:
    is_package = path.rsplit("/", 1)[-1].startswith("__init__.")
    return dotted if is_package else dotted.rpartition(".")[0]
