"""``exai-audit config`` and ``exai-audit init``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from exai_audit.config.keys import KEYS, read_settings
from exai_audit.config.notes import NOTES
from exai_audit.config.settings import Settings
from exai_audit.config.starter import Standing, starter
from exai_audit.rulebook.registry import default_settings, rules
from tests.scratch import run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
FILE = """\
[project]
name = "shop"  # a comment

[tool.exai-audit]
ignore = ["EXA103"]
max-module-lines = 500

[[tool.exai-audit.overrides]]
paths = ["src/**"]
max-module-lines = 400
max-complexity = 9

[[tool.exai-audit.overrides]]
paths = ["src/api/"]
max-module-lines = 200
ignore = ["EXA2"]
"""
QUICK = ("--no-cache", "--jobs", "1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "src" / "api").mkdir(parents=True)
    (tmp_path / "src" / "api" / "a.py").write_text(SLEEPER)
    (tmp_path / "src" / "b.py").write_text("x = 1\n")
    (tmp_path / "pyproject.toml").write_text(FILE)
    return tmp_path


def shown(folder: Path, *arguments: str) -> dict[str, tuple[Any, str]]:
    done = run(folder, "config", *arguments, "-f", "json")
    assert done.returncode == 0, done.stderr
    settings = json.loads(done.stdout)["settings"]
    return {one["key"]: (one["value"], one["origin"]) for one in settings}


@pytest.mark.parametrize(
    ("path", "value", "origin"),
    [
        (".", 500, "pyproject.toml: max-module-lines"),
        ("src/b.py", 400, "pyproject.toml: overrides[1].max-module-lines (src/**)"),
        ("src/api/a.py", 200, "pyproject.toml: overrides[2].max-module-lines (src/api/)"),
    ],
)
def test_the_last_override_that_covers_a_path_wins(
    project: Path, path: str, value: int, origin: str
) -> None:
    assert shown(project, path)["max-module-lines"] == (value, origin)


def test_each_setting_says_where_it_comes_from(project: Path) -> None:
    found = shown(project, "src/b.py", "--fail-on", "high", "--ignore", "EXA104")
    assert found["fail-on"] == ("high", "--fail-on")
    assert found["ignore"] == (["EXA103", "EXA104"], "pyproject.toml: ignore, --ignore")
    assert found["max-methods"] == (25, "default")
    assert found["max-complexity"][0] == 9
    assert found["per-file-ignores"] == (
        {"src/api/": ["EXA2"]},
        "pyproject.toml: overrides[2].ignore",
    )
    assert set(KEYS) < set(found)


def test_rules_that_do_not_count_say_why(project: Path) -> None:
    text = run(project, "config", "src/api/a.py").stdout
    assert "# EXA103 complex-function: not selected" in text
    assert "# EXA201 scattered-timeout: ignored for 'src/api/'" in text
    assert "max-module-lines = 200  # pyproject.toml: overrides[2]" in text


def test_overrides_are_in_force(project: Path) -> None:
    (project / "src" / "b.py").write_text("x = 1\n" * 450)
    (project / "c.py").write_text("x = 1\n" * 450)
    out = run(project, "scan", "-f", "concise", *QUICK).stdout
    assert "src/b.py:1:1: EXA101" in out
    assert "c.py:1:1: EXA101" not in out


def test_an_override_selects_rules_for_its_part(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.exai-audit]\nselect = ["EXA1"]\nignore = ["EXA101"]\n'
        '[[tool.exai-audit.overrides]]\npaths = ["src/api/"]\nextend-select = ["EXA101", "EXA4"]\n'
    )
    for path in ("c.py", "src/api/c.py"):
        (project / path).write_text(SLEEPER + "x = 1\n" * 400)
    out = run(project, "scan", "-f", "concise", *QUICK).stdout
    places = [line.split()[:2] for line in out.splitlines()]
    assert places == [
        ["src/api/a.py:5:5:", "EXA405"],
        ["src/api/c.py:1:1:", "EXA101"],
        ["src/api/c.py:5:5:", "EXA405"],
    ]
    assert run(project, "scan", "--select", "EXA2", "-f", "concise", *QUICK).stdout == ""


def test_what_is_wrong_in_overrides_stands_in_one_message(project: Path) -> None:
    wrong = '[[tool.exai-audit.overrides]]\npaths = "src"\nmax-complexity = "high"\nselect = []\n'
    (project / "pyproject.toml").write_text(wrong)
    done = run(project, "config")
    assert done.returncode == 2
    for part in ("overrides[1].paths", "overrides[1].max-complexity", "overrides[1].select"):
        assert part in done.stderr


def test_isolated_shows_the_defaults(project: Path) -> None:
    assert {origin for _, origin in shown(project, "--isolated").values()} == {"default"}


def test_every_key_has_its_note() -> None:
    options = {key for rule in rules() for key in default_settings(rule)}
    assert list(NOTES)[: len(KEYS)] == list(KEYS)
    assert set(NOTES) == {*KEYS, "overrides", "extends", "overridable", *options}


def test_the_starter_says_the_defaults() -> None:
    text = starter(Standing(73.9, "C"), header=True)
    assert tomllib.loads(text) == {"tool": {"exai-audit": {"fail-under": 73}}}
    uncommented = re.sub(r"^# (?=[a-z-]+ = |    |\]$)", "", text, flags=re.MULTILINE)
    table = tomllib.loads(uncommented)["tool"]["exai-audit"]
    examples = {key: table.pop(key) for key in ("fail-under", "fail-on", "baseline", "max-drop")}
    assert examples["fail-under"] == 73
    options = {key: value for rule in rules() for key, value in default_settings(rule).items()}
    assert {key: table.pop(key) for key in options} == options
    assert read_settings(table, "x") == Settings()


def test_init_adds_a_section_and_today_s_code_passes(tmp_path: Path) -> None:
    before = '[project]\r\nname = "shop"  # é\r\n'
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_bytes(before.encode())
    (tmp_path / "a.py").write_text(SLEEPER)
    done = run(tmp_path, "init", *QUICK)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[tool.exai-audit] in pyproject.toml: written, with fail-under =")
    after = (tmp_path / "pyproject.toml").read_bytes().decode()
    assert after.startswith(before)
    assert "\n" not in after.replace("\r\n", "")
    scanned = run(tmp_path, "scan", *QUICK)
    assert scanned.returncode == 0
    assert "PASSED: score" in scanned.stderr


def test_init_writes_a_file_of_its_own_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(SLEEPER)
    assert run(tmp_path / "src", "init", *QUICK).stdout.startswith(str(tmp_path))
    assert run(tmp_path, "scan", *QUICK).returncode == 0
    assert "fail-under" in tomllib.loads((tmp_path / "exai-audit.toml").read_text())


def test_init_never_overwrites(project: Path) -> None:
    done = run(project, "init", *QUICK)
    assert done.returncode == 2
    assert "has settings already" in done.stderr
    assert (project / "pyproject.toml").read_text() == FILE
    (project / "pyproject.toml").unlink()
    (project / "exai-audit.toml").write_text("")
    assert run(project, "init", *QUICK).returncode == 2
    assert (project / "exai-audit.toml").read_text() == ""


def test_init_leaves_a_file_alone_that_has_no_room(project: Path) -> None:
    (project / "pyproject.toml").write_text("tool = { black = { line-length = 100 } }\n")
    done = run(project, "init", *QUICK)
    assert done.returncode == 2
    assert "write the settings into exai-audit.toml" in done.stderr


def test_init_without_judged_code_sets_no_gate(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("x = 1\n")
    assert "no gate yet" in run(tmp_path, "init", *QUICK).stdout
    assert run(tmp_path, "scan", *QUICK).returncode == 0
