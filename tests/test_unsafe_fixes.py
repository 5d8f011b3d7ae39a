"""What unsafe fixes change, seen by running the code before and after."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.repairing import apply, repaired, write

Observe = Callable[[ModuleType], object]


@pytest.fixture
def before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str, Observe], tuple[object, object]]:
    """Return what observes a module ``app.work`` before a rule's fixes and after."""

    def observed(root: Path, observe: Observe) -> object:
        with monkeypatch.context() as patch:
            patch.syspath_prepend(str(root))
            try:
                return observe(importlib.import_module("app.work"))
            finally:
                for name in [name for name in sys.modules if name.partition(".")[0] == "app"]:
                    del sys.modules[name]

    def run(code: str, source: str, observe: Observe) -> tuple[object, object]:
        files = {"app/__init__.py": "", "app/work.py": source}
        old = write(tmp_path / "old", files)
        new = write(tmp_path / "new", files)
        made = repaired(new, code=code)
        assert made.made, [fix.message for _, fix in made.proposed]
        apply(new, made)
        return observed(old, observe), observed(new, observe)

    return run


BeforeAndAfter = Callable[[str, str, Observe], tuple[object, object]]


def test_others_run_while_a_coroutine_sleeps(before_and_after: BeforeAndAfter) -> None:
    source = "import time\n\n\nasync def rest():\n    time.sleep(0.05)\n"

    async def both(module: ModuleType) -> bool:
        rest = asyncio.ensure_future(module.rest())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        ran_first = not rest.done()
        await rest
        return ran_first

    def observe(module: ModuleType) -> bool:
        return asyncio.run(both(module))

    assert before_and_after("EXA405", source, observe) == (False, True)


def test_what_blocks_runs_in_a_thread(before_and_after: BeforeAndAfter) -> None:
    source = (
        "import subprocess\nimport sys\n\n\nasync def kernel(*words):\n"
        '    return subprocess.check_output([sys.executable, "-c", *words], timeout=60)[:2]\n'
    )

    def observe(module: ModuleType) -> tuple[bytes, bool]:
        threads: list[threading.Thread] = []
        real = module.subprocess.check_output

        def told(*words: Any, **options: Any) -> bytes:  # noqa: ANN401
            threads.append(threading.current_thread())
            result: bytes = real(*words, **options)
            return result

        module.subprocess.check_output = told
        try:
            said = asyncio.run(module.kernel("print(42)"))
        finally:
            module.subprocess.check_output = real
        return said, threads[0] is threading.main_thread()

    assert before_and_after("EXA405", source, observe) == ((b"42", True), (b"42", False))


def test_a_method_that_blocks_runs_in_a_thread(before_and_after: BeforeAndAfter) -> None:
    source = (
        "import threading\nimport time\n\n\nclass Store:\n    def __init__(self, pause):\n"
        "        self.pause = pause\n\n    def send(self, item):\n        time.sleep(self.pause)\n"
        "        return item, threading.current_thread() is threading.main_thread()\n\n"
        "    async def save(self, item):\n        return self.send(item)\n"
    )

    def observe(module: ModuleType) -> object:
        return asyncio.run(module.Store(0).save("x"))

    assert before_and_after("EXA405", source, observe) == (("x", True), ("x", False))


def test_a_request_gets_the_projects_limit(before_and_after: BeforeAndAfter) -> None:
    source = (
        "import requests\n\n\ndef price(url):\n    return requests.get(url, timeout=7)\n\n\n"
        "def stock(url):\n    return requests.get(url)\n"
    )

    def observe(module: ModuleType) -> object:
        given: list[object] = []
        real = module.requests.get
        module.requests.get = lambda url, timeout=None: given.append(timeout)
        try:
            module.stock("")
        finally:
            module.requests.get = real
        return given[0]

    assert before_and_after("EXA205", source, observe) == (None, 7)


class _Future:
    """Says how long its result is waited for."""

    def result(self, timeout: float | None = None) -> float | None:
        return timeout


