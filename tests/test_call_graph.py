"""The call graph over all files: what terms denote, which ways lead to what blocks, how grave."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.collectors import collect
from exai_audit.config import load
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Confidence, Finding, Severity
from exai_audit.project.call_graph import CallGraph
from exai_audit.project.targets import LibraryTarget, Target

TODAY = date(2026, 6, 1)


def facts(files: dict[str, str]) -> list[FileFacts]:
    return [
        collect(path, text.encode(), path.removesuffix(".py").replace("/", "."))
        for path, text in files.items()
    ]


def denoted(term: str, files: dict[str, str]) -> Target | None:
    graph = CallGraph(facts(files))
    return graph.resolution.resolve(term, graph.definitions.modules[-1])


def blocked(files: dict[str, str], root: Path) -> list[Finding]:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (root / ".git").mkdir(exist_ok=True)
    settings, _ = load(root, None, False)
    result = audit([root], root, settings, 1, lambda done, total: None, today=TODAY)
    return [finding for finding in result.findings if finding.code == "EXA405"]


CLIENTS = """
import requests

def make():
    return requests.Session()

class Shop:
    def __init__(self):
        self.session = make()

class Branch(Shop):
    pass

shop = Branch()
"""


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("app.clients.make().get", "requests.Session.get"),
        ("app.clients.Shop().session.get", "requests.Session.get"),
        ("app.clients.Branch.session.post", "requests.Session.post"),
        ("app.clients.shop.session.put", "requests.Session.put"),
        ("clients.shop.session.put", "requests.Session.put"),
        ("boto3.client().list_buckets", "botocore.client.BaseClient.list_buckets"),
    ],
)
def test_a_term_is_followed_through_files(term: str, name: str) -> None:
    files = {"app/clients.py": CLIENTS, "app/user.py": "from app import clients\n"}
    assert denoted(term, files) == LibraryTarget(name)


def test_terms_end_where_they_go_round_in_circles() -> None:
    files = {
        "a.py": "import b\ndef f():\n    return b.g()\n",
        "b.py": "import a\ndef g():\n    return a.f()\n",
    }
    assert denoted("a.f().get", files) is None


WAY = {
    "shop/prices.py": (
        "import requests\ndef price(x):\n    return requests.get(x, timeout=5)\n"
        "def dear(x):\n    return price(x) > 1\n"
    ),
    "shop/views.py": (
        "from shop.prices import dear, price\n"
        "async def a(x):\n    return dear(x)\n"
        "async def b(x):\n    return price(x)\n"
    ),
}


def test_callers_of_one_place_are_one_finding_that_shows_the_way(tmp_path: Path) -> None:
    (finding,) = blocked(WAY, tmp_path)
    assert (finding.path, finding.line) == ("shop/views.py", 5)
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.MEDIUM)
    assert "1 more call" in finding.message
    assert [(one.path, one.line) for one in finding.related] == [
        ("shop/views.py", 4), ("shop/prices.py", 3), ("shop/views.py", 3),
    ]  # fmt: skip


def test_a_way_is_shown_hop_by_hop(tmp_path: Path) -> None:
    files = {**WAY, "shop/views.py": WAY["shop/views.py"].partition("async def b")[0]}
    (finding,) = blocked(files, tmp_path)
    assert [one.message for one in finding.related] == [
        "the coroutine a", "dear calls price", "requests.get blocks in price",
    ]  # fmt: skip


def test_many_coroutines_with_one_kind_of_client_are_one_finding(tmp_path: Path) -> None:
    route = "async def r{0}(db: Session):\n    db.get(object, {0})\n"
    text = "from sqlalchemy.orm import Session\n" + "".join(route.format(n) for n in range(12))
    (finding,) = blocked({"routes.py": text}, tmp_path)
    assert finding.project_wide
    assert (finding.measured, len(finding.related)) == (12, 11)


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("time.sleep(1)", Severity.HIGH),
        ("time.sleep(x)", Severity.HIGH),
        ("time.sleep(0.1)", Severity.MEDIUM),
        ("time.sleep(min(x, 0.5))", Severity.MEDIUM),
        ("time.sleep(0.05)", Severity.LOW),
        ("requests.get(x, timeout=5)", Severity.HIGH),
        ("requests.get(x, timeout=0.5)", Severity.MEDIUM),
        ("requests.get('http://localhost:80/', timeout=5)", Severity.LOW),
        ("subprocess.run(x)", Severity.HIGH),
        ("socket.getaddrinfo(x, 80)", Severity.MEDIUM),
        ("sqlite3.connect(x).execute('select 1')", Severity.MEDIUM),
        ("input()", Severity.LOW),
    ],
)
def test_severity_says_how_long_it_takes(line: str, severity: Severity, tmp_path: Path) -> None:
    text = f"import time, socket, sqlite3, subprocess, requests\nasync def f(x):\n    {line}\n"
    (finding,) = blocked({"a.py": text}, tmp_path)
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("@app.on_event('startup')\nasync def f():\n    time.sleep(1)\n", Severity.LOW),
        ("async def f():\n    time.sleep(1)\nasyncio.run(f())\n", Severity.LOW),
        (
            "async def f():\n    time.sleep(1)\n"
            "async def g():\n    asyncio.create_task(f())\nasyncio.run(g())\n",
            Severity.HIGH,
        ),
        ("async def start():\n    time.sleep(1)\n", Severity.HIGH),
    ],
)
def test_severity_says_who_waits(text: str, severity: Severity, tmp_path: Path) -> None:
    (finding,) = blocked({"a.py": f"import asyncio, time\n{text}"}, tmp_path)
    assert finding.severity is severity


def test_a_module_beside_a_package_of_its_name_is_never_meant() -> None:
    files = {
        "app/clients.py": "import requests\nsession = requests.Session()\n",
        "app/clients/__init__.py": "import httpx\nsession = httpx.Client()\n",
        "app/user.py": "from app.clients import session\n",
    }
    assert denoted("app.clients.session.get", files) == LibraryTarget("httpx.Client.get")
