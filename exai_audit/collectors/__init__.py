"""What each file says: bytes in, facts out; the only place that sees a syntax tree."""

from __future__ import annotations

import ast
import re
import warnings
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
from exai_audit.collectors.generated import is_generated
from exai_audit.collectors.imports import imported_modules
from exai_audit.collectors.nesting import is_too_deep, may_be_too_deep
from exai_audit.collectors.references import TRIGGERS as REFERENCES
from exai_audit.collectors.references import references
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


def collect(path: str, data: bytes, dotted: str, limit: int | None = None) -> FileFacts:
    """Return what the file ``path`` says; what cannot be read or parsed is a failure in it.

    Args:
        path: relative to the root, with forward slashes.
        dotted: the module's name below the root.
        limit: above how many lines a module's symbols are read and clustered; never when None.
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
    topics = _topics(data)
    if not topics:
        return facts
    if is_too_deep(syntax, source.lines):
        return replace(facts, failure=_too_deep())
    return _with_topics(facts, source, syntax, topics)


def _symbols(
    facts: FileFacts, source: SourceFile, syntax: ast.Module, limit: int | None
) -> ModuleSymbols | None:
    if limit is None or facts.lines.physical <= limit:
        return None
    return module_symbols(source, syntax, limit)


def _topics(data: bytes) -> dict[str, Any]:
    """Return a fresh collector for each topic that the file may say something of."""
    topics = {
        field: collector() for field, (collector, needed) in TOPICS.items() if needed.search(data)
    }
    if "bridges" not in topics and bridges.names_own_bridge(data):
        topics["bridges"] = bridges.BridgeCollector()
    return topics


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
        return _with_topics(facts, source, None, _topics(data))
    except cst.ParserSyntaxError:
        return failed


def _with_topics(
    facts: FileFacts, source: SourceFile, syntax: ast.Module | None, topics: dict[str, Any]
) -> FileFacts:
    size = [SizeCollector()] if syntax is None else []
    tree = read_tree(source, facts.module, [*size, *topics.values()], syntax)
    found = {field: collector.facts(tree) for field, collector in topics.items()}
    if size:
        found["size"] = size[0].facts(tree)
    return replace(facts, **found)


def _package(path: str, dotted: str) -> str:
    is_package = path.rsplit("/", 1)[-1].startswith("__init__.")
    return dotted if is_package else dotted.rpartition(".")[0]
