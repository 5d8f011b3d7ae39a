"""The baseline: what it accepts, what is new, what is gone; its file, its command, its gates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from exai_audit.errors import UsageError
from exai_audit.finding import Severity
from exai_audit.results.baseline import Accepted, as_text, read_baseline, without
from exai_audit.results.result import BaselineEntry
from tests.scratch import commit, git, repository, run

FILE = "exai-audit-baseline.json"
SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
POOL = "from concurrent.futures import ThreadPoolExecutor\n\npool = ThreadPoolExecutor(2)\n"
FETCH = "import httpx\n\n\ndef fetch(url):\n    return httpx.get(url, timeout=5)\n"
QUICK = ("--no-cache", "--jobs", "1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", sleeper=SLEEPER, fetch=FETCH)


def written(folder: Path, *options: str) -> Path:
    done = run(folder, "baseline", *options, *QUICK)
    assert done.returncode == 0, done.stderr
    return folder / FILE


def scanned(folder: Path, *options: str) -> dict[str, bool]:
    """Return whether each finding is new, by path, line and code."""
    done = run(folder, "scan", "--baseline", FILE, "-f", "json", *options, *QUICK)
    assert done.returncode in (0, 1), done.stderr
    findings = json.loads(done.stdout)["findings"]
    return {f"{f['path']}:{f['line']} {f['code']}": f["new"] for f in findings}


def gone(folder: Path) -> list[str]:
    done = run(folder, "scan", "--baseline", FILE, "-f", "json", *QUICK)
    return [entry["path"] for entry in json.loads(done.stdout)["baseline"]["gone"]]


def test_what_is_written_down_is_not_new(project: Path) -> None:
    written(project)
    assert set(scanned(project).values()) == {False}
    gates = ("--fail-on-new", "--fail-on", "low", "--max-drop", "0")
    done = run(project, "scan", "--baseline", FILE, *gates, "-f", "concise", *QUICK)
    assert (done.returncode, done.stdout) == (0, "")
    assert "PASSED: no new finding of severity low or above" in done.stderr
    assert f"PASSED: no new finding compared with {FILE}" in done.stderr


def test_a_folder_is_not_written_over(project: Path) -> None:
    done = run(project, "baseline", "-o", ".git", *QUICK)
    assert done.returncode == 2
    assert done.stderr.startswith("exai-audit: error: .git: is not a regular file")


def test_moved_and_reformatted_code_is_not_new(project: Path) -> None:
    written(project)
    moved = FETCH.replace("(url, timeout=5)", "(\n        url,\n        timeout=5,\n    )")
    (project / "fetch.py").write_text("# a comment\n\n" + moved)
    assert set(scanned(project).values()) == {False}


def test_a_new_finding_is_new_and_fails(project: Path) -> None:
    written(project)
    (project / "pool.py").write_text(POOL)
    assert [place for place, new in scanned(project).items() if new] == ["pool.py:3 EXA401"]
    done = run(project, "scan", "--baseline", FILE, "--fail-on-new", "-f", "concise", *QUICK)
    assert done.returncode == 1
    assert "FAILED: 1 new finding compared with exai-audit-baseline.json" in done.stderr
    assert "sleeper.py" not in done.stdout


def test_one_more_of_the_same_is_new(project: Path) -> None:
    written(project)
    (project / "sleeper.py").write_text(SLEEPER + "    time.sleep(1)\n")
    assert [place for place, new in scanned(project).items() if new] == ["sleeper.py:6 EXA405"]


def test_what_got_graver_is_new(project: Path) -> None:
    function = "def long():\n" + "".join(f"    x{i} = {i}\n" for i in range(100))
    commit(project, long=function)
    written(project)
    grown = function + "".join(f"    y{i} = {i}\n" for i in range(400))
    (project / "long.py").write_text(grown)
    assert scanned(project)["long.py:1 EXA102"]


def test_a_renamed_file_is_not_new(project: Path) -> None:
    written(project)
    commit(project)
    (project / "app").mkdir()
    git(project, "mv", "sleeper.py", "app/waiter.py")
    assert scanned(project)["app/waiter.py:5 EXA405"] is False
    commit(project)
    assert scanned(project)["app/waiter.py:5 EXA405"] is False
    assert gone(project) == []


def test_a_renamed_file_is_not_new_seen_from_elsewhere(project: Path) -> None:
    written(project)
    commit(project)
    git(project, "mv", "sleeper.py", "waiter.py")
    commit(project)
    done = run(
        project.parent,
        *("scan", project.name, "--baseline", f"{project.name}/{FILE}"),
        *("--fail-on-new", *QUICK),
    )
    assert done.returncode == 0, done.stderr


def test_a_rename_before_the_baseline_is_committed(project: Path) -> None:
    written(project)
    git(project, "mv", "sleeper.py", "waiter.py")
    assert scanned(project)["waiter.py:5 EXA405"] is False


def test_a_shallow_clone_says_that_renames_are_unknown(project: Path, tmp_path: Path) -> None:
    written(project)
    commit(project)
    git(project, "mv", "sleeper.py", "waiter.py")
    commit(project)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{project}", "clone")
    done = run(tmp_path / "clone", "scan", "--baseline", FILE, *QUICK)
    assert done.returncode == 0
    assert "the clone is shallow" in done.stderr


def test_without_git_a_renamed_file_is_another(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SLEEPER)
    written(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert scanned(tmp_path)["b.py:5 EXA405"] is True
    assert gone(tmp_path) == ["a.py"]


def test_gone_entries_are_reported_and_pruned(project: Path) -> None:
    file = written(project)
    before = json.loads(file.read_text())["entries"]
    (project / "sleeper.py").write_text("x = 1\n")
    assert gone(project) == ["sleeper.py"]
    done = run(project, "scan", "--baseline", FILE, *QUICK)
    assert "1 finding it accepts no longer occurs" in done.stdout
    pruned = run(project, "baseline", "--prune", *QUICK)
    assert pruned.stdout == f"{FILE}: 1 finding removed\n"
    assert gone(project) == []
    left = json.loads(file.read_text())["entries"]
    assert left == [entry for entry in before if entry["path"] != "sleeper.py"] != []


def test_pruning_adds_nothing(project: Path) -> None:
    file = written(project)
    before = file.read_text()
    (project / "pool.py").write_text(POOL)
    assert run(project, "baseline", "--prune", *QUICK).returncode == 0
    assert file.read_text() == before


def test_a_part_of_the_project_makes_nothing_gone(project: Path) -> None:
    written(project)
    done = run(project, "scan", "fetch.py", "--baseline", FILE, "-f", "json", *QUICK)
    assert json.loads(done.stdout)["baseline"]["gone"] == []
    done = run(project, "scan", "--baseline", FILE, "--select", "EXA1", "-f", "json", *QUICK)
    assert json.loads(done.stdout)["baseline"]["gone"] == []


def test_hook_and_setting_judge_alike(project: Path) -> None:
    written(project)
    settings = f'[tool.exai-audit]\nbaseline = "{FILE}"\nfail-on = "low"\n'
    (project / "pyproject.toml").write_text(settings)
    assert run(project, "scan", *QUICK).returncode == 0
    hook = ("scan", "--fail-on", "medium", *QUICK, "--show-only")
    assert run(project, *hook, "sleeper.py", "fetch.py").returncode == 0
    (project / "sleeper.py").write_text(SLEEPER + "    time.sleep(2)\n")
    assert run(project, "scan", *QUICK).returncode == 1
    assert run(project, *hook, "fetch.py").returncode == 0
    assert run(project, *hook, "fetch.py", "sleeper.py").returncode == 1
    assert run(project, "scan", "--no-baseline", "--fail-on", "high", *QUICK).returncode == 1


def test_project_wide_findings_are_written_down(project: Path) -> None:
    for name in ("a", "b", "c"):
        calls = "".join(f"httpx.get('u', timeout={n + 1})\n" for n in range(4))
        (project / f"{name}.py").write_text("import httpx\n" + calls)
    file = written(project)
    assert "EXA202" in file.read_text()
    (project / "c.py").write_text((project / "c.py").read_text() + "httpx.post('u', timeout=9)\n")
    new = [place for place, is_new in scanned(project).items() if is_new]
    assert new == ["c.py:6 EXA201"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exai_audit_baseline": 99}, "has format 99"),
        ({"entries": [{"path": 1}]}, "is no baseline of exai-audit"),
        ({"entries": None}, "is no baseline of exai-audit"),
    ],
)
def test_a_baseline_that_does_not_fit(
    project: Path, change: dict[str, object], message: str
) -> None:
    file = written(project)
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    done = run(project, "scan", "--baseline", FILE, *QUICK)
    assert done.returncode == 2
    assert message in done.stderr
    assert "exai-audit baseline" in done.stderr


def test_missing_and_broken_baselines(project: Path) -> None:
    done = run(project, "scan", "--baseline", "none.json", *QUICK)
    assert (done.returncode, "none.json: the baseline cannot be read" in done.stderr) == (2, True)
    (project / FILE).write_text("<<<<<<< HEAD\n{}")
    done = run(project, "scan", "--baseline", FILE, *QUICK)
    assert (done.returncode, f"{FILE}: is no baseline" in done.stderr) == (2, True)


def test_another_file_is_not_written_over(project: Path) -> None:
    (project / "notes.json").write_text("{}")
    done = run(project, "baseline", "-o", "notes.json", *QUICK)
    assert done.returncode == 2
    assert (project / "notes.json").read_text() == "{}"


def test_other_paths_are_not_mixed_in(project: Path) -> None:
    written(project)
    done = run(project, "baseline", "fetch.py", *QUICK)
    assert done.returncode == 2
    assert "is the baseline of ., not of fetch.py" in done.stderr


def test_max_drop_compares_the_scores(project: Path) -> None:
    (project / "sleeper.py").write_text("x = 1\n")
    written(project)
    (project / "sleeper.py").write_text(SLEEPER)
    gate = ("scan", "--baseline", FILE, *QUICK, "--max-drop")
    done = run(project, *gate, "0.5")
    assert done.returncode == 1
    assert "FAILED: score" in done.stderr
    assert "> 0.5" in done.stderr
    assert run(project, *gate, "100").returncode == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--select", "EXA1"), "written with another configuration"),
        (("fetch.py",), "has the score of ., this scan is of fetch.py"),
    ],
)
def test_max_drop_refuses_another_population(
    project: Path, options: tuple[str, ...], message: str
) -> None:
    written(project)
    done = run(project, "scan", *options, "--baseline", FILE, "--max-drop", "1", *QUICK)
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.parametrize("gate", [("--fail-on-new",), ("--max-drop", "1")])
def test_gates_that_compare_need_something_to_compare_with(
    project: Path, gate: tuple[str, ...]
) -> None:
    done = run(project, "scan", *gate, *QUICK)
    assert done.returncode == 2
    assert "there is nothing to compare with" in done.stderr


def test_the_file_is_sorted_and_stable(project: Path) -> None:
    file = written(project)
    first = file.read_text()
    entries = json.loads(first)["entries"]
    keys = [(e["path"], e["code"], e["symbol"]) for e in entries]
    assert keys == sorted(keys)
    written(project)
    assert file.read_text() == first
    assert as_text(read_baseline(file)) == first


def test_accepted_takes_as_grave_or_graver_ones() -> None:
    accepted = Accepted([("a", Severity.MEDIUM, 1), ("a", Severity.LOW, 1)])
    assert not accepted.take("a", Severity.HIGH)
    assert accepted.take("a", Severity.LOW)
    assert accepted.take("a", Severity.LOW)
    assert not accepted.take("a", Severity.LOW)
    assert not accepted.take("b", Severity.LOW)


def test_shrinking_counts(project: Path) -> None:
    entry = BaselineEntry("a.py", "EXA201", "", Severity.LOW, "f" * 16, 3)
    file = written(project)
    baseline = replace(read_baseline(file), entries=(entry,))
    left = without(baseline, [replace(entry, count=2)])
    assert [item.count for item in left.entries] == [1]
    assert without(baseline, [entry]).entries == ()


def test_unreadable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_baseline(tmp_path)


def _of_formula_1(file: Path) -> None:
    """Make a baseline what the version with formula 1 wrote: no lines, no confidence."""
    old = json.loads(file.read_text())
    del old["judged_lines"]
    for entry in old["entries"]:
        del entry["confidence"]
    file.write_text(json.dumps({**old, "formula_version": 1, "score": 12.3}))


def test_a_baseline_of_another_formula_accepts_what_it_accepted(project: Path) -> None:
    _of_formula_1(written(project))
    assert set(scanned(project).values()) == {False}
    done = run(project, "scan", "--baseline", FILE, "--fail-on-new", "-f", "markdown", *QUICK)
    assert done.returncode == 0, done.stderr
    assert "its score was 12.3 by formula 1" in done.stdout
    (project / "pool.py").write_text(POOL)
    assert [place for place, new in scanned(project).items() if new] == ["pool.py:3 EXA401"]


def test_scores_of_two_formulas_are_not_compared(project: Path) -> None:
    _of_formula_1(written(project))
    done = run(project, "scan", "--baseline", FILE, "--max-drop", "1", *QUICK)
    assert done.returncode == 2
    assert "is of formula 1, this version has formula 2" in done.stderr
    assert "exai-audit baseline" in done.stderr


def test_a_baseline_of_another_formula_is_pruned_and_written_again(project: Path) -> None:
    file = written(project)
    _of_formula_1(file)
    (project / "sleeper.py").write_text("")
    assert run(project, "baseline", "--prune", *QUICK).returncode == 0
    assert json.loads(file.read_text())["formula_version"] == 1
    assert run(project, "baseline", *QUICK).returncode == 0
    assert json.loads(file.read_text())["formula_version"] == 2


def test_a_baseline_can_be_scored_again(project: Path) -> None:
    told = json.loads(written(project).read_text())
    assert told["judged_lines"] > 0
    assert {entry["confidence"] for entry in told["entries"]} <= {"low", "medium", "high"}
