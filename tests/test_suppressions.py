"""Comments that silence findings, and what they silence."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.audit.suppress import split, stale
from exai_audit.collectors.comments.suppressions import suppressions
from exai_audit.config import Settings
from exai_audit.facts.file import FileFacts
from exai_audit.facts.size import LineCounts
from exai_audit.facts.suppressions import SuppressionFact
from exai_audit.files.source import decode
from exai_audit.finding import Confidence, Family, Finding, Scope, Severity
from exai_audit.project.project import Project

_ALL = Settings()
_DAY = date(2026, 6, 1)


def read(text: str) -> tuple[SuppressionFact, ...]:
    return suppressions(decode("a.py", text.encode()))


def covered(text: str) -> list[tuple[int, int]]:
    return [(fact.first, fact.last) for fact in read(text)]


def finding(line: int, code: str = "EXA201", path: str = "a.py", wide: bool = False) -> Finding:
    return Finding(
        code=code,
        name="scattered-timeout",
        family=Family.TIMEOUTS,
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        path=path,
        line=line,
        column=1,
        end_line=line,
        end_column=2,
        symbol="",
        message="",
        evidence="",
        excerpt=(),
        remedy="",
        related=(),
        measured=None,
        threshold=None,
        points=0.0,
        fingerprint="",
        scope=Scope.PRODUCTION,
        project_wide=wide,
    )


def project(*facts: SuppressionFact) -> Project:
    file = FileFacts("a.py", "a", LineCounts(9, 0, 0), suppressions=facts)
    return Project((file,), {"a.py": Scope.PRODUCTION}, frozenset({"a.py"}))


def test_comment_behind_code_covers_its_line() -> None:
    assert read("x = 1\ny = 2  # exai: ignore[EXA201, exa205] -- slow peer\n") == (
        SuppressionFact(
            line=2,
            codes=("EXA201", "EXA205"),
            reason="slow peer",
            first=2,
            last=2,
            whole_file=False,
            column=8,
            text="# exai: ignore[EXA201, exa205] -- slow peer",
        ),
    )


def test_until_does_not_hide_the_reason() -> None:
    (fact,) = read("x = 1  # exai: ignore[EXA201] until=2027-01-31 -- moving away\n")
    assert fact.reason == "moving away"


def test_comment_may_follow_another_one() -> None:
    assert covered("x = 1  # noqa: E501  # exai: ignore[EXA201]\n") == [(1, 1)]


@pytest.mark.parametrize(
    "text",
    [
        'x = "# exai: ignore[EXA201]"\n',
        '"""\n# exai: ignore[EXA201]\n"""\n',
        "x = 1  # write `# exai: ignore[EXA201]` here\n",
        "x = 1  # exai: ignored[EXA201]\n",
        "x = 1  # exai: noted\n",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # exai: ignore\n",
        "x = 1  # exai: ignore[]\n",
        "x = 1\n# exai: ignore-file[EXA101]\n",
        "x = 1  # exai: ignore[EXA201] until=soon\n",
        "x = 1  # exai: ignore[EXA201] until=2027-13-01\n",
        "x = 1  # exai: ignore[EXA201] until= -- why\n",
    ],
)
def test_what_is_badly_written_never_holds(text: str) -> None:
    (fact,) = read(text)
    assert not fact.holds_on(date(2000, 1, 1))


@pytest.mark.parametrize("day", ["until=2027-01-31 -- why", "-- why until=2027-01-31"])
def test_a_suppression_holds_through_its_last_day(day: str) -> None:
    (fact,) = read(f"x = 1  # exai: ignore[EXA201] {day}\n")
    assert fact.reason == "why"
    assert fact.holds_on(date(2027, 1, 31))
    assert not fact.holds_on(date(2027, 2, 1))


@pytest.mark.parametrize(
    "text",
    [
        "f(\n    a, timeout=5\n)  # exai: ignore[EXA201]\n",
        "x = f(\n    g(\n        1\n    ),\n    2,\n)  # exai: ignore[EXA201]\n",
        "def f(\n    a, timeout=5\n) -> int:  # exai: ignore[EXA201]\n    return 1\n",
        "x = f(\n    ')'\n)  # exai: ignore[EXA201]\n",
    ],
)
def test_comment_that_a_formatter_moved_behind_the_bracket_covers_the_call(text: str) -> None:
    line = 1 + text[: text.index("# exai")].count("\n")
    assert covered(text) == [(1, line)]


