"""``with`` blocks of pools that a coroutine leaves while the work it has submitted still runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.concurrency.futures import MAKERS, WAITS
from exai_audit.facts.concurrency import BlockingFact, BlockingKind
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name
from exai_audit.syntax.walk import children

_ENDS = frozenset({"wait", "as_completed", "shutdown", "cancel"}) | WAITS
_INSTEAD = "await loop.run_in_executor(pool, ...) or asyncio.to_thread(...) inside the block"


def pool_exits(tree: ModuleTree) -> Iterator[BlockingFact]:
    """Yield the pools whose block submits work and awaits nothing: its end waits for the work."""
    for block in tree.all(ast.With):
        if not isinstance(tree.function_of(block), ast.AsyncFunctionDef):
            continue
        for item in block.items:
            pool = item.context_expr
            if isinstance(pool, ast.Call) and _is_pool(pool, tree) and _leaves_work(block, item):
                name = table().canonical(tree.qualified(pool.func) or "")
                yield BlockingFact(
                    tree.place(pool), f"{name}.__exit__", _INSTEAD, BlockingKind.IN_PROCESS
                )


def _is_pool(call: ast.Call, tree: ModuleTree) -> bool:
    name = tree.qualified(call.func)
    row = table().call(name) if name else None
    return row is not None and row.pool is not None and row.name.endswith("Executor")


def _leaves_work(block: ast.With, item: ast.withitem) -> bool:
    """Tell whether a block hands work to its pool, and neither awaits nor waits for anything."""
    name = last_name(item.optional_vars) if item.optional_vars is not None else ""
    submits = False
    stack: list[ast.AST] = [*block.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            continue
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield)):
            return False
        if isinstance(node, ast.Call):
            called = last_name(node.func)
            if called in _ENDS:
                return False
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            submits |= called in MAKERS and owner is not None and last_name(owner) == name
        stack.extend(children(node))
    return submits
