"""The benchmark of real bugs: what it reads, what counts as caught, what its table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bugs.cases import Case, CasesError, read_cases
from benchmarks.bugs.table import OURS, UNSURE, judged, table
from benchmarks.bugs.tools import Peer, Said, of_peer, ours

SLEEPS = "import time\n\n\nasync def f():\n    {}  # expect: EXA405\n"


def lay_out(folder: Path) -> Path:
    for name, line in (("before", "time.sleep(1)"), ("after", "pass")):
        side = folder / "s1" / name
        side.mkdir(parents=True)
        text = SLEEPS.format(line)
        (side / "a.py").write_text(text if name == "before" else text.partition("  #")[0] + "\n")
    other = folder / "o1" / "before"
    other.mkdir(parents=True)
    (other / "b.py").write_text("x = 1  # expect: none (out of scope)\n")
    log = ('{"id": "s1", "kind": "blocking"}', '{"id": "o1", "kind": "blocking"}')
    (folder / "log.jsonl").write_text("\n".join(log) + "\n")
    return folder


def test_cases_are_read_with_their_marks(tmp_path: Path) -> None:
    asleep, other = read_cases(lay_out(tmp_path))
    assert (asleep.name, asleep.kind) == ("s1", "blocking")
    assert asleep.expected == {"EXA405"}
    assert [(mark.path, mark.line) for mark in asleep.marks] == [("a.py", 5)]
    assert asleep.is_at("a.py", 7)
    assert not asleep.is_at("a.py", 8)
    assert asleep.in_scope
    assert not other.in_scope


def test_a_rule_is_expected_by_its_name(tmp_path: Path) -> None:
    lay_out(tmp_path)
    (tmp_path / "s1" / "before" / "a.py").write_text("x = 1  # expect: NEW(sleep-not-awaited)\n")
    assert read_cases(tmp_path)[0].expected == {"sleep-not-awaited"}


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CasesError, match="no such file"):
        read_cases(tmp_path)
    (tmp_path / "log.jsonl").write_text('{"id": "s1", "kind": "blocking"}\n')
    with pytest.raises(CasesError, match="no such folder"):
        read_cases(tmp_path)


def case_in(folder: Path) -> Case:
    return read_cases(lay_out(folder))[0]


def test_caught_at_the_place_and_gone_after_the_fix(tmp_path: Path) -> None:
    case = case_in(tmp_path)
    here, far = Said("a.py", 6, "X1"), Said("a.py", 1, "X1")
    sure, unsure = Said("a.py", 5, "EXA405"), Said("a.py", 5, "EXA405", sure=False)
    assert judged(case, ((sure,), ()), {"x": ((here,), ())}).caught == {OURS, UNSURE, "x"}
    assert judged(case, ((unsure,), ()), {"x": ((here,), (far,))}).caught == {UNSURE}
    assert judged(case, ((), ()), {"x": ((far,), ())}).caught == set()
    assert judged(case, ((sure,), (sure,)), {}).alarm
    assert not judged(case, ((sure,), (unsure,)), {}).alarm


def test_the_table_counts_by_kind(tmp_path: Path) -> None:
    first, second = read_cases(lay_out(tmp_path))
    said = Said("a.py", 5, "EXA405")
    outcomes = [judged(first, ((said,), ()), {"x": ((), ())}), judged(second, ((), ()), {})]
    lines = list(table(outcomes, ["x"]))
    assert lines[2] == "| blocking | 2 | 1 | 1 | 1 | 0 | 0 | 0 |"
    assert lines[-1] == "| **all** | 2 | 1 | 1 | 1 | 0 | 0 | 0 |"


def test_this_tool_and_another_are_run(tmp_path: Path) -> None:
    case = case_in(tmp_path)
    assert [(one.line, one.code) for one in ours(case.before)] == [(5, "EXA405")]
    echo = Peer("echo", "echo", ("./s1/before/a.py:5:1: ASYNC251 sleeps",))
    program = echo.program(())
    assert program is not None
    assert of_peer(echo, program, tmp_path) == {"s1/before": [Said("a.py", 5, "ASYNC251")]}
