"""A file costs a counted number of steps: it grows with the file, and has a limit."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from benchmarks.growth import KINDS
from exai_audit.collectors import collect
from exai_audit.facts.file import FailureKind
from exai_audit.files.source import decode
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.parse import parse_module
from tests.scratch import run

LINES = "import time\n\n\nasync def wait():\n" + "    time.sleep(1)\n" * 40


def steps(text: str) -> int:
    """Return with how many steps a file is read."""
    below, above = 0, 1_000_000
    while above - below > 20:
        half = (below + above) // 2
        failed = collect("a.py", text.encode(), "a", 50, half).failure is not None
        below, above = (half, above) if failed else (below, half)
    return above


@pytest.mark.parametrize("kind", KINDS)
def test_twice_the_file_costs_twice_the_steps(kind: str) -> None:
    once, twice = steps(KINDS[kind](60)), steps(KINDS[kind](120))
    assert twice < 2.5 * once


def test_a_file_that_takes_too_many_steps_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LINES)
    (tmp_path / "exai-audit.toml").write_text("max-file-work = 100\n")
    found = json.loads(run(tmp_path, "scan", ".", "-f", "json").stdout)["findings"]
    assert [(one["code"], one["message"]) for one in found] == [
        ("EXA002", "takes over 100 steps to read: split it, or raise max-file-work")
    ]


def test_each_folder_has_its_own_limit_and_no_memory_of_another(tmp_path: Path) -> None:
    for folder in ("high", "low"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(LINES)
    (tmp_path / "exai-audit.toml").touch()

    def codes() -> set[tuple[str, str]]:
        done = run(tmp_path, "scan", ".", "-f", "json")
        return {(one["path"], one["code"]) for one in json.loads(done.stdout)["findings"]}

    assert codes() == {("high/a.py", "EXA405"), ("low/a.py", "EXA405")}
    (tmp_path / "low" / "exai-audit.toml").write_text("max-file-work = 100\n")
    assert codes() == {("high/a.py", "EXA405"), ("low/a.py", "EXA002")}
    (tmp_path / "low" / "exai-audit.toml").unlink()
    assert codes() == {("high/a.py", "EXA405"), ("low/a.py", "EXA405")}


def test_what_is_over_the_limit_says_nothing_else() -> None:
    facts = collect("a.py", LINES.encode(), "a", 3, 100)
    assert facts.failure is not None
    assert facts.failure.kind is FailureKind.UNREADABLE
    assert (facts.blocking, facts.shape, facts.lines.physical) == ((), None, 44)


def test_where_a_statement_stands_in_its_block() -> None:
    text = "try:\n    a\n    b\nexcept E:\n    c\nelse:\n    d\n"
    source = decode("a.py", text.encode())
    syntax = parse_module(source)
    assert isinstance(syntax, ast.Module)
    tree = ModuleTree(source, syntax, "a")
    first = syntax.body[0]
    assert isinstance(first, ast.Try)
    held = [tree.place_in_block(node) for node in first.body]
    assert [(len(block), index) for block, index in held] == [(2, 0), (2, 1)]
    assert tree.place_in_block(tree.module) == ([], 0)
