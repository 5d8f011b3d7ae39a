"""The trend's page in a browser: what a reader can do, with and without scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.browser import Browser, browser
from tests.scratch import git, run
from tests.test_trend import CALM, FETCH, SLEEPER, on_day

__all__ = ["browser"]
EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of twelve commits, with a tag, a hostile subject and a hostile file name."""
    folder = tmp_path_factory.mktemp("history") / "service"
    folder.mkdir()
    git(folder, "init", "-qb", "main")
    for number in range(12):
        text = SLEEPER if number % 4 == 1 else CALM
        on_day(folder, f"2026-01-{5 + 2 * number:02}", app=text + f"# {number}\n", more=FETCH)
        if number == 4:
            git(folder, "tag", "v1.0")
    (folder / ("a_long_name_without_an_end_" * 5 + ".py")).write_text(SLEEPER)
    (folder / "a<img src=x onerror=alert(1)>.py").write_text(SLEEPER)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", EVIL)
    watch = ("--alert", "new high in 9d")
    made = run(
        folder, "trend", *watch, "-f", "html=trend.html", "-f", "json=trend.json", "--jobs", "1"
    )
    assert made.returncode == 1, made.stderr
    return folder / "trend.html"


def test_it_opens_from_a_file_with_the_network_cut_off(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.complaints == []
    assert browser.requests == []
    assert browser.driver.find_elements(By.CSS_SELECTOR, "#course canvas")


def test_foreign_text_is_shown_as_text(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.run("return document.querySelectorAll('img, iframe').length") == 0
    assert EVIL in browser.driver.find_element(By.ID, "events").text
    assert EVIL in browser.driver.find_element(By.ID, "told").text


def test_two_commits_side_by_side(browser: Browser, page: Path) -> None:
    browser.open(page)
    points = json.loads(page.with_suffix(".json").read_text())["points"]
    Select(browser.driver.find_element(By.ID, "from")).select_by_value("0")
    Select(browser.driver.find_element(By.ID, "to")).select_by_value("1")
    first = browser.driver.find_element(By.CSS_SELECTOR, "#beside tr").text
    before, after = (points[i]["snapshot"]["score"] for i in (0, 1))
    assert first.split()[:3] == ["score", f"{before:.1f}", f"{after:.1f}"]


def test_it_is_read_without_scripts(browser: Browser, page: Path) -> None:
    browser.open(page, script=False)
    assert browser.driver.find_elements(By.CSS_SELECTOR, "#course svg polyline")
    text = browser.driver.find_element(By.TAG_NAME, "main").text
    assert "EXA405" in text
    assert "v1.0" in text
    assert "Two commits" not in text
    browser.open("about:blank")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_shuts_readers_out(browser: Browser, page: Path, theme: str) -> None:
    browser.open(page, theme=theme)
    assert browser.violations() == []


def test_a_phone_scrolls_down_only(browser: Browser, page: Path) -> None:
    browser.open(page, width=390)
    assert browser.run("return document.documentElement.scrollWidth") <= 390
