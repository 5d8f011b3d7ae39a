"""What people meet every day: help, completion, sums, what can be split, reports within a size."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from exai_audit import cli
from exai_audit.finding import Family, Severity
from exai_audit.report import FORMATS, LEDGER, render
from tests.scratch import run
from tests.test_reports import evil, finding, full, sample

LONG = "\n\n\n".join(
    f"def {verb}_{noun}(value):\n    return {noun}_{verb}(value)\n\n\n"
    f"def {noun}_{verb}(value):\n    return value + {number}"
    for noun in ("order", "invoice", "parcel")
    for number, verb in enumerate(("read", "write", "check", "send", "count", "sort"))
)


def completed(words: str, position: int) -> list[str]:
    """Return what a shell would offer."""
    variables = {
        "_EXAI_AUDIT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(position),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "exai_audit"], env={**os.environ, **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "position", "offered"),
    [
        ("exai-audit bas", 1, "baseline"),
        ("exai-audit scan --fail-on", 2, "--fail-on-new"),
        ("exai-audit scan -f mark", 3, "markdown"),
        ("exai-audit scan --select EXA20", 3, "EXA205"),
        ("exai-audit rule missing", 2, "missing-timeout"),
        ("exai-audit scan --fail-on h", 3, "high"),
    ],
)
def test_a_shell_completes(words: str, position: int, offered: str) -> None:
    assert offered in completed(words, position)


def test_help_says_what_each_option_takes(tmp_path: Path) -> None:
    text = run(tmp_path, "scan", "-h", COLUMNS="200").stdout
    assert "<list[" not in text.replace("<list[Path]>", "")
    for wanted in ("FORMAT[=FILE]", "REVISION", "package|folder|owner", "Default: terminal."):
        assert wanted in text
    assert [name for name in FORMATS if name not in text] == []


def test_no_help_has_brackets_that_are_taken_for_markup() -> None:
    said = [path.read_text(encoding="utf-8") for path in Path(cli.__path__[0]).glob("*.py")]
    helps = [text for one in said for text in re.findall(r'help=f?"([^"]*)"', one)]
    assert len(helps) > 50
    assert [text for text in helps if "[" in text] == []


def test_the_ledger_begins_with_its_sums() -> None:
    text = render(sample(), LEDGER)
    sums = text[text.index("What each rule takes:") :].split("\n\n")[0].splitlines()[1:]
    codes = [line.split()[1] for line in sums]
    assert codes[0] == "EXA303"
    points = [float(line.split()[0]) for line in sums]
    assert points == sorted(points, reverse=True)
    cap = float(re.findall(r"^-\s+([\d.]+)  cap$", text, re.MULTILINE)[0])
    total = float(re.findall(r"^=\s+([\d.]+)  shown", text, re.MULTILINE)[0])
    assert sum(points) + cap == pytest.approx(100 - total, abs=1e-9)
    assert text.index("What each rule takes:") < text.index("size: 30.0000")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.exai-audit]\nmax-module-lines = 60\n")
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "long.py").write_text(LONG + "\n")
    (folder / "short.py").write_text("x = 1\n")
    return tmp_path


def test_plan_of_a_folder_lists_what_can_be_split(project: Path) -> None:
    listed = run(project, "plan", ".", "--no-cache")
    assert listed.returncode == 0, listed.stderr
    assert "exai-audit plan shop/long.py\n" in listed.stdout
    assert "short.py" not in listed.stdout
    assert "exai-audit plan long.py\n" in run(project / "shop", "plan", "--no-cache").stdout
    document = json.loads(run(project, "plan", "shop", "--no-cache", "-f", "json").stdout)
    assert [plan["path"] for plan in document["plans"]] == ["shop/long.py"]


def test_plan_of_a_folder_without_any(project: Path) -> None:
    (project / "shop" / "long.py").unlink()
    assert run(project, "plan", ".", "--no-cache").stdout.startswith("Nothing is oversized")
    refused = run(project, "plan", ".", "--class", "Shop")
    assert refused.returncode == 2
    assert "name the module of the class" in refused.stderr


@pytest.mark.parametrize("size", [2_000, 4_000, 9_000, 16_000, 65_536])
def test_markdown_uses_the_room_it_is_given(size: int) -> None:
    many = [
        finding("EXA301", Family.CACHES, Severity.LOW, f"package/module_{i}.py", i + 1)
        for i in range(900)
    ]
    text = render(full(*many), "markdown", max_size=size)
    assert size * 0.7 < len(text.encode()) <= size
    assert "906 findings" in text
    bottlenecks = int(re.findall(r"in ([\d,]+) bottlenecks", text)[0].replace(",", ""))
    assert bottlenecks > 900
    assert "### 1. " in text


def test_what_has_no_room_is_named() -> None:
    assert "Left out for want of room: " in render(full(), "markdown", max_size=3_000)
    assert "want of room" not in render(full(), "markdown", max_size=65_536)


def test_a_plan_list_shows_no_hidden_character(project: Path) -> None:
    odd = project / "shop" / "lo\u202eng.py"
    (project / "shop" / "long.py").rename(odd)
    for name in ("terminal", "markdown"):
        assert "\u202e" not in run(project, "plan", ".", "--no-cache", "-f", name).stdout
    assert "\x1b" not in render(evil(), LEDGER)
