"""``exai-audit trend``: the score through real histories."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exai_audit.git.commits import files_below
from exai_audit.git.history import Selection, history
from tests.scratch import Ended, commit, git, repository, run

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
TWO = SLEEPER + "\n\nasync def wait_again():\n    time.sleep(2)\n"
CALM = "import asyncio\n\n\nasync def wait():\n    await asyncio.sleep(1)\n"
FETCH = "import requests\n\n\ndef fetch(url):\n    return requests.get(url)\n"


def trend(folder: Path, *options: str, **variables: str) -> Ended:
    return run(folder, "trend", "--jobs", "1", *options, **variables)


def document(folder: Path, *options: str) -> dict[str, Any]:
    done = trend(folder, *options, "-f", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def on_day(folder: Path, day: str, **files: str) -> str:
    """Commit files on a day; the text ``None`` removes one."""
    stamp = f"{day}T12:00:00Z"
    before = {key: os.environ.get(key) for key in ("GIT_COMMITTER_DATE", "GIT_AUTHOR_DATE")}
    os.environ.update(GIT_COMMITTER_DATE=stamp, GIT_AUTHOR_DATE=stamp)
    try:
        return commit(folder, **files)
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three commits: calm, a sleeper in a coroutine, and calm again."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-qb", "main")
    on_day(folder, "2026-01-05", app=CALM)
    on_day(folder, "2026-01-07", app=SLEEPER)
    on_day(folder, "2026-01-20", app=CALM, more=FETCH)
    return folder


def test_each_commit_has_its_score(project: Path) -> None:
    found = document(project)
    scores = [point["snapshot"]["score"] for point in found["points"]]
    assert scores[0] == 100.0
    assert scores[1] < 100.0
    dates = [point["commit"]["date"] for point in found["points"]]
    assert dates == ["2026-01-05", "2026-01-07", "2026-01-20"]


def test_a_point_is_what_a_scan_of_that_commit_says(project: Path) -> None:
    found = document(project)
    for point in found["points"]:
        git(project, "checkout", "-q", point["commit"]["name"])
        scanned = json.loads(run(project, "scan", "--no-cache", "-f", "json").stdout)
        assert round(scanned["score"]["value"], 1) == point["snapshot"]["score"]
        places = [(f["code"], f["path"], f["line"]) for f in scanned["findings"]]
        seen = [(f["code"], f["path"], f["line"]) for f in point["snapshot"]["findings"]]
        assert seen == places


def test_events_name_what_a_commit_brought_and_removed(project: Path) -> None:
    events = document(project)["events"]
    assert [f["code"] for f in events[0]["new"]] == ["EXA405"]
    assert [f["code"] for f in events[1]["fixed"]] == ["EXA405"]
    assert [f["code"] for f in events[1]["new"]] == ["EXA205"]
    assert events[0]["before"] > events[0]["after"]


def test_moved_lines_and_renamed_files_are_no_events(project: Path) -> None:
    on_day(project, "2026-01-21", app=SLEEPER)
    git(project, "mv", "app.py", "service.py")
    on_day(project, "2026-01-22", service="# A word at the top.\n" + SLEEPER)
    event = document(project)["events"][-1]
    assert (event["new"], event["fixed"]) == ([], [])


def test_an_open_finding_knows_the_commit_that_brought_it(project: Path) -> None:
    brought = on_day(project, "2026-01-23", app=SLEEPER)
    git(project, "mv", "app.py", "service.py")
    on_day(project, "2026-01-25", service="# A word at the top.\n" + SLEEPER)
    (one,) = (o for o in document(project)["open"] if o["finding"]["code"] == "EXA405")
    assert (one["since"]["name"], one["from_start"]) == (brought, False)


def test_another_finding_like_it_is_new(project: Path) -> None:
    on_day(project, "2026-01-23", app=SLEEPER)
    on_day(project, "2026-01-24", app=TWO)
    event = document(project)["events"][-1]
    assert [finding["line"] for finding in event["new"]] == [9]


def test_files_that_did_not_parse_then_are_counted(project: Path) -> None:
    on_day(project, "2026-01-23", app="def broken(:\n")
    on_day(project, "2026-01-24", app=CALM)
    points = document(project)["points"]
    assert [point["snapshot"]["unparsed"] for point in points[-2:]] == [1, 0]


def test_a_commit_without_python_has_no_score(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-qb", "main")
    (folder / "notes.txt").write_text("later")
    commit(folder)
    commit(folder, app=CALM)
    found = document(folder)
    assert [point["snapshot"]["score"] for point in found["points"]] == [None, 100.0]
    assert "n/a -> 100.0" in trend(folder).stdout


def test_deleted_folders_and_submodules(project: Path, tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", inside=SLEEPER)
    git(project, "submodule", "add", "-q", str(inner), "vendored_part")
    (project / "gone").mkdir()
    (project / "gone" / "old.py").write_text(SLEEPER)
    commit(project)
    git(project, "rm", "-rq", "gone")
    commit(project)
    points = document(project)["points"]
    paths = {f["path"] for point in points for f in point["snapshot"]["findings"]}
    assert "gone/old.py" in paths
    assert not any(path.startswith("vendored_part") for path in paths)
    assert [f["code"] for f in document(project)["events"][-1]["fixed"]] == ["EXA405"]


def test_what_a_branch_brought_counts_at_its_merge(project: Path) -> None:
    git(project, "checkout", "-qb", "work")
    commit(project, app=SLEEPER)
    commit(project, app=SLEEPER + "\n")
    git(project, "checkout", "-q", "main")
    commit(project, other=CALM)
    git(project, "merge", "-q", "--no-ff", "-m", "Take the work in", "work")
    events = document(project)["events"]
    assert events[-1]["commit"]["subject"] == "Take the work in"
    assert [finding["code"] for finding in events[-1]["new"]] == ["EXA405"]


def test_the_work_tree_is_untouched_and_not_looked_at(project: Path) -> None:
    (project / "app.py").write_text("raise SystemExit(  # not valid")
    found = document(project)
    assert found["points"][-1]["snapshot"]["unparsed"] == 0
    assert git(project, "status", "--porcelain", "app.py") == "M app.py"


def test_commits_can_be_chosen(project: Path) -> None:
    git(project, "tag", "v1", "HEAD~2")
    dates = {
        choice: [point["commit"]["date"] for point in document(project, *choice)["points"]]
        for choice in (("--last", "1"), ("--since", "2026-01-06"), ("--tags",), ("--weekly",))
    }
    assert dates[("--last", "1")] == ["2026-01-20"]
    assert dates[("--since", "2026-01-06")] == ["2026-01-07", "2026-01-20"]
    assert dates[("--tags",)] == ["2026-01-05", "2026-01-20"]
    assert dates[("--weekly",)] == ["2026-01-07", "2026-01-20"]


def test_sampled_commits_count_every_change_between(project: Path) -> None:
    for number in range(3):
        on_day(project, f"2026-01-2{number + 1}", more=FETCH + f"# {number}\n")
    (spot,) = document(project, "--weekly")["hotspots"]
    assert (spot["path"], spot["changes"]) == ("more.py", 4)


def test_a_second_run_reads_nothing_again(project: Path) -> None:
    first = trend(project, "-f", "json").stdout
    memory = project / ".exai-audit-cache" / "history.msgpack"
    written = memory.stat().st_mtime_ns
    assert trend(project, "-f", "json").stdout == first
    assert memory.stat().st_mtime_ns == written
    assert trend(project, "-f", "json", "--no-cache").stdout == first


def test_processes_judge_as_one_does(project: Path) -> None:
    for day in range(21, 27):
        on_day(project, f"2026-01-{day}", app=TWO if day % 2 else SLEEPER, more=f"X = {day}\n")
    (project / os.fsdecode(b"odd\xff.py")).write_text(SLEEPER)
    on_day(project, "2026-01-28", more=FETCH)
    alone = document(project, "--no-cache")
    assert document(project, "--no-cache", "--jobs", "3") == alone
    assert document(project, "--jobs", "3") == alone
    assert document(project) == alone


@pytest.mark.parametrize("content", [b"", b"\x00", b"\x84\xa6format\x01"])
def test_a_broken_memory_is_a_miss(project: Path, content: bytes) -> None:
    first = trend(project, "-f", "json").stdout
    memory = project / ".exai-audit-cache" / "history.msgpack"
    memory.write_bytes(content)
    assert trend(project, "-f", "json").stdout == first


def test_settings_of_today_judge_the_past(project: Path) -> None:
    (project / "exai-audit.toml").write_text('ignore = ["EXA405"]\n')
    found = document(project)
    assert [point["snapshot"]["score"] for point in found["points"][:2]] == [100.0, 100.0]


def test_a_part_of_the_project(project: Path) -> None:
    (project / "part").mkdir()
    (project / "part" / "inner.py").write_text(SLEEPER)
    commit(project)
    found = document(project, "part")
    assert {f["path"] for f in found["points"][-1]["snapshot"]["findings"]} == {"part/inner.py"}


def test_owners_are_those_of_today(project: Path) -> None:
    (project / "CODEOWNERS").write_text("*.py @all\napp.py @sleepers\n")
    on_day(project, "2026-01-23", app=SLEEPER)
    owners = {one["name"]: one["points"] for one in document(project)["owners"]}
    assert set(owners) == {"@all", "@sleepers"}
    assert [cost > 0 for cost in owners["@sleepers"]] == [False, True, False, True]
    assert [cost > 0 for cost in owners["@all"]] == [False, False, True, True]


def test_excluded_folders_stay_out(project: Path) -> None:
    (project / "build").mkdir()
    (project / "build" / "made.py").write_text(SLEEPER)
    git(project, "add", "-Af")
    git(project, "commit", "-qm", "x")
    assert document(project)["events"][-1]["new"] == []


def test_a_shallow_clone_is_said(project: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{project}", str(clone))
    done = trend(clone)
    assert done.returncode == 0
    assert "git fetch --unshallow" in done.stderr
    assert "git fetch --unshallow" in done.stdout


def test_without_a_repository_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CALM)
    done = trend(tmp_path)
    assert done.returncode == 2
    assert "not in the working tree of a git repository" in done.stderr


ALERTS = {
    "drop > 2 in 7d": "the score fell by",
    "new high": "app.py:5: EXA405",
    "new high in 30d": "app.py:5: EXA405",
    "score < 99": "the score is",
    "suppression expires in 14d": "app.py:5: the suppression of EXA405 expires on 2026-02-10",
}


@pytest.mark.parametrize("alert", ALERTS)
def test_alerts_that_go_off(project: Path, alert: str) -> None:
    ends = "2026-02-10"
    quiet = SLEEPER.replace("sleep(1)", f"sleep(1)  # exai: ignore[EXA405] until={ends}")
    on_day(project, "2026-02-01", app=quiet if "suppression" in alert else SLEEPER)
    day = {"SOURCE_DATE_EPOCH": "1769990400"}  # 2026-02-02
    for name in ("terminal", "markdown", "json"):
        done = trend(project, "--alert", alert, "-f", name, **day)
        assert done.returncode == 1
    assert ALERTS[alert] in json.loads(done.stdout)["alarms"][0]["happened"][0]


@pytest.mark.parametrize(
    "alert", ["drop > 90", "new critical", "unlimited calls rise", "suppression expires in 14d"]
)
def test_alerts_that_stay_silent(project: Path, alert: str) -> None:
    on_day(project, "2026-02-01", app=SLEEPER)
    assert trend(project, "--alert", alert).returncode == 0


def test_a_rising_count_is_an_alert(project: Path) -> None:
    done = trend(project, "--alert", "unlimited calls rise", "-f", "json")
    assert json.loads(done.stdout)["alarms"][0]["happened"] == ["unlimited calls: 0 → 1"]
    assert done.returncode == 1


def test_alerts_of_the_settings(project: Path) -> None:
    (project / "exai-audit.toml").write_text('alerts = ["unlimited calls rise"]\n')
    assert trend(project).returncode == 1


@pytest.mark.parametrize("alert", ["drop > many", "limitless calls rise", ""])
def test_an_alert_that_nobody_understands(project: Path, alert: str) -> None:
    done = trend(project, "--alert", alert)
    assert done.returncode == 2
    assert "alert" in done.stderr


def test_stored_results_mark_where_the_formula_changed(project: Path) -> None:
    stored = project.parent / "stored"
    stored.mkdir()
    names = [point["commit"]["name"] for point in document(project)["points"]]
    for number, name in enumerate(names):
        git(project, "checkout", "-q", name)
        made = json.loads(run(project, "scan", "--no-cache", "-f", "json").stdout)
        made["tool"]["formula_version"] = 1 if number == 0 else 2
        (stored / f"{number}.json").write_text(json.dumps(made))
    marks = document(project, "--results", str(stored))["marks"]
    assert marks == [{"commit": names[1], "text": "formula 1 → 2"}]


def test_hostile_names_stay_text(project: Path) -> None:
    name = "a\x1b[31m|<img src=x>`[x](javascript:y).py"
    (project / name).write_text(SLEEPER)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "Subject \x1b[31m <script>alert(1)</script> | [a](b)")
    terminal = trend(project).stdout
    assert "\x1b" not in terminal
    marked = trend(project, "-f", "markdown").stdout
    assert "<script" not in marked
    assert "<img" not in marked
    assert "\x1b" not in marked


@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_states_are_the_trees_of_their_commits(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = repository(tmp_path_factory.mktemp("random"), a=CALM, b=SLEEPER)
    (folder / "inner").mkdir()
    for number in range(data.draw(st.integers(1, 5))):
        names = sorted(path for path in folder.rglob("*.py"))
        for path in data.draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
            action = data.draw(st.sampled_from(["remove", "rename", "change"]))
            if action == "change":
                path.write_text(f"{path.read_text()}# {number}\n")
            elif action == "rename":
                path.rename(folder / "inner" / f"n{number}{path.name}")
            else:
                path.unlink()
        if not any(folder.rglob("*.py")):
            (folder / "a.py").write_text(CALM)
        subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
        git(folder, "commit", "-qm", "x", "--allow-empty")
    for state in history(folder, Selection()).states:
        assert dict(state.files) == files_below(folder, state.commit.name)
