"""How grave the findings about pools and bridges are, and what they say to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.finding import Confidence, Finding, Severity

POOLS = "import asyncio\nfrom concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"


def finding_in(text: str, folder: Path) -> Finding:
    (finding,) = findings_in(text, folder)
    return finding


def findings_in(text: str, folder: Path) -> list[Finding]:
    (folder / ".git").mkdir()
    (folder / "service.py").write_text(text)
    settings, _ = load(folder, None, False)
    findings = audit([folder], folder, settings, 1, lambda done, total: None).findings
    return [f for f in findings if f.code.startswith("EXA4")]


@pytest.mark.parametrize(
    ("text", "code", "severity", "confidence"),
    [
        (
            "def f(items):\n    with ThreadPoolExecutor(2) as p:\n        p.map(str, items)\n",
            "EXA401", Severity.LOW, Confidence.HIGH,
        ),
        (
            "def f(items, n=2):\n    with ThreadPoolExecutor(n) as p:\n        p.map(str, items)\n",
            "EXA401", Severity.LOW, Confidence.MEDIUM,
        ),
        (
            "class C:\n    def __init__(self):\n        self.p = ThreadPoolExecutor(2)\n"
            "    async def f(self, loop):\n        await loop.run_in_executor(self.p, print)\n"
            "    def close(self):\n        self.p.shutdown()\n",
            "EXA401", Severity.MEDIUM, Confidence.HIGH,
        ),
        (
            "async def f():\n    with ThreadPoolExecutor(8) as p:\n        p.submit(print)\n"
            "        await asyncio.sleep(0)\n",
            "EXA402", Severity.MEDIUM, Confidence.HIGH,
        ),
        (
            "async def f():\n    with ThreadPoolExecutor(8) as p:\n        p.submit(print)\n",
            "EXA405", Severity.HIGH, Confidence.HIGH,
        ),
        (
            "class C:\n    def f(self):\n        with ThreadPoolExecutor(8) as p:\n"
            "            p.submit(print).result()\n",
            "EXA402", Severity.LOW, Confidence.LOW,
        ),
        (
            "def f():\n    with ThreadPoolExecutor(8) as p:\n        p.submit(print).result(1)\n",
            "EXA402", Severity.MEDIUM, Confidence.HIGH,
        ),
        (
            "class C:\n    def __init__(self, c):\n        self.c = c\n"
            "        self.p = ThreadPoolExecutor(8)\n"
            "    def f(self):\n        g(self.p)\n    def close(self):\n        self.c.close()\n",
            "EXA403", Severity.LOW, Confidence.MEDIUM,
        ),
        (
            "def f(items):\n    p = ThreadPoolExecutor(8)\n    p.map(str, items)\n",
            "EXA403", Severity.LOW, Confidence.HIGH,
        ),
        ("def f(work):\n    return asyncio.run(work)\n", "EXA404", Severity.LOW, Confidence.LOW),
        (
            "def f(work):\n    try:\n        return asyncio.run(work)\n    except Exception:\n"
            "        return None\n",
            "EXA404", Severity.LOW, Confidence.MEDIUM,
        ),
        (
            "class C:\n    def __init__(self):\n        self.lock = asyncio.Lock()\n"
            "    async def g(self):\n        async with self.lock:\n            return 1\n"
            "    def f(self):\n        return asyncio.run(self.g())\n",
            "EXA404", Severity.LOW, Confidence.HIGH,
        ),
        (
            "async def f(work):\n    return asyncio.run(work)\n",
            "EXA404", Severity.HIGH, Confidence.HIGH,
        ),
        (
            "def f(p: ThreadPoolExecutor, work):\n    return p.submit(asyncio.run, work)\n",
            "EXA404", Severity.MEDIUM, Confidence.LOW,
        ),
        (
            "def f(p: ThreadPoolExecutor):\n    return p.submit(asyncio.run, g())\n",
            "EXA404", Severity.MEDIUM, Confidence.HIGH,
        ),
        (
            "import threading\ndef f():\n    def h():\n        asyncio.run(g())\n"
            "    threading.Thread(target=h).start()\n",
            "EXA404", Severity.MEDIUM, Confidence.LOW,
        ),
        (
            "class C:\n    async def close(self): ...\n    async def open(self): ...\n"
            "    def __del__(self):\n        asyncio.run(self.close())\n",
            "EXA404", Severity.LOW, Confidence.LOW,
        ),
        (
            "import time\ndef g():\n    time.sleep(1)\nasync def f():\n    g()\n",
            "EXA405", Severity.HIGH, Confidence.MEDIUM,
        ),
        (
            "def f(work, loop):\n    asyncio.run_coroutine_threadsafe(work, loop).result()\n",
            "EXA406", Severity.MEDIUM, Confidence.LOW,
        ),
        (
            "def f(work):\n    asyncio.run_coroutine_threadsafe(work, LOOP).result()\n",
            "EXA406", Severity.MEDIUM, Confidence.MEDIUM,
        ),
        (
            "def f(work):\n    asyncio.run_coroutine_threadsafe(work(1), LOOP).result()\n",
            "EXA406", Severity.MEDIUM, Confidence.MEDIUM,
        ),
        (
            "def f(item, loop):\n    q = asyncio.Queue()\n"
            "    asyncio.run_coroutine_threadsafe(q.put(item), loop).result()\n",
            "EXA406", Severity.MEDIUM, Confidence.LOW,
        ),
        (
            "def f(url, loop):\n    asyncio.run_coroutine_threadsafe(g(url), loop).result()\n",
            "EXA406", Severity.MEDIUM, Confidence.HIGH,
        ),
        (
            "P = ThreadPoolExecutor(8)\ndef g():\n    P.submit(print).result(1)\n"
            "def f():\n    P.submit(g)\ndef stop():\n    P.shutdown()\n",
            "EXA407", Severity.HIGH, Confidence.MEDIUM,
        ),
        (
            "async def f():\n    asyncio.sleep(1)\n",
            "EXA409", Severity.CRITICAL, Confidence.HIGH,
        ),
        (
            "async def f(task):\n    if asyncio.iscoroutinefunction(task):\n"
            "        return await task()\n    return task()\n",
            "EXA410", Severity.LOW, Confidence.MEDIUM,
        ),
        (
            "async def f(hook):\n    if asyncio.iscoroutinefunction(hook):\n"
            "        return await hook()\n    return hook()\n",
            "EXA410", Severity.LOW, Confidence.LOW,
        ),
        (
            "async def f(urls, get):\n    await asyncio.gather(*[get(url) for url in urls])\n",
            "EXA411", Severity.LOW, Confidence.LOW,
        ),
        (
            "async def f(work):\n    asyncio.create_task(work())\n",
            "EXA412", Severity.MEDIUM, Confidence.HIGH,
        ),
        (
            "async def f(work):\n    asyncio.create_task(work()).add_done_callback(print)\n",
            "EXA412", Severity.MEDIUM, Confidence.LOW,
        ),
        (
            "import contextlib\nimport time\n"
            "async def _warm():\n    await _fill()\nasync def _fill():\n    time.sleep(2)\n"
            "@contextlib.asynccontextmanager\nasync def lifespan(app):\n    await _warm()\n"
            "    yield\n",
            "EXA405", Severity.LOW, Confidence.HIGH,
        ),
        (
            "import contextlib\nimport time\n"
            "async def _warm():\n    await _fill()\nasync def _fill():\n    time.sleep(2)\n"
            "@contextlib.asynccontextmanager\nasync def lifespan(app):\n    await _warm()\n"
            "    yield\nasync def again():\n    await _fill()\n",
            "EXA405", Severity.HIGH, Confidence.HIGH,
        ),
        (
            "import subprocess\nasync def serve(): ...\n"
            "async def main():\n    subprocess.run(['sysctl'])\n    await serve()\n"
            "if __name__ == '__main__':\n    asyncio.run(main())\n",
            "EXA405", Severity.LOW, Confidence.HIGH,
        ),
        (
            "import subprocess\nasync def serve():\n    return asyncio.TaskGroup()\n"
            "async def main():\n    await serve()\n    subprocess.run(['sysctl'])\n"
            "if __name__ == '__main__':\n    asyncio.run(main())\n",
            "EXA405", Severity.HIGH, Confidence.HIGH,
        ),
        (
            "import time\nfrom fastapi import FastAPI\n"
            "async def build():\n    time.sleep(2)\n    return FastAPI()\n"
            "def main():\n    app = asyncio.run(build())\n    app.serve()\n",
            "EXA405", Severity.LOW, Confidence.HIGH,
        ),
        (
            "import time\ndef run_sync(work):\n    asyncio.run(work)\n"
            "async def tell():\n    time.sleep(2)\nasync def both():\n    await tell()\n"
            "def told():\n    run_sync(tell())\n",
            "EXA405", Severity.HIGH, Confidence.HIGH,
        ),
        (
            "import time\ndef run_sync(work):\n    asyncio.run(work)\n"
            "async def tell():\n    time.sleep(2)\ndef told():\n    run_sync(tell())\n",
            "EXA405", Severity.LOW, Confidence.HIGH,
        ),
        (
            "async def f(g):\n    asyncio.create_task(g())  # noqa: B018, RUF006 -- may be lost\n",
            "EXA412", Severity.MEDIUM, Confidence.LOW,
        ),
        (
            "async def f(g):\n    asyncio.create_task(g())  # noqa: RUF029\n",
            "EXA412", Severity.MEDIUM, Confidence.HIGH,
        ),
        (
            "async def f(bot):\n    asyncio.create_task(bot.send_photo(b''))\n",
            "EXA412", Severity.MEDIUM, Confidence.LOW,
        ),
        (
            "async def f(note):\n    asyncio.create_task(note.add_reaction('+'))\n",
            "EXA412", Severity.MEDIUM, Confidence.LOW,
        ),
        (
            "async def f(bot):\n    asyncio.create_task(bot.resend())\n",
            "EXA412", Severity.MEDIUM, Confidence.HIGH,
        ),
    ],
)  # fmt: skip
def test_severity_and_confidence(
    text: str, code: str, severity: Severity, confidence: Confidence, tmp_path: Path
) -> None:
    finding = finding_in(POOLS + text, tmp_path)
    assert (finding.code, finding.severity, finding.confidence) == (code, severity, confidence)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "P = ThreadPoolExecutor(max_workers=2)\n"
            "async def f(loop):\n    await loop.run_in_executor(P, print)\n"
            "def stop():\n    P.shutdown()\n",
            (
                "ThreadPoolExecutor()", "min(32, CPUs + 4), with 4 CPUs 8 workers",
                "asyncio.to_thread(...)", "at module level, with shutdown() at shutdown",
            ),
        ),
        (
            "async def f():\n    with ThreadPoolExecutor(6) as p:\n        p.submit(print)\n"
            "        await asyncio.sleep(0)\n",
            ("ThreadPoolExecutor(6) once", "asyncio.to_thread(...) is enough"),
        ),
        (
            "def f(batches):\n    for b in batches:\n        with ProcessPoolExecutor(6) as p:\n"
            "            p.map(str, b)\n",
            ("ProcessPoolExecutor(6) once, before the loop",),
        ),
        (
            "class C:\n    def __init__(self):\n        self._pool = ThreadPoolExecutor(8)\n"
            "    def f(self):\n        self._pool.submit(print)\n",
            ("self._pool.shutdown()",),
        ),
        (
            "async def f(work):\n"
            "    return await asyncio.to_thread(asyncio.run, work)\n",
            ("Await the coroutine here",),
        ),
    ],
)  # fmt: skip
def test_remedy_says_what_to_write_with_the_values_at_hand(
    text: str, said: tuple[str, ...], tmp_path: Path
) -> None:
    remedy = finding_in(POOLS + text, tmp_path).remedy
    assert [part for part in said if part not in remedy] == []


SQL = "import sqlite3\n\nstore = sqlite3.connect('x.db')\n\n"


def blocking_in(folder: Path) -> list[Finding]:
    settings, _ = load(folder, None, False)
    found = audit([folder], folder, settings, 1, lambda done, total: None).findings
    return [finding for finding in found if finding.code == "EXA405"]


def test_in_scripts_a_blocking_call_is_of_low_confidence(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "ask.py").write_text(
        "import requests\n\n\nasync def ask(url):\n    requests.get(url, timeout=5)\n"
    )
    assert [finding.confidence for finding in blocking_in(tmp_path)] == [Confidence.LOW]


def test_a_program_of_one_coroutine_keeps_nobody_waiting(tmp_path: Path) -> None:
    (tmp_path / "ask.py").write_text(
        "import asyncio\n\n\nasync def ask():\n    input()\n\n\n"
        'if __name__ == "__main__":\n    asyncio.run(ask())\n'
    )
    assert [finding.confidence for finding in blocking_in(tmp_path)] == [Confidence.LOW]


def test_many_in_scripts_are_told_apart_from_those_of_production(tmp_path: Path) -> None:
    for folder in ("scripts", "store"):
        (tmp_path / folder).mkdir()
        coroutines = (
            f"async def f{i}(key):\n    return store.execute('select {i}', key)\n\n\n"
            for i in range(11)
        )
        (tmp_path / folder / "graph.py").write_text(SQL + "".join(coroutines))
    found = {finding.path: finding for finding in blocking_in(tmp_path)}
    assert set(found) == {"scripts/graph.py", "store/graph.py"}
    assert found["store/graph.py"].confidence is not Confidence.LOW
    assert "11 coroutines" in found["store/graph.py"].message


def test_many_twins_of_one_object_are_one_finding(tmp_path: Path) -> None:
    (tmp_path / "rows.py").write_text(
        "class Rows:\n    def __init__(self, session):\n        self.session = session\n\n"
        + "".join(
            f"    def find_{i}(self):\n        return self.session.find_row({i})\n\n"
            f"    async def afind_{i}(self):\n        return await self.session.find_row({i})\n\n"
            for i in range(11)
        )
    )
    (tmp_path / "views.py").write_text(
        "from rows import Rows\n\n\n"
        + "".join(
            f"async def shows_{i}(rows: Rows):\n    return rows.find_{i}()\n\n\n" for i in range(11)
        )
    )
    (finding,) = blocking_in(tmp_path)
    assert "11 coroutines block the event loop with synchronous calls of session" in finding.message


def test_what_another_module_runs_is_starting_until_it_serves(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(
        "import asyncio\n\nfrom app import launch\n\n\n"
        "def main():\n    asyncio.run(launch())\n\n\nmain()\n"
    )
    (tmp_path / "tools.py").write_text(
        "import subprocess\n\n\ndef tune():\n    subprocess.run(['sysctl'])\n\n\n"
        "def tidy():\n    subprocess.run(['sync'])\n"
    )
    (tmp_path / "app.py").write_text(
        "from tools import tidy, tune\n\n\n"
        "async def launch():\n    tune()\n    await serve()\n    tidy()\n"
    )
    found = {finding.line: finding.severity for finding in blocking_in(tmp_path)}
    assert found == {5: Severity.LOW, 7: Severity.HIGH}


def test_the_loops_of_a_class_are_one_finding(tmp_path: Path) -> None:
    text = (
        "import asyncio\nclass C:\n"
        "    def f(self):\n        return asyncio.run(g())\n"
        "    def h(self):\n        for _ in self:\n            asyncio.run(g())\n"
    )
    finding = finding_in(text, tmp_path)
    assert (finding.code, finding.line) == ("EXA404", 7)
    assert [one.line for one in finding.related] == [4]


@pytest.mark.parametrize(
    ("handler", "confidence"),
    [
        ("except Exception:\n            return None", Confidence.MEDIUM),
        ("except Exception as e:\n            return str(e)", Confidence.MEDIUM),
        ("except Exception as e:\n            log(e)\n            return None", Confidence.LOW),
        ("except Exception:\n            log.exception('x')", Confidence.LOW),
    ],
)
def test_an_error_that_is_logged_is_not_hidden(
    handler: str, confidence: Confidence, tmp_path: Path
) -> None:
    text = (
        "import asyncio\ndef f(log):\n    if log:\n        try:\n"
        f"            return asyncio.run(g())\n        {handler}\n"
    )
    assert finding_in(text, tmp_path).confidence is confidence


def test_coroutines_that_a_method_itself_runs_make_no_company(tmp_path: Path) -> None:
    text = (
        "import asyncio\nclass C:\n"
        "    async def fetch_it(self): ...\n"
        "    def get(self):\n        return asyncio.run(self.fetch_it())\n"
    )
    assert finding_in(text, tmp_path).confidence is Confidence.LOW


def test_nested_loops_do_not_fail(tmp_path: Path) -> None:
    text = "import asyncio, nest_asyncio\nnest_asyncio.apply()\ndef f(urls):\n"
    text += "    for url in urls:\n        asyncio.run(g(url))\n"
    assert finding_in(text, tmp_path).confidence is Confidence.LOW


def test_a_loop_made_once_before_the_turns_is_no_loop_for_each(tmp_path: Path) -> None:
    text = (
        "import asyncio\ndef keep_up():\n    loop = asyncio.new_event_loop()\n"
        "    while True:\n        loop.run_until_complete(g())\n"
    )
    assert findings_in(text, tmp_path) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("await g()", True),
        ("try:\n        await g()\n    except Exception:\n        log()", False),
        ("while True:\n        try:\n            await g()\n        except: pass", False),
        ("await h()\n    try:\n        await g()\n    except Exception:\n        log()", True),
        ("try:\n        await g()\n    except Exception:\n        raise", True),
    ],
)
def test_errors_that_the_task_itself_catches_are_not_lost(
    body: str, said: bool, tmp_path: Path
) -> None:
    text = f"import asyncio\nasync def work():\n    {body}\n"
    text += "async def f():\n    asyncio.get_running_loop().create_task(work())\n"
    finding = finding_in(text, tmp_path)
    assert ("errors are lost" in finding.message) is said
    assert "task = asyncio.get_running_loop().create_task(...)" in finding.remedy


OF_A_CLASS = """
import asyncio
import threading
import requests

