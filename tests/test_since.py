"""``scan --since``: what the changes since a revision answer for, in real repositories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scratch import Ended, commit, git, repository, run

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
FETCH = "import httpx\n\n\ndef fetch(url):\n    return httpx.get(url, timeout=5)\n"
QUICK = ("--no-cache", "--jobs", "1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two files with a finding each on ``main``, and a branch ``work``."""
    folder = repository(tmp_path / "project", sleeper=SLEEPER, fetch=FETCH)
    git(folder, "checkout", "-qb", "work")
    return folder


def since(folder: Path, *options: str, revision: str = "main") -> Ended:
    return run(folder, "scan", "--since", revision, *options, *QUICK)


def result(folder: Path, *options: str) -> dict[str, Any]:
    done = since(folder, *options, "-f", "json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def places(folder: Path, *options: str) -> list[str]:
    findings = result(folder, *options)["findings"]
    return [f"{f['path']}:{f['line']} {f['code']}" for f in findings]


def test_without_changes_there_is_nothing_to_show(project: Path) -> None:
    assert places(project) == []


def test_findings_on_changed_lines_only(project: Path) -> None:
    commit(project, sleeper=SLEEPER + "    time.sleep(2)\n")
    assert places(project) == ["sleeper.py:6 EXA405"]


def test_an_old_finding_on_a_changed_line(project: Path) -> None:
    commit(project, fetch=FETCH.replace("timeout=5", "timeout=6"))
    assert places(project) == ["fetch.py:5 EXA201"]


def test_uncommitted_and_untracked_files_count(project: Path) -> None:
    (project / "sleeper.py").write_text(SLEEPER + "    time.sleep(2)\n")
    (project / "more.py").write_text(FETCH)
    assert places(project) == ["more.py:5 EXA201", "sleeper.py:6 EXA405"]


def test_changes_of_the_other_branch_do_not_count(project: Path) -> None:
    git(project, "checkout", "-q", "main")
    commit(project, sleeper="import time\n")
    git(project, "checkout", "-q", "work")
    assert places(project) == []


def test_a_finding_that_a_change_elsewhere_brings(project: Path) -> None:
    quiet = "import time\n\n\ndef wait():\n    time.sleep(1)\n"
    commit(project, quiet=quiet)
    git(project, "branch", "-f", "main")
    (project / "quiet.py").write_text(quiet.replace("def", "async def"))
    assert places(project) == ["quiet.py:5 EXA405"]


def test_moved_lines_and_renamed_symbols_are_not_new(project: Path) -> None:
    inside = "import time\n\n\nclass A:\n    async def f(self):\n        time.sleep(1)\n"
    commit(project, inside=inside)
    git(project, "branch", "-f", "main")
    (project / "inside.py").write_text("\n\n" + inside.replace("class A", "class B"))
    assert places(project) == []


def test_a_renamed_file_answers_for_its_changed_lines_only(project: Path) -> None:
    git(project, "mv", "sleeper.py", "waiter.py")
    commit(project)
    assert places(project) == []
    (project / "waiter.py").write_text(SLEEPER + "    time.sleep(2)\n")
    assert places(project) == ["waiter.py:6 EXA405"]


def test_a_module_that_grows_too_long(project: Path) -> None:
    body = "".join(f"x{i} = {i}\n" for i in range(290))
    commit(project, long=body)
    git(project, "branch", "-f", "main")
    (project / "long.py").write_text(body.replace("x9 = 9\n", "x9 = 9\n" + "y = 1\n" * 20))
    assert places(project) == ["long.py:1 EXA101"]


def test_a_long_module_that_is_edited_is_not_shown_again(project: Path) -> None:
    body = "".join(f"x{i} = {i}\n" for i in range(400))
    commit(project, long=body)
    git(project, "branch", "-f", "main")
    (project / "long.py").write_text("y = 1\n" + body)
    assert places(project) == []


def scatter(project: Path, number: int) -> None:
    for name in ("a", "b", "c"):
        calls = "".join(f"httpx.get('u', timeout={n + 1})\n" for n in range(number))
        (project / f"{name}.py").write_text("import httpx\n" + calls)


def test_project_wide_findings_show_when_they_get_worse(project: Path) -> None:
    scatter(project, 4)
    commit(project)
    git(project, "branch", "-f", "main")
    (project / "fetch.py").write_text(FETCH + "# more\n")
    assert places(project) == []
    (project / "fetch.py").write_text(FETCH + "httpx.post('v', timeout=77)\n")
    assert [place.split()[1] for place in places(project)] == ["EXA202", "EXA201"]


def test_score_before_and_after(project: Path) -> None:
    pools = "from concurrent.futures import ThreadPoolExecutor\n\n"
    pools += "".join(f"p{i} = ThreadPoolExecutor(2)\n" for i in range(9))
    before = json.loads(run(project, "scan", "-f", "json", *QUICK).stdout)["score"]["value"]
    commit(project, pools=pools, fetch="x = 1\n")
    found = result(project)
    assert found["since"]["score"] == round(before, 1)
    assert found["since"]["commit"] == git(project, "rev-parse", "main")
    assert found["score"]["value"] != before
    done = since(project)
    assert f"score {round(before, 1)} before" in " ".join(done.stdout.split())


def test_the_old_score_is_that_of_a_checkout(project: Path, tmp_path: Path) -> None:
    (project / "pkg").mkdir()
    (project / "pkg" / "__init__.py").write_text("")
    (project / "pkg" / "client.py").write_text(FETCH)
    (project / ".gitignore").write_text("ignored/\n")
    (project / "build").mkdir()
    (project / "build" / "out.py").write_text(SLEEPER)
    commit(project)
    then = git(project, "rev-parse", "HEAD")
    git(project, "rm", "-rq", "pkg", "sleeper.py")
    commit(project, other=SLEEPER)
    git(project, "worktree", "add", "-q", str(tmp_path / "then"), then)
    there = json.loads(run(tmp_path / "then", "scan", "-f", "json", *QUICK).stdout)
    found = since(project, "-f", "json", revision=then)
    assert json.loads(found.stdout)["since"]["score"] == round(there["score"]["value"], 1)


def test_the_cache_of_the_past_changes_nothing(project: Path) -> None:
    (project / ".gitignore").write_text(".exai-audit-cache/\n")
    commit(project, sleeper=FETCH, fetch="x = 1\n")
    options = ("scan", "--since", "main", "-f", "json", "--jobs", "1")
    cold, warm = (run(project, *options).stdout for _ in range(2))
    assert (project / ".exai-audit-cache" / "past.msgpack").exists()
    bare = run(project, *options, "--no-cache").stdout
    assert cold == warm
    assert json.loads(cold)["since"] == json.loads(bare)["since"]
    assert json.loads(cold)["findings"] == json.loads(bare)["findings"]


def test_gates_judge_what_is_shown(project: Path) -> None:
    gate = ("--fail-on", "low", "--fail-on-new")
    assert since(project, *gate).returncode == 0
    (project / "sleeper.py").write_text(SLEEPER + "    time.sleep(2)\n")
    done = since(project, *gate)
    assert done.returncode == 1
    assert "FAILED: 1 new finding compared with main" in done.stderr


def test_the_drop_is_that_since_the_revision(project: Path) -> None:
    commit(project, sleeper="x = 1\n")
    git(project, "branch", "-f", "main")
    assert since(project, "--max-drop", "0").returncode == 0
    (project / "sleeper.py").write_text(SLEEPER)
    done = since(project, "--max-drop", "0")
    assert done.returncode == 1
    assert "of main: " in done.stderr


def test_with_a_baseline_known_findings_stay_known(project: Path) -> None:
    (project / "sleeper.py").write_text(SLEEPER + "    time.sleep(2)\n")
    run(project, "baseline", *QUICK)
    found = result(project, "--baseline", "exai-audit-baseline.json")["findings"]
    assert [(f["line"], f["new"]) for f in found] == [(6, False)]


def test_in_a_subfolder_and_a_worktree(project: Path, tmp_path: Path) -> None:
    git(project, "worktree", "add", "-q", str(tmp_path / "beside"), "-b", "other")
    inner = tmp_path / "beside" / "service"
    inner.mkdir()
    (inner / "exai-audit.toml").write_text("")
    (inner / "sleeper.py").write_text(SLEEPER)
    commit(tmp_path / "beside")
    assert places(inner) == ["sleeper.py:5 EXA405"]
    git(tmp_path / "beside", "branch", "-f", "main")
    (inner / "sleeper.py").write_text(SLEEPER + "    time.sleep(2)\n")
    assert places(inner) == ["sleeper.py:6 EXA405"]
    assert places(tmp_path / "beside", "service") == ["sleeper.py:6 EXA405"]


def test_a_detached_head(project: Path) -> None:
    commit(project, sleeper=SLEEPER + "    time.sleep(2)\n")
    git(project, "checkout", "-q", "--detach")
    assert places(project) == ["sleeper.py:6 EXA405"]


def test_windows_newlines_are_no_change(project: Path) -> None:
    (project / "sleeper.py").write_bytes(SLEEPER.replace("\n", "\r\n").encode())
    assert places(project) == []


def test_broken_files_then_and_now(project: Path) -> None:
    commit(project, broken="def f(:\n")
    git(project, "branch", "-f", "main")
    (project / "broken.py").write_text("def f():\n    return 1\n")
    (project / "bad.py").write_text("def g(:\n")
    assert places(project) == ["bad.py:1 EXA001"]


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("mian", "--since mian: git knows no revision 'mian'"),
        ("-x", "git knows no revision '-x'"),
    ],
)
def test_unknown_revisions_exit_2(project: Path, revision: str, message: str) -> None:
    done = run(project, "scan", f"--since={revision}", *QUICK)
    assert done.returncode == 2
    assert message in done.stderr


def test_without_a_repository_it_exits_2(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SLEEPER)
    done = since(tmp_path)
    assert done.returncode == 2
    assert "not in the working tree of a git repository" in done.stderr


def test_a_shallow_clone_exits_2_with_the_remedy(project: Path, tmp_path: Path) -> None:
    commit(project, sleeper=SLEEPER + "    time.sleep(2)\n")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{project}", "clone")
    done = since(tmp_path / "clone", revision="origin/main")
    assert done.returncode == 2
    assert "git fetch --unshallow" in done.stderr
