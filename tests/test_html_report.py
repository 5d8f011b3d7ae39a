"""The HTML report as text: what it holds, what it may do, how large it is."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from importlib import util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from exai_audit.cli.deliver import requested
from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.errors import UsageError
from exai_audit.finding import Related
from exai_audit.location import Span
from exai_audit.report import render
from exai_audit.report.html.chains import chains
from exai_audit.report.html.changes import diff
from exai_audit.report.page.charts.treemap import Box, squarified
from exai_audit.results.embedded import embedded, extracted
from exai_audit.results.plans import Plan
from exai_audit.results.result import AuditResult, Breakdown, PartScore
from exai_audit.results.stored import result_of
from exai_audit.results.tables import By, ModuleSize
from tests.test_html_page import crowd
from tests.test_reports import empty, full, sample


def test_the_policy_allows_the_scripts_of_the_page_and_nothing_else() -> None:
    page = render(full(), "html")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    hashes = [
        f"sha256-{b64encode(sha256(t.encode()).digest()).decode()}" for t in (*scripts, style)
    ]
    said = policy[1].replace("&#39;", "'")
    assert said.startswith("default-src 'none';")
    assert re.findall(r"sha256-[^']+", said) == hashes
    assert not re.search(r'\s(?:style|on\w+|src)="', page)
    loads = re.findall(r"<(?:link|img|iframe|object|embed|script|audio|video)\b[^>]*", page)
    assert [tag for tag in loads if "://" in tag] == []


def test_the_page_is_the_data_too() -> None:
    result = replace(crowd(20), facts=None)
    assert render(result_of(render(result, "html"), "page.html"), "json") == render(result, "json")


@given(st.text())
def test_what_is_embedded_comes_out_again(text: str) -> None:
    made = text.encode("utf-8", "replace").decode()
    assert extracted(f"<html>{embedded(made)}</html>", 10**6) == made


def test_damaged_and_huge_data_are_refused() -> None:
    page = embedded("x" * 1000)
    with pytest.raises(ValueError, match="too large"):
        extracted(page, 999)
    whole = embedded("some text that is packed into more than a few bytes")
    opening, _, data = whole.removesuffix("</script>").partition(">")
    with pytest.raises(ValueError, match="cut off"):
        extracted(f"{opening}>{data[:40]}</script>", 10**6)
    assert extracted("<html></html>", 10) is None


@pytest.mark.parametrize("number", [0, 200, 1000])
def test_it_keeps_to_its_size(number: int) -> None:
    result = crowd(number)
    plan = Plan("a.py", 1467, 0.5, (), "x", tuple(f"step {i} of many" for i in range(1500)), ())
    for each in (result, replace(result, plans=(plan,) * 8)):
        size = len(render(each, "html").encode())
        assert size <= 300_000 + 1_200 * len(each.findings)


def test_excerpts_are_those_of_the_worst() -> None:
    page = render(crowd(2100), "html")
    assert page.count('<li id="f') == 2107
    assert page.count("<details><summary><span") == 2000
    assert "Excerpts and remedies are shown of the worst 2,000 findings" in page


def test_every_finding_is_listed_with_its_weight() -> None:
    result = sample()
    page = render(result, "html")
    for finding in result.findings:
        assert f"{finding.path}:{finding.line}" in page
        if finding.category is not None:
            assert f'data-w="{finding.weight}" data-g="{finding.category.value}"' in page


@pytest.mark.parametrize("lines", [0, 5])
def test_nothing_found_is_said(lines: int) -> None:
    page = render(empty(lines), "html")
    assert "Nothing was found." in page
    assert ("There is no score" in page) == (lines == 0)


@pytest.mark.parametrize("result", [crowd(20), empty(5), empty(0)])
def test_no_link_within_the_page_leads_nowhere(result: AuditResult) -> None:
    page = render(result, "html")
    wanted = set(re.findall(r'href="#([^"]+)"', page))
    assert wanted - set(re.findall(r'\bid="([^"]+)"', page)) == set()


def test_sections_come_in_order() -> None:
    sections = re.findall(r'<section id="(\w+)"', render(crowd(20), "html"))
    assert sections == [
        "verdict", "points", "first", "parts", "size", "timeouts", "caches", "concurrency",
        "findings", "strengths", "ledger", "plan", "verify",
    ]  # fmt: skip


def test_a_chain_ends_where_it_blocks() -> None:
    finding = next(f for f in sample().findings if f.code == "EXA405")
    related = (
        Related("d.py", 5, "the coroutine go"),
        Related("e.py", 9, "step calls send"),
        Related("f.py", 2, "socket.recv blocks in send"),
        Related("g.py", 4, "other calls send"),
    )
    (chain,) = chains([replace(finding, related=related)])
    assert [hop.path for hop in chain.hops] == ["d.py", "d.py", "e.py", "f.py"]
    assert chain.others == related[3:]


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60))
def test_areas_are_in_proportion_and_within_the_picture(sizes: list[float]) -> None:
    ordered = sorted(sizes, reverse=True)
    boxes = squarified(ordered)
    for box, size in zip(boxes, ordered, strict=True):
        assert box.width * box.height == pytest.approx(size / sum(ordered), rel=1e-6, abs=1e-9)
        assert box.x >= -1e-9 and box.x + box.width <= 1 + 1e-9
        assert box.y >= -1e-9 and box.y + box.height <= 1 + 1e-9
    assert not any(_overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])


def _overlap(one: Box, other: Box) -> bool:
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return wide > 1e-6 and high > 1e-6


def test_a_missing_extra_is_said_before_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exai_audit.cli.extras.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'exai-audit\[html\]'"):
        requested(["html=report.html"], None)


def test_templates_and_assets_are_next_to_their_modules() -> None:
    found = util.find_spec("exai_audit.report.page")
    assert found is not None and found.origin is not None
    names = {path.name for path in Path(found.origin).parent.rglob("*") if path.is_file()}
    assert {"frame.html", "macros.html", "page.css", "page.js"} <= names


def test_a_fix_is_shown_as_a_diff() -> None:
    edits = (
        Edit("b.py", Span(3, 17, 3, 18), "LIMIT"),
        Edit("b.py", Span(3, 8, 3, 9), "url"),
        Edit("b.py", Span(1, 1, 1, 1), "from shop import LIMIT\n"),
        Edit("shop.py", Span(1, 1, 1, 1), "\nLIMIT = 5\n"),
    )
    result = sample()
    found = next(f for f in result.findings if (f.path, f.line) == ("b.py", 3))
    fix = Fix(Applicability.SAFE, "name it", edits)
    fixed = replace(found, excerpt=("   get(u, limit=5)",), fix=fix)
    assert diff(fixed).split("\n") == [
        "- get(u, limit=5)", "+ get(url, limit=LIMIT)",
        "@ b.py:1", "+ from shop import LIMIT", "@ shop.py:1", "+ LIMIT = 5",
    ]  # fmt: skip
    page = render(replace(result, findings=(fixed,)), "html")
    assert '<pre class="diff"' in page
    assert "<b>Safe fix</b> name it" in page
    assert diff(found) == ""


def test_owners_can_be_chosen_where_there_are_some() -> None:
    result = sample()
    owned = replace(result, modules=(ModuleSize("a.py", 10, owners=("@team/a", "@b")),))
    assert 'data-ow="@team/a @b"' in render(owned, "html")
    assert 'name="own"' in render(owned, "html")
    assert 'name="own"' not in render(result, "html")


def test_parts_have_their_scores() -> None:
    result = sample()
    part = PartScore("shop", 3, 200, 2, result.score)
    page = render(replace(result, breakdown=Breakdown(By.PACKAGE, (part,))), "html")
    assert "By package" in page
    assert '<th scope="row">shop</th>' in page
