"""The timeout map and the generated timeouts.py, of real code and of small projects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from exai_audit.audit.assemble import assemble
from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.results.result import AuditResult
from exai_audit.results.tables import Limit

ORDERS = """\
import os
import requests

LIMIT = float(os.getenv("STOCK_TIMEOUT", "5"))


def stock(url):
    return requests.get(url, timeout=float(os.getenv("STOCK_TIMEOUT", "5")))


def price(url):
    return requests.get(url, timeout=7)
"""
INVOICES = """\
import asyncio
import os
import requests


def stock(url):
    return requests.get(url, timeout=float(os.getenv("STOCK_TIMEOUT", "30")))


async def price(queue):
    async with asyncio.timeout(5):
        return await asyncio.wait_for(queue.get(), 30)


def forever(url):
    return requests.post(url)
"""


def result_of(folder: Path) -> AuditResult:
    settings, _ = load(folder, None, isolated=True)
    audited = audit([folder], folder, settings, 1, lambda done, total: None)
    return assemble(audited, settings, ["scan"], [folder], folder, with_facts=False)


def project(folder: Path, **files: str) -> AuditResult:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return result_of(folder)


def executed(text: str, environment: dict[str, str], folder: Path) -> dict[str, float]:
    module = folder / "generated" / "timeouts.py"
    module.parent.mkdir()
    module.write_text(text, "utf-8")
    program = "import json, dataclasses, timeouts; print(json.dumps(vars(timeouts.TIMEOUTS)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=module.parent,
        env={**os.environ, **environment, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_map_says_what_is_bounded_by_what(tmp_path: Path) -> None:
    rows = {
        row.category: row for row in project(tmp_path, orders=ORDERS, invoices=INVOICES).timeout_map
    }
    http = {(o.operation, o.form): o for o in rows["http-api"].operations}
    assert http["requests.get", "call"].seconds == (5.0, 7.0, 30.0)
    assert http["requests.post", "call"].unlimited == 1
    assert http["requests.post", "call"].findings == ("EXA205",)
    marked = [bool(operation.findings) for operation in rows["http-api"].operations]
    assert marked == sorted(marked, reverse=True)


def test_map_tells_written_limits_from_named_ones(tmp_path: Path) -> None:
    shop = "import requests\n\nLIMIT = 5\n\n\ndef stock(url):\n    requests.get(url, timeout=7)\n"
    (row,) = project(tmp_path, shop=shop + "    requests.get(url, timeout=LIMIT)\n").timeout_map
    limits = {o.operation: o.limits for o in row.operations}
    assert limits["requests.get"] == (Limit(5.0, 0, 1), Limit(7.0, 1, 0))


def test_map_marks_inversions_and_contradictions(tmp_path: Path) -> None:
    rows = project(tmp_path, orders=ORDERS, invoices=INVOICES).timeout_map
    marks = {o.operation: o.findings for row in rows for o in row.operations if o.findings}
    assert marks["STOCK_TIMEOUT"] == marks["requests.get"] == ("EXA203",)
    assert [codes for codes in marks.values() if "EXA204" in codes] == [("EXA204",)]


def test_generated_settings_are_what_was_found(tmp_path: Path) -> None:
    text = project(tmp_path, orders=ORDERS, invoices=INVOICES).timeout_config
    assert text is not None
    decide = ("Decide: the code disagrees.", "5 s: orders.py:8", "30 s: invoices.py:7")
    assert "".join(f"    # {line}\n" for line in decide) in text
    values = executed(text, {"STOCK_TIMEOUT": "9", "REQUESTS_TIMEOUT_SECONDS": "1.5"}, tmp_path)
    assert values["STOCK_TIMEOUT_SECONDS"] == 9.0
    assert values["REQUESTS_TIMEOUT_SECONDS"] == 1.5


def test_one_name_with_several_values_is_told_apart_by_place(tmp_path: Path) -> None:
    one = "import requests\n\n\ndef fetch(url):\n    return requests.get(url, timeout=5)\n"
    text = project(tmp_path, mail=one, stock=one.replace("5", "8")).timeout_config
    assert text is not None
    values = executed(text, {}, tmp_path)
    assert values == {
        "MAIL_REQUESTS_TIMEOUT_SECONDS": 5.0,
        "STOCK_REQUESTS_TIMEOUT_SECONDS": 8.0,
    }


def test_no_scattered_limit_needs_no_settings(tmp_path: Path) -> None:
    assert project(tmp_path, a="LIMIT_TIMEOUT = 5\n").timeout_config is None


def test_hostile_paths_stay_in_their_comment(tmp_path: Path) -> None:
    name = 'a\nimport os; os.abort()  # """'
    one = "import requests\n\nrequests.get('u', timeout=5)\n"
    text = project(tmp_path, **{name: one}).timeout_config
    assert text is not None
    assert executed(text, {}, tmp_path) == {"REQUESTS_TIMEOUT_SECONDS": 5.0}