@pytest.mark.parametrize(
    ("comment", "codes", "reason"),
    [
        ("# exai: ignore[EXA201] -- why  # noqa: E501", ("EXA201",), "why"),
        ("# exai: ignore[EXA201] -- see #12", ("EXA201",), "see #12"),
        ("# type: ignore[attr]  # exai: ignore[EXA201] -- why", ("EXA201",), "why"),
    ],
)
def test_other_markers_in_the_comment_do_no_harm(
    comment: str, codes: tuple[str, ...], reason: str
) -> None:
    (fact,) = read(f"x = 1  {comment}\n")
    assert (fact.codes, fact.reason) == (codes, reason)


def test_two_suppressions_in_one_comment() -> None:
    first, second = read("x = 1  # exai: ignore[EXA201] -- a  # exai: ignore[EXA405] -- b\n")
    assert (first.codes, first.reason) == (("EXA201",), "a")
    assert (second.codes, second.reason) == (("EXA405",), "b")


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        ("x = 1\n", 1),
        ("x = f(\n    1,\n)\n", 3),
        ("def f():\n    x = 1\n\n    return x\n", 4),
        ("@a\n@b(\n    1)\ndef f():\n    return 1\n", 5),
        ("if a:\n    b()\nelif c:\n    d()\n# note\nelse:\n    e()\n", 7),
        ("try:\n    if a:\n        b()\nfinally:\n    c()\n", 5),
        ("if a: b()\nelse: c()\n", 2),
        ("x = 1; y = 2\n", 1),
        ("class A:\n    def f(self):\n        pass\n    x = 1\n", 4),
    ],
)
def test_comment_above_covers_the_statement(statement: str, lines: int) -> None:
    text = f"# exai: ignore[EXA201]\n# more words\n\n{statement}z = 0\n"
    assert covered(text) == [(4, 3 + lines)]


def test_indented_comment_covers_the_statement_below() -> None:
    text = "def f():\n    # exai: ignore[EXA201]\n    x = g(\n        1)\n    y = 2\n"
    assert covered(text) == [(3, 4)]


def test_last_statement_of_a_block_does_not_reach_beyond() -> None:
    text = "def f():\n    a()\n    # exai: ignore[EXA201]\n    b()\n\n\nc()\n"
    assert covered(text) == [(4, 4)]


def test_comment_inside_brackets_covers_the_next_line() -> None:
    assert covered("f(\n    # exai: ignore[EXA201]\n    timeout=5,\n    x=1,\n)\n") == [(3, 3)]


def test_comment_behind_a_long_string_covers_it_all() -> None:
    assert covered('a = 0\nx = """one\ntwo"""  # exai: ignore[EXA201]\n') == [(2, 3)]


@pytest.mark.parametrize("head", ["", '"""Docstring."""\n', "#!/usr/bin/env python\n\n"])
def test_comment_for_the_file_stands_at_the_top(head: str) -> None:
    (fact,) = read(f"{head}# exai: ignore-file[EXA101] -- a table\nx = 1\n")
    assert fact.whole_file
    assert fact.reason == "a table"


def test_broken_source_keeps_what_was_read() -> None:
    assert covered("x = 1  # exai: ignore[EXA201]\ny = (\n") == [(1, 1)]


def test_comment_at_the_end_of_the_file_covers_nothing_else() -> None:
    assert len(covered("x = 1\n# exai: ignore[EXA201]")) == 1


def test_split_by_line_and_code() -> None:
    comment = SuppressionFact(2, ("EXA201",), "why", 2, 3, False)
    findings = (finding(1), finding(3), finding(3, "EXA205"))
    active, silenced = split(findings, project(comment), Settings().rules)
    assert active == (findings[0], findings[2])
    assert [(s.finding, s.line, s.reason) for s in silenced] == [(findings[1], 2, "why")]


def test_whole_file_comment_silences_everywhere_but_not_the_project_wide() -> None:
    comment = SuppressionFact(1, ("EXA202",), "", 1, 9, True)
    wide, narrow = finding(5, "EXA202", wide=True), finding(7, "EXA202")
    active, silenced = split((wide, narrow), project(comment), Settings().rules)
    assert active == (wide,)
    assert [s.finding for s in silenced] == [narrow]


def test_settings_silence_by_path() -> None:
    settings = Settings(per_file_ignores=(("scripts/", ("EXA2",)),))
    inside, outside = finding(1, path="scripts/a.py"), finding(1)
    active, silenced = split((inside, outside), project(), settings.rules)
    assert active == (outside,)
    assert [(s.line, s.reason) for s in silenced] == [(0, "per-file-ignores 'scripts/'")]


def stale_of(
    text: str, *findings: Finding, settings: Settings = _ALL, today: date = _DAY
) -> list[tuple[str, tuple[str, ...]]]:
    found = stale(findings, project(*read(text)), settings.rules, today)
    return [(one.why.value, one.codes) for one in found]


