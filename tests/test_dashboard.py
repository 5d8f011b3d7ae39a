"""The dashboard: what it shows, whom it answers, and that nothing of the project ends it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.request import urlopen

import pytest
from selenium.webdriver.support.ui import WebDriverWait
from starlette.testclient import TestClient

from exai_audit.dashboard.pages import dashboard_page, summary
from exai_audit.dashboard.server import Bell, application
from exai_audit.dashboard.watched import Commit, Sight, Watched
from exai_audit.session.open_project import OpenProject, Request
from tests.browser import Browser, browser
from tests.scratch import repository
from tests.test_cli import CLEAN, SLEEPER

__all__ = ["browser"]
TOKEN, PORT = "a-secret-name", 4711
HOST = {"host": f"127.0.0.1:{PORT}"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    (folder / "clean.py").write_text(CLEAN)
    return folder


def watch(folder: Path, seen: list[Sight] | None = None) -> Watched:
    request = Request((folder,), isolated=True, no_cache=True)
    opened = OpenProject(request, lambda: date(2026, 1, 1), lambda text: None)
    return Watched(opened, (seen if seen is not None else []).append)


def test_it_shows_what_is_new_and_what_is_fixed(project: Path) -> None:
    seen: list[Sight] = []
    watched = watch(project, seen)
    watched.look()
    (project / "sleeper.py").write_text(SLEEPER)
    watched.look()
    (project / "sleeper.py").write_text(CLEAN)
    watched.look()
    told = [summary(sight) for sight in seen]
    assert [(one["new"], one["fixed"]) for one in told] == [(0, 0), (1, 0), (0, 0)]
    assert [(new, fixed) for _, new, fixed in watched.sight.scores] == [(0, 0), (1, 0), (0, 1)]
    assert [one["number"] for one in told] == [1, 2, 3]
    assert "sleeper.py" in dashboard_page(seen[1])


def test_it_says_nothing_when_nothing_changed(project: Path) -> None:
    seen: list[Sight] = []
    watched = watch(project, seen)
    watched.look()
    (project / "clean.py").touch()
    watched.look()
    assert len(seen) == 1


def test_a_syntax_error_is_a_finding(project: Path) -> None:
    watched = watch(project)
    watched.look()
    (project / "clean.py").write_text("def (:\n")
    watched.look()
    assert summary(watched.sight)["new"] == 1
    assert "EXA001" in dashboard_page(watched.sight)


def test_a_folder_may_vanish_and_come_back(project: Path) -> None:
    watched = watch(project)
    watched.look()
    project.rename(project.with_name("away"))
    watched.look()
    assert "no such file" in watched.sight.problem
    assert watched.sight.result is not None
    page = dashboard_page(watched.sight)
    assert "no such file" in page
    project.with_name("away").rename(project)
    watched.look()
    assert watched.sight.problem == ""


def test_settings_that_cannot_be_read_are_said(project: Path) -> None:
    request = Request((project,), no_cache=True)
    watched = Watched(
        OpenProject(request, lambda: date(2026, 1, 1), lambda text: None), lambda sight: None
    )
    (project / "pyproject.toml").write_text("[tool.exai-audit]\nnonsense = 1\n")
    watched.look()
    assert "nonsense" in watched.sight.problem
    assert "nonsense" in dashboard_page(watched.sight)


def test_the_line_of_the_score_has_the_commits(project: Path) -> None:
    watched = watch(project)
    watched.look()
    watched.remember([Commit("f" * 40, "2026-01-01", "<b>Begin</b>", 61.5)], "<p>all")
    page = dashboard_page(watched.sight)
    assert "ffffffff 2026-01-01: 61.5, &lt;b&gt;Begin&lt;/b&gt;" in page
    assert "<b>Begin" not in page
    assert 'href="trend"' in page


@pytest.fixture
def client(project: Path) -> Iterator[TestClient]:
    watched = watch(project)
    watched.look()
    loop = asyncio.new_event_loop()
    with TestClient(application(watched, TOKEN, PORT, Bell(loop))) as client:
        yield client
    loop.close()


def test_it_answers_whoever_has_the_address(client: TestClient) -> None:
    page = client.get(f"/{TOKEN}/", headers=HOST)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "connect-src &#39;self&#39;" in page.text
    data = client.get(f"/{TOKEN}/audit.json", headers={"host": f"localhost:{PORT}"})
    assert data.json()["target"]["project"] == "shop"
    assert client.get(f"/{TOKEN}/trend", headers=HOST).status_code == 503


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/another/", {}),
        (f"/{TOKEN}", {}),
        (f"/{TOKEN}/clean.py", {}),
        (f"/{TOKEN}/../clean.py", {}),
        (f"/{TOKEN}/", {"host": f"evil.example:{PORT}"}),
        (f"/{TOKEN}/", {"host": "127.0.0.1"}),
        (f"/{TOKEN}/", {"origin": "http://evil.example"}),
        (f"/{TOKEN}/events", {"sec-fetch-site": "cross-site"}),
    ],
)
def test_it_answers_nobody_else(client: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=HOST | headers, follow_redirects=False)
    assert answer.status_code in (307, 404)
    assert "shop" not in answer.text


def test_it_only_shows(client: TestClient) -> None:
    assert client.post(f"/{TOKEN}/", headers=HOST).status_code == 405


def test_pages_are_told_at_once_and_after_each_change(project: Path) -> None:
    async def told() -> list[int]:
        from exai_audit.dashboard.server import _events

        bell = Bell(asyncio.get_running_loop())
        watched = watch(project)
        stream = _events(lambda: watched.sight, bell)
        numbers = []
        async for text in stream:
            if "data: " not in text:
                continue
            numbers.append(json.loads(text.partition("data: ")[2])["number"])
            if len(numbers) == 2:
                bell.end()
                continue
            await asyncio.to_thread(watched.look)
            bell.ring()
        return numbers

    assert asyncio.run(told()) == [0, 1]


def test_a_page_follows_the_work_until_it_is_interrupted(browser: Browser, tmp_path: Path) -> None:
    folder = repository(tmp_path / "shop", clean=CLEAN)
    command = [sys.executable, "-m", "exai_audit", "dashboard", str(folder), "--isolated"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = re.match(r"http://\S+", process.stdout.readline())
        assert address is not None
        browser.open(address[0])
        wait = WebDriverWait(browser.driver, 60)
        wait.until(lambda _: browser.run("return document.querySelector('#score-data') !== null"))
        (folder / "sleeper.py").write_text(SLEEPER)
        wait.until(lambda _: "sleeper.py" in browser.run("return document.body.innerText"))
        assert browser.run("return document.querySelector('#live h3').textContent") == "New 1"
        wait.until(lambda _: "The whole trend" in browser.run("return document.body.innerText"))
        with urlopen(f"{address[0]}trend") as answer:
            assert "<svg" in answer.read().decode()
        shutil.rmtree(folder)
        wait.until(lambda _: "no such file" in browser.run("return document.body.innerText"))
        assert browser.complaints == []
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        wait.until(lambda _: "reconnecting" in browser.run("return document.body.innerText"))
        assert process.stderr is not None
        assert process.stderr.read() == ""
    browser.open("about:blank")