def test_a_wait_for_another_loop_ends(before_and_after: BeforeAndAfter) -> None:
    source = (
        "import asyncio\n\n\nasync def limited(work):\n"
        "    await asyncio.wait_for(work, timeout=20)\n\n\n"
        "def wait(work, loop):\n"
        "    future = asyncio.run_coroutine_threadsafe(work(), loop)\n    return future.result()\n"
    )

    def observe(module: ModuleType) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio, "run_coroutine_threadsafe", lambda work, loop: _Future())
            return module.wait(lambda: None, None)

    assert before_and_after("EXA406", source, observe) == (None, 20)


def test_milliseconds_become_seconds(before_and_after: BeforeAndAfter) -> None:
    source = (
        "import asyncio\n\n\nasync def settle(task, limit_ms):\n"
        "    return await asyncio.wait_for(task, limit_ms)\n"
    )

    def observe(module: ModuleType) -> str:
        try:
            asyncio.run(module.settle(asyncio.sleep(0.5), 20))
        except asyncio.TimeoutError:
            return "limit"
        return "result"

    assert before_and_after("EXA206", source, observe) == ("result", "limit")


def test_a_cache_is_bounded(before_and_after: BeforeAndAfter) -> None:
    source = (
        "from functools import cache\n\nimport requests\n\n\n@cache\ndef price(user_id):\n"
        '    return requests.get(f"https://shop.example/{user_id}", timeout=5).json()\n'
    )

    def observe(module: ModuleType) -> object:
        return module.price.cache_info().maxsize

    assert before_and_after("EXA301", source, observe) == (None, 1024)


def test_a_cache_of_its_own_lets_an_object_go(before_and_after: BeforeAndAfter) -> None:
    source = (
        "from functools import lru_cache\n\n\nclass Shop:\n    def __init__(self):\n"
        "        self.asked = 0\n\n    @lru_cache(maxsize=32)\n    def price(self, item):\n"
        "        self.asked += 1\n        return item * 2\n"
    )

    def observe(module: ModuleType) -> tuple[int, bool]:
        shop = module.Shop()
        assert shop.price(2) + shop.price(2) == 8
        asked, kept = shop.asked, weakref.ref(shop)
        del shop
        gc.collect()
        return asked, kept() is None

    assert before_and_after("EXA302", source, observe) == ((1, False), (1, True))


def test_a_coroutine_can_be_awaited_twice(before_and_after: BeforeAndAfter) -> None:
    source = (
        "from functools import lru_cache\n\n\n@lru_cache\nasync def price(item):\n"
        "    return item * 2\n"
    )

    async def twice(module: ModuleType) -> object:
        await module.price(2)
        return await module.price(2)

    def observe(module: ModuleType) -> object:
        try:
            return asyncio.run(twice(module))
        except RuntimeError:
            return "failed"

    assert before_and_after("EXA303", source, observe) == ("failed", 4)


def test_a_pool_gets_the_librarys_number(before_and_after: BeforeAndAfter) -> None:
    source = (
        "from concurrent.futures import ThreadPoolExecutor\n\n\n"
        "def made():\n    with ThreadPoolExecutor(2) as pool:\n"
        "        return list(pool.map(str, range(9))), pool\n"
    )

    def observe(module: ModuleType) -> int:
        _, pool = module.made()
        workers: int = pool._max_workers
        return workers

    with ThreadPoolExecutor() as usual:
        expected = usual._max_workers
    assert before_and_after("EXA401", source, observe) == (2, expected)


def test_a_pool_is_closed_with_its_block(before_and_after: BeforeAndAfter) -> None:
    source = (
        "from concurrent.futures import ThreadPoolExecutor\n\n\ndef doubled(items):\n"
        "    pool = ThreadPoolExecutor(8)\n    results = pool.map(str, items)\n"
        "    return list(results)\n"
    )

    def observe(module: ModuleType) -> tuple[object, bool]:
        made: list[ThreadPoolExecutor] = []

        class Watched(ThreadPoolExecutor):
            def __init__(self, workers: int) -> None:
                super().__init__(workers)
                made.append(self)

        module.ThreadPoolExecutor = Watched  # type: ignore[attr-defined]
        said = module.doubled([1, 2])
        closed: bool = made[0]._shutdown
        made[0].shutdown()
        return said, closed

    assert before_and_after("EXA403", source, observe) == ((["1", "2"], False), (["1", "2"], True))
