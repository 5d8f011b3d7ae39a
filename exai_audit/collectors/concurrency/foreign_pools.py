"""What a file hands to something that may be a pool which another file makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.concurrency.offloads import Offloaded, handed_function, row_of
from exai_audit.facts.concurrency import RunsIn
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.syntax.module import ModuleTree

SUBMITS = frozenset({"submit"})
"""What the pools of ``concurrent.futures`` are handed functions by."""


def handed_to_foreign_pools(tree: ModuleTree) -> Iterator[Offloaded]:
    """Yield what is handed over, with the dotted name of what may be the pool, in source order."""
    for call in tree.calls_named(SUBMITS):
        pool = _pool(call, tree) if call.args else ""
        if pool:
            function = handed_function(call, "fn", 0, tree)
            if function is not None:
                yield Offloaded(call, function, RunsIn.POOL, pool)


def _pool(call: ast.Call, tree: ModuleTree) -> str:
    """Return what the file calls the receiver of a call, empty where it is no one else's."""
    if not isinstance(call.func, ast.Attribute) or row_of(call, tree) is not None:
        return ""
    name = tree.qualified(call.func.value) or ""
    root, dot, _ = name.partition(".")
    return name if dot and root not in STANDARD_LIBRARY and root != "builtins" else ""
