"""The HTML report in a browser: what a reader can do, with and without scripts."""

from __future__ import annotations

import random
import re
from base64 import b64decode
from pathlib import Path

import pytest
from msgspec.structs import replace
from selenium.webdriver.common.by import By

from exai_audit.finding import Confidence, Family, Finding, Severity, Strength
from exai_audit.fixing.fixer import fixers
from exai_audit.report import render
from exai_audit.report.bottlenecks import bottlenecks
from exai_audit.report.html.rows import rows
from exai_audit.results.plans import Plan
from exai_audit.results.result import AuditResult, CacheRow, Suppressed
from exai_audit.results.tables import ModuleSize
from exai_audit.score.formula import SHARES, score, score_without
from tests.browser import Browser, browser
from tests.findings import CODES
from tests.test_reports import EVIL, evil, finding, full

__all__ = ["browser"]


def crowd(number: int, seed: int = 1) -> AuditResult:
    """Return a result with so many findings more, of all kinds, in many files."""
    dice = random.Random(seed)
    codes = sorted(code for code, family in CODES.items() if family is not Family.AUDIT)
    many = []
    for i in range(number):
        code = dice.choice(codes)
        severity = dice.choices(list(Severity), (40, 30, 20, 10))[0]
        path = f"src/area{i % 7}/module_{i % 90}.py"
        confidence = dice.choice(list(Confidence))
        many.append(
            finding(
                code, CODES[code], severity, path, i + 1, confidence=confidence, fingerprint=f"x{i}"
            )
        )
    result = full(*many)
    return replace(
        result,
        modules=tuple(ModuleSize(f"src/area{i % 7}/module_{i}.py", 40 + i * 9) for i in range(90)),
        strengths=(Strength("bounded-caches", "e.py", 4, "all caches are bounded"),),
        cache_table=(
            CacheRow("b.py", 3, "C.get", "found", "key", "container", "in-memory", None, None, None,
                     False, "EXA301"),
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, Path]:
    result = crowd(300)
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_text(render(result, "html"), encoding="utf-8")
    return result, page


@pytest.fixture
def shown(written: tuple[AuditResult, Path], browser: Browser) -> Browser:
    browser.open(written[1])
    return browser


def listed(browser: Browser) -> int:
    number = browser.run("return document.querySelectorAll('#list > li:not([hidden])').length")
    return int(number)


def test_it_opens_from_a_file_with_the_network_cut_off(shown: Browser) -> None:
    assert shown.complaints == []
    assert shown.requests == []
    assert "findings" in shown.driver.find_element(By.ID, "tally").text


def test_foreign_text_is_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "evil.html"
    result = evil()
    hostile = replace(
        result,
        target=replace(result.target, project=EVIL, command=EVIL, paths=(EVIL,)),
        modules=(ModuleSize(EVIL, 10),),
        suppressed=tuple(Suppressed(f, 1, EVIL) for f in result.findings),
    )
    page.write_text(render(hostile, "html"), encoding="utf-8")
    browser.open(page)
    assert browser.complaints == []
    text = browser.driver.find_element(By.TAG_NAME, "h1").text
    assert "<script>alert(1)</script>" in text
    assert (
        browser.run("return document.querySelectorAll('img, iframe, script:not([id])').length") == 1
    )


def test_filters_are_kept_in_the_address(written: tuple[AuditResult, Path], shown: Browser) -> None:
    result, page = written
    everything = listed(shown)
    assert everything == len(result.findings)
    shown.driver.find_element(By.NAME, "q").send_keys("area3")
    shown.driver.find_element(By.CSS_SELECTOR, "[name=sev][value=high] + span").click()
    found = listed(shown)
    wanted = [f for f in result.findings if "area3" in f.path and f.severity is Severity.HIGH]
    assert found == len(wanted)
    address = shown.driver.current_url
    shown.open(address)
    assert listed(shown) == found
    shown.driver.find_element(By.CSS_SELECTOR, "#filters [type=reset]").click()
    assert listed(shown) == everything
    assert "#" not in shown.driver.current_url
    assert page.as_uri() == shown.driver.current_url


def test_suppressed_findings_are_listed_on_request(
    written: tuple[AuditResult, Path], shown: Browser
) -> None:
    shown.run("location.hash = 'state=suppressed'")
    shown.open(shown.driver.current_url)
    assert listed(shown) == len(written[0].suppressed)


def test_a_block_of_the_bar_shows_its_findings(
    written: tuple[AuditResult, Path], shown: Browser
) -> None:
    shown.run("document.querySelector('#points svg a').dispatchEvent(new MouseEvent('click', "
              "{bubbles: true, cancelable: true}))")  # fmt: skip
    assert listed(shown) == len(bottlenecks(written[0].findings)[0].findings)


def test_an_area_of_the_treemap_opens_its_plan(browser: Browser, tmp_path: Path) -> None:
    plan = Plan("a.py", 1467, 0.5, (), "", ("first this",), (), verdict="Not to be split.")
    result = replace(full(), plans=(plan,), modules=(ModuleSize("a.py", 1467),))
    page = tmp_path / "page.html"
    page.write_text(render(result, "html"), encoding="utf-8")
    browser.open(page)
    browser.driver.find_element(By.CSS_SELECTOR, "#size svg a").click()
    assert browser.driver.find_element(By.CSS_SELECTOR, "#plan1 p").text == "Not to be split."


def test_what_can_be_fixed_has_the_command(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(full(), "html"), encoding="utf-8")
    browser.open(page)
    browser.run("for (const each of document.querySelectorAll('#list details')) each.open = true")
    fixes = browser.driver.find_elements(By.XPATH, "//button[.='Copy fix command']")
    rows = [each.find_element(By.XPATH, "ancestor::li") for each in fixes]
    codes = {row.find_element(By.CLASS_NAME, "rule").text for row in rows}
    assert codes == {f.code for f in full().findings} & set(fixers())
    assert codes


def test_keys_walk_through_the_findings(shown: Browser) -> None:
    body = shown.driver.find_element(By.TAG_NAME, "body")
    body.send_keys("j", "j")
    assert shown.run("return document.activeElement.closest('li').id") == "f2"
    shown.driver.switch_to.active_element.send_keys("k")
    assert shown.run("return document.activeElement.closest('li').id") == "f1"
    shown.driver.switch_to.active_element.send_keys("x")
    assert "1 finding taken out" in shown.driver.find_element(By.ID, "dock-said").text
    shown.driver.switch_to.active_element.send_keys("/")
    assert shown.run("return document.activeElement.name") == "q"


def test_a_finding_leads_to_its_line_at_the_revision(browser: Browser, tmp_path: Path) -> None:
    result = full()
    target = replace(
        result.target, permalink="https://git.example/acme/shop/blob/abc/", folder="py & co"
    )
    page = tmp_path / "page.html"
    page.write_text(render(replace(result, target=target), "html"), encoding="utf-8")
    browser.open(page)
    browser.driver.find_element(By.CSS_SELECTOR, "#list summary").click()
    (link,) = browser.driver.find_elements(By.LINK_TEXT, "Source")
    assert link.get_attribute("href") == (
        "https://git.example/acme/shop/blob/abc/py%20%26%20co/b.py#L3"
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_score_without_findings_is_that_of_the_formula(
    browser: Browser, tmp_path: Path, seed: int
) -> None:
    result = crowd(120, seed)
    scored = score(result.findings, 3_000 * seed**5, tuple(SHARES))
    result = replace(result, score=scored.score, findings=scored.findings, suppressed=())
    page = tmp_path / "page.html"
    page.write_text(render(result, "html"), encoding="utf-8")
    by_number = {row.number: row.finding for row in rows(result, bottlenecks(result.findings))}
    dice = random.Random(seed)
    numbers = [n for n, f in by_number.items() if f.category is not None]
    subsets = [dice.sample(numbers, dice.randint(1, len(numbers))) for _ in range(150)]
    browser.open(page)
    said = browser.run(
        """return arguments[0].map(numbers => {
            history.replaceState(null, "", "#out=" + numbers.join("."));
            dispatchEvent(new HashChangeEvent("hashchange"));
            return document.getElementById("dock").dataset.value;
        })""",
        subsets,
    )
    wanted = [score_without(scored.score, _of(by_number, subset)) for subset in subsets]
    assert [float(text) for text in said] == wanted


def _of(by_number: dict[int, Finding], numbers: list[int]) -> list[Finding]:
    return [by_number[number] for number in numbers]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_shuts_readers_out(
    browser: Browser, tmp_path: Path, theme: str, width: int
) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(crowd(25), "html"), encoding="utf-8")
    browser.open(page, theme=theme, width=width)
    browser.run(
        "for (const each of document.querySelectorAll('details:not(#list *)')) each.open = true"
    )
    assert browser.violations() == []


def test_a_phone_scrolls_down_only(written: tuple[AuditResult, Path], browser: Browser) -> None:
    browser.open(written[1], width=390)
    assert browser.run("return document.documentElement.scrollWidth") <= 390


def test_it_is_read_without_scripts(written: tuple[AuditResult, Path], browser: Browser) -> None:
    browser.open(written[1], script=False)
    text = browser.driver.find_element(By.TAG_NAME, "main").text
    assert "Where the points went" in text
    assert "src/area0/module_0.py" in text
    assert "Search" not in text
    browser.open("about:blank")


def test_it_prints_on_six_pages(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "many.html"
    page.write_text(render(crowd(1000), "html"), encoding="utf-8")
    browser.open(page)
    printed = b64decode(browser.driver.print_page())
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 6