@pytest.mark.parametrize("source", ["redis", "fixture"])
def test_generated_settings_pass_ruff_and_mypy(source: str, tmp_path: Path) -> None:
    if source == "fixture":
        text = project(tmp_path, orders=ORDERS, invoices=INVOICES).timeout_config
    else:
        text = result_of(Path(str(import_module(source).__file__)).parent).timeout_config
    assert text is not None
    module = tmp_path / "timeouts.py"
    module.write_text(text, "utf-8")
    for command in (
        ["ruff", "check", "--isolated", "--select", "E,F,W,I,UP,B,N", "--target-version", "py310"],
        ["ruff", "format", "--isolated", "--check"],
        ["mypy", "--strict", "--cache-dir", str(tmp_path / "cache")],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command, str(module)],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, text + done.stdout + done.stderr


def test_a_number_of_unknown_unit_is_listed_and_never_a_constant(tmp_path: Path) -> None:
    text = "def press(page, button):\n    page.press(button, timeout=600000)\n"
    generated = project(tmp_path, a=text + "    page.click(button, wait_timeout_ms=500)\n")
    assert generated.timeout_config is not None
    assert "600000" in generated.timeout_config
    assert list(executed(generated.timeout_config, {}, tmp_path).values()) == [0.5]


def test_units_come_from_the_code_that_takes_the_number(tmp_path: Path) -> None:
    taker = "import time\n\n\ndef rest(timeout):\n    time.sleep(timeout / 1000)\n"
    user = "from taker import rest\n\n\ndef work():\n    rest(timeout=1500)\n"
    text = project(tmp_path, taker=taker, user=user).timeout_config
    assert text is not None
    assert list(executed(text, {}, tmp_path).values()) == [1.5]


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("wait(timeout=300)  # 5 minutes", 300.0),
        ("wait(timeout=5)  # minutes", 300.0),
        ("wait(timeout=300)  # 9 minutes", None),
        ("wait(timeout=1500)  # ms", 1.5),
        ("wait(timeout=300)", None),
        ("wait(timeout=0.5)", 0.5),
    ],
)
def test_units_come_from_comments(line: str, seconds: float | None, tmp_path: Path) -> None:
    text = project(tmp_path, a=f"{line}\n").timeout_config
    assert text is not None
    assert list(executed(text, {}, tmp_path).values()) == ([] if seconds is None else [seconds])


def test_a_compound_limit_is_not_cut_to_one_value(tmp_path: Path) -> None:
    text = (
        "import httpx\nimport requests\n\n\ndef stock(url):\n"
        "    httpx.Client(timeout=httpx.Timeout(connect=2, read=90, write=90, pool=4))\n"
        "    return requests.get(url, timeout=(10, 200))\n"
    )
    result = project(tmp_path, a=text)
    messages = [one.message for one in result.findings if one.code == "EXA201"]
    assert any(message.startswith("10 s to connect, 200 s to read is") for message in messages)
    assert result.timeout_config is not None
    assert executed(result.timeout_config, {}, tmp_path) == {
        "HTTPX_CLIENT_CONNECT_TIMEOUT_SECONDS": 2.0,
        "HTTPX_CLIENT_READ_TIMEOUT_SECONDS": 90.0,
        "HTTPX_CLIENT_WRITE_TIMEOUT_SECONDS": 90.0,
        "HTTPX_CLIENT_POOL_TIMEOUT_SECONDS": 4.0,
        "REQUESTS_CONNECT_TIMEOUT_SECONDS": 10.0,
        "REQUESTS_READ_TIMEOUT_SECONDS": 200.0,
    }