@pytest.mark.parametrize(
    ("comment", "why", "codes"),
    [
        ("ignore[EXA405]", "unused", ("EXA405",)),
        ("ignore[EXA201, EXA405]", "unused", ("EXA405",)),
        ("ignore[EXA999]", "unknown", ("EXA999",)),
        ("ignore[EXA2]", "unknown", ("EXA2",)),
        ("ignore[EXA201] until=2026-01-01", "expired", ("EXA201",)),
        ("ignore[EXA201] until=tomorrow", "no-date", ("EXA201",)),
        ("ignore", "blanket", ()),
        ("ignore[EXA202]", "project-wide", ("EXA202",)),
    ],
)
def test_stale_suppressions(comment: str, why: str, codes: tuple[str, ...]) -> None:
    findings = (finding(1), finding(1, "EXA202", wide=True))
    assert stale_of(f"x = 1  # exai: {comment}\n", *findings) == [(why, codes)]


@pytest.mark.parametrize("comment", ["ignore[EXA201]", "ignore[EXA003]"])
def test_what_is_used_is_not_stale(comment: str) -> None:
    assert stale_of(f"x = 1  # exai: {comment}\n", finding(1)) == []


def test_a_suppression_of_a_rule_that_does_not_run_here_is_not_stale() -> None:
    text = "x = 1  # exai: ignore[EXA405]\n"
    assert stale_of(text, settings=Settings(select=("EXA1",))) == []
    ignored = Settings(per_file_ignores=(("a.py", ("EXA4",)),))
    assert stale_of(text, settings=ignored) == []


def test_expired_suppression_silences_nothing() -> None:
    (comment,) = read("x = 1  # exai: ignore[EXA201] until=2026-01-01\n")
    active, silenced = split((finding(1),), project(comment), _ALL.rules, _DAY)
    assert (len(active), silenced) == (1, ())


def test_project_judges_neither_stubs_nor_generated_nor_other_scopes() -> None:
    counts = LineCounts(1, 0, 0)
    files = (
        FileFacts("a.py", "a", counts),
        FileFacts("b.pyi", "b", counts),
        FileFacts("c.py", "c", counts, generated=True),
        FileFacts("test_d.py", "test_d", counts),
    )
    judged = frozenset({"a.py", "b.pyi", "c.py"})
    scopes = dict.fromkeys((file.path for file in files), Scope.PRODUCTION)
    assert [f.path for f in Project(files, scopes, judged).judged_files()] == ["a.py"]


UNFORMATTED = """\
import functools
import time
from concurrent.futures import ThreadPoolExecutor
import httpx

class Client:
    def __init__(self, url, first = None, second = None, third = None, fourth = None, fifth = 5.0): # exai: ignore[EXA102] -- stale
        self.pool = ThreadPoolExecutor(max_workers = 2, thread_name_prefix = 'a-rather-long-prefix-of-threads') # exai: ignore[EXA403] -- small

    @functools.lru_cache(maxsize = None)  # exai: ignore[EXA302] -- few
    def load(self, key):
        return httpx.get(key, headers = {'accept': 'application/json', 'user-agent': 'x'}, timeout = 30) # exai: ignore[EXA201] -- agreed

    async def wait(self):
        if self.url: time.sleep(1) # exai: ignore[EXA405] -- start-up
        return [time.sleep(2), httpx.head('https://example.org/a/very/long/path/that/does/not', timeout = 7)] # exai: ignore[EXA405, EXA201] -- start-up

    # exai: ignore[EXA201] -- the whole call
    def fetch(self): return httpx.options(self.url, params = {'a': 1, 'b': 2, 'c': 3, 'd': 4}, timeout = 11)
"""  # noqa: E501


def test_a_formatter_changes_nothing_about_suppressions(tmp_path: Path) -> None:
    file = tmp_path / "client.py"
    file.write_text(UNFORMATTED)
    before = found_in(tmp_path)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", "--isolated", file], check=True)
    assert file.read_text().count("\n") > UNFORMATTED.count("\n") + 10
    assert found_in(tmp_path) == before
    active, silenced = before
    assert active == ["EXA003"]
    assert len(silenced) > 5


def found_in(folder: Path) -> tuple[list[str], list[str]]:
    """Return the codes of the active and of the suppressed findings."""
    result = audit([folder], folder, _ALL, 1, lambda done, total: None)
    active, silenced = split(result.findings, result.project, _ALL.rules)
    return sorted(f.code for f in active), sorted(s.finding.code for s in silenced)
