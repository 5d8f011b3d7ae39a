"""The cache of a coroutine function goes, or becomes one that awaits."""

from __future__ import annotations

import sys

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.decorators import asks_for_cache, decorated_at, size_of, without_line
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.imports import import_member
from exai_audit.fixing.refusal import RefusedError

_ASYNC_LRU = "async_lru.alru_cache"


def fix(finding: Finding, bench: Bench) -> Fix:
    """Write ``alru_cache`` where the project uses async-lru already, else nothing."""
    tree = bench.tree(finding.path)
    found = decorated_at(finding, tree)
    if asks_for_cache(found.function.name, bench):
        raise RefusedError("the code looks into the cache, or clears it")
    if len(found.function.decorator_list) > 1:
        raise RefusedError("another decorator stands beside it")
    if not any(_ASYNC_LRU in facts.imports for facts in bench.project.files):
        edits = (without_line(found.decorator, tree),)
        return Fix(Applicability.UNSAFE, "remove the cache", edits)
    imported = import_member("async_lru", "alru_cache", tree, sys.maxsize, "async_lru")
    text = f"{imported.name}(maxsize={size_of(found, tree)})"
    edit = Edit(finding.path, tree.span(found.decorator), text)
    return Fix(Applicability.UNSAFE, "cache what it awaits", (edit, *imported.edits))


FIXER = Fixer("EXA303", Applicability.UNSAFE, fix)
