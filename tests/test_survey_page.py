"""The survey's page in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser import Browser, browser
from tests.scratch import run
from tests.test_survey import CALM, FETCH, SLEEPER

__all__ = ["browser"]
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of four repositories, of which one is not there."""
    folder = tmp_path_factory.mktemp("fleet")
    entries = []
    for name, text in (("calm", CALM), ("fetcher", FETCH), ("worse", FETCH + SLEEPER)):
        (folder / name).mkdir()
        (folder / name / "app.py").write_text(text)
        entries.append(f"[[repository]]\nsource = '{name}'\nowner = '{EVIL}'\ntags = ['python']\n")
    entries.append("[[repository]]\nsource = 'gone'\nowner = 'payments'\n")
    (folder / "fleet.toml").write_text("\n".join(entries))
    made = run(folder, "survey", "fleet.toml", "-f", "html=pages/fleet.html", "--jobs", "2")
    assert made.returncode == 2  # the folder of the page is not made for it
    (folder / "pages").mkdir()
    made = run(folder, "survey", "fleet.toml", "--resume", "-f", "html=pages/fleet.html")
    assert made.returncode == 0, made.stderr
    return folder / "pages" / "fleet.html"


def names(browser: Browser) -> list[str]:
    cells = browser.driver.find_elements(By.CSS_SELECTOR, "#fleet tbody th")
    return [cell.text for cell in cells if cell.is_displayed()]


def test_it_opens_from_a_file_with_the_network_cut_off(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.complaints == []
    assert browser.requests == []
    assert names(browser) == ["worse", "fetcher", "calm", "gone"]


def test_foreign_text_is_shown_as_text(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.run("return document.querySelectorAll('img').length") == 0
    assert EVIL in browser.driver.find_element(By.ID, "fleet").text


def test_rows_are_filtered_and_sorted(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.driver.find_element(By.NAME, "q").send_keys("exa405")
    assert names(browser) == ["worse"]
    browser.open(page)
    heads = browser.driver.find_elements(By.CSS_SELECTOR, "#fleet thead th button")
    next(head for head in heads if head.text == "repository").click()
    assert names(browser) == ["calm", "fetcher", "gone", "worse"]
    owner = browser.driver.find_element(By.NAME, "owner")
    owner.send_keys("payments")
    assert names(browser) == ["gone"]


def test_it_leads_to_each_repositorys_page(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.driver.find_element(By.LINK_TEXT, "worse").click()
    assert "worse" in browser.driver.title
    assert browser.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_shuts_readers_out(browser: Browser, page: Path, theme: str) -> None:
    browser.open(page, theme=theme)
    assert browser.violations() == []


def test_a_phone_scrolls_down_only(browser: Browser, page: Path) -> None:
    browser.open(page, width=390)
    assert browser.run("return document.documentElement.scrollWidth") <= 390