def test_the_limits_of_one_call_are_one_place(tmp_path: Path) -> None:
    text = "def load(client):\n    client.load(connect_timeout=1.5, read_timeout=2.5)\n"
    (message,) = (one.message for one in project(tmp_path, a=text).findings)
    assert "1.5 s (connect_timeout), 2.5 s (read_timeout) is" in message
    assert "places" not in message


def test_a_limit_handed_on_is_one_of_the_function_that_is_run(tmp_path: Path) -> None:
    text = (
        "import asyncio\nfrom functools import partial\n\nimport requests\n\n\n"
        "async def work(url, loop, pool, client, job):\n"
        "    await asyncio.to_thread(requests.get, url, timeout=10)\n"
        "    await loop.run_in_executor(None, partial(requests.post, url, timeout=5))\n"
        "    pool.submit(requests.put, url, timeout=16)\n"
        "    client.submit(job, timeout=12)\n"
    )
    result = project(tmp_path, a=text)
    shown = [one.message.partition(" is written into ")[0] for one in result.findings]
    bounded = [one.message.rpartition(" limit of ")[2] for one in result.findings]
    assert shown == ["10 s", "5 s", "16 s", "12 (unit unknown)"]
    assert [one.removesuffix(" (timeout)") for one in bounded] == [
        "requests.get", "requests.post", "requests.put", "client.submit",
    ]  # fmt: skip


def test_what_a_condition_chooses_is_listed_and_never_a_constant(tmp_path: Path) -> None:
    text = (
        "import requests\n\n\ndef work(url, pending, process, future):\n"
        "    requests.get(url, timeout=1200.0 if pending else 1.5)\n"
        "    requests.put(url, timeout=1e16)\n"
        "    process.stdout.readlines(timeout=2.5)\n"
    )
    result = project(tmp_path, a=text)
    generated = result.timeout_config
    assert generated is not None
    assert "a condition of the code chooses between these" in generated
    assert "    # 1200 s or 1.5 s: requests.get.timeout (a.py:5)\n" in generated
    assert not any("1e+16" in one.message for one in result.findings)
    assert executed(generated, {}, tmp_path) == {"WORK_TIMEOUT_SECONDS": 2.5}


def test_units_come_from_libraries_that_count_in_seconds(tmp_path: Path) -> None:
    text = (
        "import httpx\nimport uvicorn\nfrom twisted.internet import reactor\n\n\n"
        "def serve(app, factory, slow):\n"
        "    reactor.connectTCP('stock', 80, factory, timeout=7)\n"
        "    uvicorn.run(app, ws_ping_timeout=60)\n"
        "    read_timeout = 300\n"
        "    return httpx.Client(timeout=httpx.Timeout(30, read=read_timeout))\n"
    )
    result = project(tmp_path, a=text)
    shown = [one.message.partition(" is ")[0] for one in result.findings if one.code == "EXA201"]
    assert shown == ["7 s", "60 s", "300 s", "30 s"]


def test_the_unit_is_that_of_what_a_function_hands_its_keywords_on_to(tmp_path: Path) -> None:
    text = (
        "import requests\n\n\nclass Stock:\n"
        "    def _get(self, path, **options):\n"
        "        return requests.get(path, **options)\n\n"
        "    def level(self):\n        return self._get('/level', timeout=10)\n"
    )
    shown = [one.message.partition(" is ")[0] for one in project(tmp_path, a=text).findings]
    assert shown == ["10 s"]


def test_a_child_that_has_answered_is_less_sure_to_hang(tmp_path: Path) -> None:
    text = (
        "import multiprocessing\n\n\nasync def ask(pipe, work):\n"
        "    child = multiprocessing.Process(target=work)\n    child.start()\n"
        "    said = pipe.recv_bytes()\n    child.join()\n    return said\n"
    )
    found = project(tmp_path, a=text).findings
    assert [one.confidence.value for one in found if one.code == "EXA205"] == ["low"]
