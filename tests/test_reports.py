"""All reports, made from one sample result."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from exai_audit.addresses import DOCUMENTATION
from exai_audit.facts.concurrency import PoolFact, PoolKind, PoolLifetime, Workers
from exai_audit.facts.file import FileFacts
from exai_audit.facts.size import LineCounts
from exai_audit.facts.timeouts import Category, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.finding import Confidence, Family, Finding, Related, Scope, Severity, Strength
from exai_audit.location import Place, Span
from exai_audit.planning.agenda import with_agenda
from exai_audit.report import FORMATS, render
from exai_audit.report.bottlenecks import bottlenecks
from exai_audit.report.escape import cell_code, code, html, markdown, prose, visible
from exai_audit.report.members import Json, indented
from exai_audit.results.result import (
    AuditResult,
    Bar,
    Distribution,
    Scale,
    ScopeCount,
    Skipped,
    Suppressed,
    Target,
    TimeoutOperation,
    TimeoutRow,
    Tool,
)
from exai_audit.results.tables import BridgeRow, By, GateVerdict, Limit, ModuleSize, PoolRow
from exai_audit.score.breakdown import broken_down
from exai_audit.score.formula import SHARES, score

EVIL = "\x1b[31m[bold]x[/bold]\u202e|`<script>alert(1)</script>\n@team #1 https://e.example"


def finding(
    code: str, family: Family, severity: Severity, path: str, line: int, **changes: object
) -> Finding:
    made = Finding(
        code=code,
        name=f"{family.value}-rule",
        family=family,
        severity=severity,
        confidence=Confidence.HIGH,
        path=path,
        line=line,
        column=5,
        end_line=line,
        end_column=9,
        symbol="Client.get",
        message=f"something about {family.value}",
        evidence=f"evidence({line})",
        excerpt=(),
        remedy=f"repair {family.value}",
        related=(),
        measured=None,
        threshold=None,
        points=0.0,
        fingerprint=f"{code}{path}{line}",
        scope=Scope.PRODUCTION,
    )
    return replace(made, **changes)


def sample(*extra: Finding) -> AuditResult:
    """Return a result that has some of everything."""
    findings = (
        finding("EXA101", Family.SIZE, Severity.HIGH, "a.py", 1, symbol="", measured=1467.0,
                threshold=300.0),
        finding("EXA102", Family.SIZE, Severity.LOW, "a.py", 40),
        finding("EXA303", Family.CACHES, Severity.CRITICAL, "b.py", 3,
                related=(Related("c.py", 7, "called here"),)),
        finding("EXA201", Family.TIMEOUTS, Severity.LOW, "b.py", 9),
        finding("EXA202", Family.TIMEOUTS, Severity.MEDIUM, "c.py", 2, project_wide=True),
        finding("EXA405", Family.CONCURRENCY, Severity.HIGH, "d.py", 8, confidence=Confidence.LOW),
        *extra,
    )  # fmt: skip
    scored = score(findings, 200_000, tuple(SHARES))
    place = Place(Span(7, 9, 7, 12), "C.get", "get(timeout=5)")
    facts = FileFacts(
        "a.py",
        "a",
        LineCounts(10, 1, 2),
        timeouts=(
            TimeoutFact(place, TimeoutForm.CALL_KEYWORD, ValueKind.LITERAL, 5.0, "timeout",
                        "requests.get", Category.HTTP_API, False),
        ),
        pools=(PoolFact(place, "x.Pool", PoolKind.THREAD, None, "n", Workers.EXPRESSION,
                        PoolLifetime.MODULE, True),),
    )  # fmt: skip
    return AuditResult(
        tool=Tool("1.2.3", 1),
        target=Target(("src",), "cafe", "exai-audit scan src", revision="abc123"),
        scale=Scale(
            files=5, lines=210_000, judged_files=4, judged_lines=200_000,
            scopes=(ScopeCount(Scope.PRODUCTION, 4, 200_000, True),
                    ScopeCount(Scope.TESTS, 1, 10_000, False)),
            timeouts=12, timeout_files=3, longest_module=1467, longest_module_path="a.py",
            left_out=1,
        ),
        score=replace(scored.score, unsuppressed=71.25),
        findings=scored.findings,
        distributions=(Distribution("timeouts", "Timeouts", (Bar("5 s", 10), Bar("9 s", 1))),),
        suppressed=(
            Suppressed(finding("EXA201", Family.TIMEOUTS, Severity.LOW, "s.py", 1), 1, "as told"),
        ),
        skipped=(Skipped("build/x.py", "excluded by build"),),
        facts=(facts,),
    )  # fmt: skip


def full(*extra: Finding) -> AuditResult:
    """Return the sample with everything that follows from it, and a row in every table."""
    sizes = (FileFacts("a.py", "a", LineCounts(1467, 0, 0)),)
    result = with_agenda(sample(*extra), sizes)
    operation = TimeoutOperation(
        "requests.get", "call", 3, 2, (5.0, 9.0), ("pkg.limits.HTTP",), 1, ("EXA203",), "b.py", 9,
        limits=(Limit(5.0, 1, 0), Limit(9.0, 0, 1)),
    )  # fmt: skip
    result = replace(result, modules=(ModuleSize("a.py", 1467, EVIL), ModuleSize("b.py", 80)))
    return replace(
        broken_down(result, By.PACKAGE),
        timeout_map=(TimeoutRow("http-api", 3, 2, (5.0, 9.0), (operation,)),),
        timeout_config="LIMIT = 5.0\n",
        pool_table=(
            PoolRow("d.py", 8, "C.get", "x.Pool", "thread", 2, "literal", "module", True, "", "ok"),
        ),
        bridge_table=(BridgeRow("d.py", 9, "C.get", "asyncio.run", "run", "thread", "EXA404"),),
        gate=(GateVerdict(False, "FAILED: score 71.2 (C-) < 75"),),
        strengths=(Strength("bounded-caches", "e.py", 4, "all caches are bounded"),),
    )


def empty(judged_lines: int) -> AuditResult:
    scored = score((), judged_lines, tuple(SHARES))
    scale = Scale(files=1, lines=judged_lines, judged_files=1, judged_lines=judged_lines)
    return AuditResult(Tool("1", 1), Target((".",), "c", "exai-audit scan"), scale, scored.score)


def evil() -> AuditResult:
    return sample(
        finding(
            "EXA301", Family.CACHES, Severity.CRITICAL, f"{EVIL}.py", 1, symbol=EVIL, message=EVIL,
            evidence=f"```{EVIL}", remedy=EVIL, related=(Related(EVIL, 1, EVIL),),
        )
    )  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_rendering_is_deterministic(name: str) -> None:
    assert render(sample(), name) == render(sample(), name)


@pytest.mark.parametrize("name", FORMATS)
def test_code_cannot_control_the_output(name: str) -> None:
    text = render(evil(), name, top=None)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


@pytest.mark.parametrize("name", ["terminal", "markdown"])
@pytest.mark.parametrize(("lines", "said"), [(0, "n/a"), (500, "A+")])
def test_nothing_found(name: str, lines: int, said: str) -> None:
    text = render(empty(lines), name)
    assert said in text
    assert "Bottlenecks" not in text
    assert ("30.0" in text) is (lines > 0)


def test_bottlenecks_are_what_is_fixed_together() -> None:
    codes = [[f.code for f in group.findings] for group in bottlenecks(sample().findings)]
    assert codes == [["EXA303"], ["EXA202", "EXA201"], ["EXA101", "EXA102"], ["EXA405"]]


def test_what_weighs_nothing_leads_no_finding_that_weighs() -> None:
    found = sample().findings
    unsure = [replace(f, points=0.0) if f.code == "EXA202" else f for f in found]
    leading = {group.head.code: group for group in bottlenecks(unsure)}
    assert [f.code for f in leading["EXA201"].findings] == ["EXA201", "EXA202"]


def test_scripts_come_last_and_apart() -> None:
    found = finding("EXA404", Family.CONCURRENCY, Severity.HIGH, "scripts/load.py", 3)
    result = sample(replace(found, scope=Scope.SCRIPTS))
    assert [group.head.path for group in bottlenecks(result.findings)][-1] == "scripts/load.py"
    terminal = render(result, "terminal")
    assert terminal.index("In scripts, one step lower") < terminal.rindex("scripts/load.py")
    assert "1 finding in scripts, one step lower in severity." in terminal
    assert "**In scripts**" in render(result, "markdown")


def test_bottlenecks_keep_every_point() -> None:
    result = sample()
    total = sum(group.points for group in bottlenecks(result.findings))
    assert total == pytest.approx(sum(found.points for found in result.findings))


def test_terminal_says_most_on_the_first_screen() -> None:
    screen = render(replace(full(), breakdown=None), "terminal").split(
        "Bottlenecks, costliest first"
    )[0]
    assert screen.count("\n") <= 27
    for wanted in ("89.9", "B+", "good, with critical issues", "What costs most", "1 critical"):
        assert wanted in screen
    for category in SHARES:
        assert category.value in screen
    assert "hold the score at 89.9: EXA303 b.py:3:5" in screen


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("result", [full(), evil()], ids=["full", "evil"])
def test_terminal_keeps_to_its_width(result: AuditResult, ascii_only: bool) -> None:
    text = render(result, "terminal", ascii_only=ascii_only)
    limit = 80 if not ascii_only else 100
    assert max(map(len, text.splitlines())) <= limit


def test_terminal_can_do_without_unicode() -> None:
    assert render(evil(), "terminal", ascii_only=True).isascii()


def test_terminal_colours_on_request_only() -> None:
    assert "\x1b[" in render(sample(), "terminal", color=True)
    assert "\x1b[" not in render(sample(), "terminal")


def test_terminal_shows_the_top_and_counts_the_rest() -> None:
    text = render(sample(), "terminal", top=1)
    assert "3 more bottlenecks: --top 4 shows all." in text
    assert "more bottleneck" not in render(sample(), "terminal", top=None)


def test_concise_lines() -> None:
    first = render(sample(), "concise").splitlines()[0]
    assert first == "a.py:1:5: EXA101 high something about size"
    assert render(empty(5), "concise") == ""


def test_concise_has_one_line_per_finding() -> None:
    assert len(render(evil(), "concise").splitlines()) == len(evil().findings)


def test_json_is_the_whole_result() -> None:
    document = json.loads(render(sample(), "json"))
    assert list(document) == [
        "schema_version", "tool", "target", "scale", "score", "findings", "strengths",
        "distributions", "timeout_map", "timeout_config", "cache_table",
        "cache_strategy", "pool_table", "bridge_table", "modules", "plans", "class_plans",
        "recommendations", "phases", "impact", "suppressed", "baseline", "since",
        "skipped", "gate", "breakdown", "facts",
    ]  # fmt: skip
    assert document["target"]["root"] == "."
    assert document["score"]["grade"] == "B+"
    points = sum(found["points"] for found in document["findings"])
    assert points + document["score"]["cap"]["cost"] == pytest.approx(
        100 - document["score"]["value"], abs=1e-9
    )


def test_json_facts_are_flat() -> None:
    facts = json.loads(render(sample(), "json"))["facts"]
    assert sorted(facts) == [
        "blocking", "bridges", "caches", "enclosed", "mismatches", "modules", "pools", "timeouts",
        "unlimited",
    ]  # fmt: skip
    assert facts["timeouts"] == [
        {
            "path": "a.py", "line": 7, "symbol": "C.get", "form": "call-keyword",
            "value": "literal", "seconds": 5.0, "name": "timeout", "operation": "requests.get",
            "category": "http-api", "async": False, "key": "", "first": "", "refers": "",
            "fallback": False, "amount": None, "scale": None, "role": "", "phases": [],
            "choices": [], "call": [0, 0], "literal": "", "literal_span": None,
            "target": "",
        }
    ]  # fmt: skip
    assert "facts" not in json.loads(render(empty(5), "json"))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=())),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_indented_as_python_does_it(value: Json) -> None:
    assert indented(value, 2) == json.dumps(value, indent=2)


def test_json_has_no_infinity() -> None:
    odd = finding("EXA201", Family.TIMEOUTS, Severity.LOW, "b.py", 1, measured=float("inf"))
    assert json.loads(render(sample(odd), "json"))["findings"][-1]["measured"] is None


def test_markdown_sections_are_in_order_and_empty_ones_left_out() -> None:
    titles = re.findall(r"^## (.*)$", render(sample(), "markdown"), re.MULTILINE)
    assert titles == [
        "Executive summary", "Score", "Codebase scale", "Bottlenecks", "Distributions",
        "How to verify",
    ]  # fmt: skip


def test_markdown_has_every_section_that_there_is_something_to_say_in() -> None:
    text = render(full(), "markdown")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "Executive summary", "Score", "Score of each part", "Codebase scale", "Bottlenecks",
        "Strengths",
        "Distributions", "Timeout map", "Recommendations", "Implementation strategy",
        "Risk assessment", "Impact", "Way to the next grade", "How to verify",
    ]  # fmt: skip
    assert "<details><summary>Recommended: timeouts.py</summary>" in text
    assert "| <code>requests.get</code> | 5 s, 9 s, <code>HTTP</code>, none at some |" in text


def test_every_recommendation_is_in_one_table_one_risk_and_the_weeks() -> None:
    result = full()
    text = render(result, "markdown")
    tables = [line for line in text.split("\n") if re.match(r"\| \d+ \| P\d", line)]
    assert len(tables) == len(result.recommendations) > 1
    parts = text.split("## Risk assessment")[1].split("## Impact")[0]
    numbers = re.findall(r"^\| ([\d, -]+) \|", parts, re.MULTILINE)
    covered = [
        number
        for cell in numbers
        for run in cell.split(", ")
        for number in range(int(run.split("-")[0]), int(run.split("-")[-1]) + 1)
    ]
    assert sorted(covered) == list(range(1, len(result.recommendations) + 1))


@pytest.mark.parametrize("result", [full(), evil(), empty(500)], ids=["full", "evil", "empty"])
def test_markdown_renders_as_tables_headings_and_blocks(result: AuditResult) -> None:
    text = render(result, "markdown", top=None)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    opened = Counter(token.type for token in tokens)
    rows = sum(bool(re.match(r"\|[-:|]+\|$", line)) for line in text.split("\n"))
    assert opened["table_open"] == rows
    assert opened["heading_open"] == len(re.findall(r"^#+ ", text, re.MULTILINE))
    inline = [child for token in tokens for child in token.children or () if token.children]
    allowed = {"<code>", "</code>", "<br>", "<span>", "</span>", "<!-- -->"}
    assert {child.content for child in inline if child.type == "html_inline"} <= allowed
    blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert all(block.startswith(("<details><summary>", "</details>")) for block in blocks)


def test_markdown_names_every_finding() -> None:
    text = render(sample(), "markdown", top=1)
    for found in sample().findings:
        assert f"{found.path}:{found.line}:{found.column}: {found.code}" in text


@pytest.mark.parametrize("size", [65_536, 9_000, 4_000, 1_500, 100])
def test_markdown_fits_the_size_asked_for(size: int) -> None:
    many = [
        finding("EXA301", Family.CACHES, Severity.LOW, f"pkg/ü{i}.py", i + 1) for i in range(600)
    ]
    text = render(full(*many), "markdown", top=None, max_size=size)
    assert len(text.encode()) <= size
    assert text.count("<details>") == text.count("</details>")


def test_markdown_holds_no_markup_of_the_code() -> None:
    outside = _outside_code(render(evil(), "markdown", top=None))
    assert "<script" not in outside
    assert "@team" not in outside
    assert "https://" not in outside.replace(DOCUMENTATION, "")


def _outside_code(text: str) -> str:
    text = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", text)


def test_visible_shows_what_hides() -> None:
    assert visible("a\x1b\u202e\udc80\n\tü") == "a\\x1b\\u202e\\udc80\\n    ü"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b _c_", r"a_b \_c\_"),
        ("a|b", "a&#124;b"),
        ("- x", r"\- x"),
        ("1. x", "&#49;. x"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_markdown_text(text: str, shown: str) -> None:
    assert markdown(text) == shown


def test_code_spans_hold_backticks_and_pipes() -> None:
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert cell_code("a|`b") == "<code>a&#124;&#96;b</code>"


def test_prose_shows_names_in_backticks_as_code() -> None:
    assert prose("call `get` now") == "call <code>get</code> now"
    assert prose("odd ` one") == "odd &#96; one"


def test_html_text() -> None:
    assert html('<a b="\x00">') == "&lt;a b=&quot;\\x00&quot;&gt;"
