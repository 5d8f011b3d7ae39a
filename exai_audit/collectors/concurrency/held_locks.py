"""Locks of threads that a coroutine keeps while it waits for others."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.concurrency.moments import moments_of
from exai_audit.facts.concurrency import BlockingFact, BlockingKind
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS
from exai_audit.syntax.walk import children

_LOCKS = frozenset({"threading.Lock", "threading.Semaphore"})
_INSTEAD = "async with an asyncio.Lock"


def held_locks(tree: ModuleTree) -> Iterator[BlockingFact]:
    """Yield the locks of threads that a coroutine keeps over an ``await``.

    Another coroutine that wants one then blocks the loop, which the first needs to go on. (An
    ``RLock`` is the thread's: it lets all coroutines of one loop in.)
    """
    for block in tree.all(ast.With) if "threading" in tree.words else ():
        if not isinstance(tree.function_of(block), ast.AsyncFunctionDef) or not _awaits(block):
            continue
        for item in block.items:
            ref = tree.resolve(item.context_expr)
            if ref is not None and ref.instance and ref.name in _LOCKS:
                yield BlockingFact(
                    tree.place(item.context_expr),
                    f"{ref.name}, kept over an await,",
                    _INSTEAD,
                    BlockingKind.IN_PROCESS,
                    moment=moments_of(tree).of(item.context_expr),
                )


def _awaits(block: ast.With) -> bool:
    stack: list[ast.AST] = [*block.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            continue
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            return True
        stack.extend(children(node))
    return False
