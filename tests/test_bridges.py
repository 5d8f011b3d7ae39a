"""What the facts say of pools, bridges and blocking calls."""

from __future__ import annotations

import pytest

from exai_audit.collectors import collect
from exai_audit.facts.concurrency import (
    BridgeFact,
    BridgeKind,
    PoolFact,
    PoolLifetime,
    RunsIn,
    Workers,
)
from exai_audit.facts.file import FileFacts


def facts_of(text: str) -> FileFacts:
    return collect("shop/work.py", text.encode(), "shop.work")


def pool_of(text: str) -> PoolFact:
    (pool,) = facts_of(
        f"from concurrent.futures import ThreadPoolExecutor\nimport os\n{text}"
    ).pools
    return pool


def bridge_of(text: str) -> BridgeFact:
    (bridge,) = facts_of(f"import asyncio\n{text}").bridges
    return bridge


@pytest.mark.parametrize(
    ("text", "sized_by", "workers"),
    [
        ("P = ThreadPoolExecutor(3)", Workers.LITERAL, 3),
        ("P = ThreadPoolExecutor(2 + 2)", Workers.LITERAL, 4),
        ("N = 5\nP = ThreadPoolExecutor(N)", Workers.CONSTANT, 5),
        ("def f(n=6):\n    with ThreadPoolExecutor(n): pass", Workers.PARAMETER_DEFAULT, 6),
        ("def f(n):\n    with ThreadPoolExecutor(n): pass", Workers.EXPRESSION, None),
        ("P = ThreadPoolExecutor(os.cpu_count())", Workers.EXPRESSION, None),
        ("P = ThreadPoolExecutor()", Workers.DEFAULT, None),
        ("P = ThreadPoolExecutor(max_workers=None)", Workers.DEFAULT, None),
    ],
)
def test_size_of_a_pool_and_where_it_comes_from(
    text: str, sized_by: Workers, workers: int | None
) -> None:
    pool = pool_of(text)
    assert (pool.sized_by, pool.workers) == (sized_by, workers)


@pytest.mark.parametrize(
    ("text", "lifetime", "lazy"),
    [
        ("P = ThreadPoolExecutor()", PoolLifetime.MODULE, False),
        ("class C:\n    p = ThreadPoolExecutor()", PoolLifetime.CLASS, False),
        (
            "class C:\n    def __init__(self):\n        self.p = ThreadPoolExecutor()",
            PoolLifetime.INSTANCE,
            False,
        ),
        (
            "class C:\n    p = None\n    def get(self):\n        if self.p is None:\n"
            "            self.p = ThreadPoolExecutor()",
            PoolLifetime.INSTANCE,
            True,
        ),
        (
            "_p = None\ndef get():\n    global _p\n    if _p is None:\n"
            "        _p = ThreadPoolExecutor()",
            PoolLifetime.MODULE,
            True,
        ),
        ("def f():\n    f.p = ThreadPoolExecutor()", PoolLifetime.FUNCTION_ATTRIBUTE, False),
        ("def f():\n    with ThreadPoolExecutor() as p: p.submit(f)", PoolLifetime.CALL, False),
        (
            "def f():\n    for _ in 'ab':\n        with ThreadPoolExecutor() as p: p.submit(f)",
            PoolLifetime.LOOP_TURN,
            False,
        ),
    ],
)
def test_how_long_a_pool_lives(text: str, lifetime: PoolLifetime, lazy: bool) -> None:
    pool = pool_of(text)
    assert (pool.lifetime, pool.lazy) == (lifetime, lazy)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("asyncio.run(work())", BridgeKind.RUN),
        ("loop.run_until_complete(work())", BridgeKind.RUN_UNTIL_COMPLETE),
        ("LOOP = asyncio.new_event_loop()", BridgeKind.NEW_EVENT_LOOP),
        ("asyncio.run_coroutine_threadsafe(work(), loop)", BridgeKind.RUN_COROUTINE_THREADSAFE),
        ("loop.run_in_executor(None, work)", BridgeKind.RUN_IN_EXECUTOR),
        ("asyncio.to_thread(work)", BridgeKind.TO_THREAD),
        ("import nest_asyncio\nnest_asyncio.apply()", BridgeKind.NEST_ASYNCIO),
        ("from asgiref.sync import async_to_sync\nasync_to_sync(work)", BridgeKind.ASYNC_TO_SYNC),
        ("from asgiref.sync import sync_to_async\nsync_to_async(work)", BridgeKind.SYNC_TO_ASYNC),
    ],
)
def test_each_kind_of_bridge_is_a_fact(text: str, kind: BridgeKind) -> None:
    assert bridge_of(text).kind is kind


def test_bridge_knows_where_its_function_is_run() -> None:
    facts = facts_of(
        "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "P = ThreadPoolExecutor(8)\n"
        "def work():\n    return asyncio.run(fetch())\n"
        "def later():\n    return P.submit(work)\n"
    )
    (bridge,) = facts.bridges
    assert (bridge.function, bridge.runs_in, bridge.handed_line) == (
        "shop.work.work", RunsIn.POOL, 7,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "by_entry"),
    [
        ("def main():\n    P = ThreadPoolExecutor()\n    P.submit(main)", True),
        ("if __name__ == '__main__':\n    P = ThreadPoolExecutor()", True),
        ("def work():\n    P = ThreadPoolExecutor()\n    P.submit(main)", False),
        ("P = ThreadPoolExecutor()", False),
    ],
)
def test_pool_of_an_entry_point_ends_with_the_program(text: str, by_entry: bool) -> None:
    assert pool_of(text).by_entry is by_entry
