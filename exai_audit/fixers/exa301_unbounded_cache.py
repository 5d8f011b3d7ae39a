"""A cache of functools gets a bound."""

from __future__ import annotations

import ast
import sys

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.decorators import Decorated, asks_for_cache, decorated_at
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.imports import import_member
from exai_audit.fixing.refusal import RefusedError
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import argument, last_name

_IDENTITIES = frozenset({
    "Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "object",
})  # fmt: skip


def fix(finding: Finding, bench: Bench) -> Fix:
    """Bound it by the number of the setting ``suggested-cache-size``."""
    tree = bench.tree(finding.path)
    found = decorated_at(finding, tree)
    _check(found, tree, bench)
    _check_keys(finding, bench)
    size = str(bench.choices.cache_entries)
    if found.name == "functools.cache":
        name, imports = _lru_cache(found, tree)
        edits = (
            Edit(finding.path, tree.span(found.decorator), f"{name}(maxsize={size})"),
            *imports,
        )
    else:
        assert isinstance(found.decorator, ast.Call)
        given = argument(found.decorator, "maxsize", 0)
        if given is None:
            raise RefusedError("its bound is not written out")
        edits = (Edit(finding.path, tree.span(given.value), size),)
    return Fix(Applicability.UNSAFE, f"bound it to {size} entries", edits)


def _lru_cache(found: Decorated, tree: ModuleTree) -> tuple[str, tuple[Edit, ...]]:
    """Return how the file writes ``lru_cache``, and what imports it."""
    called = found.called
    if isinstance(called, ast.Attribute):
        return f"{tree.text(called.value)}.lru_cache", ()
    imported = import_member("functools", "lru_cache", tree, sys.maxsize, "functools")
    return imported.name, imported.edits


def _check(found: Decorated, tree: ModuleTree, bench: Bench) -> None:
    name = found.function.name
    calls = [node for node in ast.walk(found.function) if isinstance(node, ast.Call)]
    if any(last_name(call.func) == name for call in calls):
        raise RefusedError("the function calls itself: a bound may cost it all that it remembers")
    if any(last_name(call.func) in _IDENTITIES for call in calls):
        raise RefusedError("it gives the same object for a key, on which its users rely")
    if tree.class_of(found.function) is not None:
        raise RefusedError("it is a method")
    if asks_for_cache(name, bench):
        raise RefusedError("the code looks into the cache, or clears it")


def _check_keys(finding: Finding, bench: Bench) -> None:
    for cache in bench.facts[finding.path].caches.found:
        if cache.place.span.line == finding.line and cache.makeup.passing:
            raise RefusedError(f"its keys keep each {cache.makeup.passing} alive: {finding.remedy}")
        if cache.place.span.line == finding.line and cache.makeup.weighty:
            raise RefusedError("its entries are large: how many fit in memory is not known")


FIXER = Fixer("EXA301", Applicability.UNSAFE, fix)