class Notifier:
    def __init__(self):
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever).start()
    def notify(self, text):
        asyncio.run_coroutine_threadsafe(self.{name}(text), self.{loop})
    async def {name}(self, text):
        requests.post("https://example.org", data=text, timeout=5)
"""
OF_A_FUNCTION = """
import asyncio
import requests

async def ask(url):
    requests.get(url, timeout=5)

async def ask_all(urls):
    await asyncio.gather(*(ask(url) for url in urls))

def statistics(urls):
    {made}
    loop.run_until_complete(ask_all(urls))
    loop.close()
"""


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (OF_A_CLASS.format(name="_send", loop="_loop"), Severity.LOW),
        (OF_A_CLASS.format(name="send", loop="_loop"), Severity.LOW),
        (OF_A_CLASS.format(name="send", loop="other"), Severity.HIGH),
        (OF_A_FUNCTION.format(made="loop = asyncio.new_event_loop()"), Severity.LOW),
        (OF_A_FUNCTION.format(made="loop = asyncio.get_event_loop()"), Severity.HIGH),
    ],
)
def test_who_has_a_loop_for_himself_blocks_nobody_else(
    text: str, severity: Severity, tmp_path: Path
) -> None:
    (finding,) = [one for one in findings_in(text, tmp_path) if one.code == "EXA405"]
    assert finding.severity is severity


def test_the_pools_of_the_coroutines_of_a_class_are_one_finding(tmp_path: Path) -> None:
    text = POOLS + "import asyncio\nclass C:\n"
    for name in ("f", "g"):
        text += f"    async def {name}(self):\n        with ThreadPoolExecutor(8) as p:\n"
        text += "            await asyncio.get_running_loop().run_in_executor(p, print)\n"
    (finding,) = [one for one in findings_in(text, tmp_path) if one.code == "EXA402"]
    assert finding.message.endswith("makes a ThreadPoolExecutor of its own, in 2 places of C")
    assert [one.message for one in finding.related] == ["C.g makes one"]
