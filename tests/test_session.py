"""A project held in memory: always what a fresh audit says, of no more files than changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exai_audit.errors import SettingsError, UsageError
from exai_audit.report import render
from exai_audit.session.open_project import OpenProject, Request, State
from tests.scratch import git, run
from tests.test_cli import CLEAN, SLEEPER

CALLER = "from {0} import wait\n\n\nasync def serve():\n    await wait()\n"
WAITER = "import requests\n\n\ndef wait():\n    return requests.get('https://a.example/x')\n"
POOL = "from concurrent.futures import ThreadPoolExecutor\n\npool = ThreadPoolExecutor(2)\n"
BROKEN = "def wait(:\n"
TEXTS = (CLEAN, SLEEPER, WAITER, POOL, BROKEN, CALLER.format("b"), CALLER.format("c.d"))
NAMES = ("a.py", "b.py", "c/__init__.py", "c/d.py", "tests/test_a.py")


def opened(folder: Path, today: Callable[[], date] = lambda: date.min) -> OpenProject:
    return OpenProject(Request((folder,), no_cache=True), today, print)


def codes(state: State) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in state.result.findings:
        found.setdefault(finding.path, []).append(finding.code)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text(CLEAN)
    (tmp_path / "b.py").write_text(SLEEPER)
    return tmp_path


class StoppedError(Exception):
    """What a test raises while files are read."""


step = st.tuples(
    st.sampled_from(["write", "show", "close", "delete", "configure"]),
    st.sampled_from(NAMES),
    st.sampled_from(TEXTS),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(step, min_size=1, max_size=6))
def test_what_is_held_says_what_a_fresh_audit_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str]]
) -> None:
    live, still = (tmp_path_factory.mktemp(name) / "project" for name in ("live", "still"))
    shown: dict[str, str] = {}
    for folder in (live, still):
        folder.mkdir()
        (folder / "exai-audit.toml").write_text("")
        (folder / "a.py").write_text(CLEAN)
    held = opened(live)
    for what, name, text in steps:
        change(held, live, shown, what, name, text)
        state = held.current()
        copy(live, still, shown)
        fresh = opened(still).current()
        assert render(state.result, "json") == render(fresh.result, "json")


def change(
    held: OpenProject, folder: Path, shown: dict[str, str], what: str, name: str, text: str
) -> None:
    file = folder / name
    if what == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    elif what == "delete" and name != "a.py":
        file.unlink(missing_ok=True)
    elif what == "configure":
        ignored = "EXA4" if text == SLEEPER else "EXA2"
        (folder / "exai-audit.toml").write_text(f"ignore = ['{ignored}']\n")
    elif what == "show":
        shown[name] = text
        held.set_text(file, text)
    elif what == "close":
        shown.pop(name, None)
        held.set_text(file, None)


def copy(live: Path, still: Path, shown: dict[str, str]) -> None:
    shutil.rmtree(still)
    shutil.copytree(live, still)
    for name, text in shown.items():
        (still / name).parent.mkdir(exist_ok=True)
        (still / name).write_text(text)


def test_the_same_state_is_given_until_something_changes(project: Path) -> None:
    held = opened(project)
    first = held.current()
    assert held.current() is first
    (project / "a.py").write_text(SLEEPER)
    second = held.current()
    assert (first.number, second.number) == (1, 2)
    assert held.last is second


def test_only_what_changed_is_read_again(project: Path) -> None:
    held = opened(project)
    first = held.current()
    (project / "a.py").write_text(SLEEPER)
    second = held.current()
    assert second.facts[0] is not first.facts[0]
    assert second.facts[1] is first.facts[1]


def test_a_touched_file_is_not_parsed_again(project: Path) -> None:
    held = opened(project)
    first = held.current()
    (project / "b.py").write_text(SLEEPER)
    assert held.current() is first


def test_unsaved_text_stands_in_for_the_file(project: Path) -> None:
    held = opened(project)
    held.set_text(project / "a.py", SLEEPER)
    assert codes(held.current()) == {"a.py": ["EXA405"], "b.py": ["EXA405"]}
    held.set_text(project / "a.py", None)
    assert codes(held.current()) == {"b.py": ["EXA405"]}
    assert (project / "a.py").read_text() == CLEAN


def test_an_excerpt_is_of_the_unsaved_text(project: Path) -> None:
    held = opened(project)
    held.set_text(project / "b.py", SLEEPER.replace("sleep(1)", "sleep(2)"))
    (finding,) = held.current().result.findings
    assert finding.excerpt == ("    time.sleep(2)",)


def test_a_file_that_is_not_saved_yet_belongs_to_the_project(project: Path) -> None:
    held = opened(project)
    held.set_text(project / "new.py", SLEEPER)
    assert "new.py" in codes(held.current())


@pytest.mark.parametrize("name", [".venv/lib/a.py", "../other.py", "ignored/a.py", "build/new.py"])
def test_what_an_audit_leaves_out_is_not_judged_when_opened(project: Path, name: str) -> None:
    (project / ".gitignore").write_text("ignored/\n")
    file = project / name
    if "new" not in name:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SLEEPER)
    held = opened(project)
    held.set_text(file, SLEEPER)
    assert codes(held.current()) == {"b.py": ["EXA405"]}


@pytest.mark.parametrize("name", ["b.py", "new.py"])
def test_a_text_that_is_longer_than_files_may_be_is_left_out(project: Path, name: str) -> None:
    (project / "exai-audit.toml").write_text("max-file-size = 200\n")
    held = opened(project)
    held.set_text(project / name, SLEEPER + "#" * 200)
    assert name not in codes(held.current())
    held.set_text(project / name, SLEEPER)
    assert codes(held.current())[name] == ["EXA405"]


def test_a_syntax_error_while_typing_is_a_finding_and_passes(project: Path) -> None:
    held = opened(project)
    for text, expected in ((BROKEN, ["EXA001"]), ("", []), ("x = '", ["EXA001"]), (CLEAN, [])):
        held.set_text(project / "a.py", text)
        assert codes(held.current()).get("a.py", []) == expected


def test_half_a_character_is_a_finding_not_an_error(project: Path) -> None:
    held = opened(project)
    held.set_text(project / "a.py", "x = '\ud83d'\n")
    assert codes(held.current())["a.py"] == ["EXA002"]


def test_a_file_that_disappears_is_forgotten(project: Path) -> None:
    held = opened(project)
    held.current()
    (project / "b.py").unlink()
    assert codes(held.current()) == {}


def test_a_project_that_disappears_is_an_error_until_it_is_back(project: Path) -> None:
    held = opened(project)
    first = held.current()
    away = project.with_name("away")
    project.rename(away)
    with pytest.raises(UsageError, match="no such file or folder"):
        held.current()
    assert held.last is first
    away.rename(project)
    assert codes(held.current()) == codes(first)


def test_settings_are_read_again(project: Path) -> None:
    held = opened(project)
    held.current()
    file = project / "exai-audit.toml"
    file.write_text("ignore = ['EXA405']\n")
    assert codes(held.current()) == {}
    file.write_text("ignore = 5\n")
    with pytest.raises(SettingsError, match=r"exai-audit\.toml"):
        held.current()
    file.unlink()
    assert codes(held.current()) == {"b.py": ["EXA405"]}


def test_the_users_knowledge_is_read_again(project: Path) -> None:
    (project / "exai-audit.toml").write_text("knowledge = ['own.toml']\n")
    row = '[[call]]\nname = "own.{}"\nsource = "ours"\nblocking = {{ instead = "await own()" }}\n'
    (project / "own.toml").write_text(row.format("other"))
    (project / "a.py").write_text("import own\n\n\nasync def f():\n    own.call()\n")
    held = opened(project)
    assert "a.py" not in codes(held.current())
    (project / "own.toml").write_text(row.format("call"))
    assert codes(held.current())["a.py"] == ["EXA405"]


def test_projects_with_other_knowledge_do_not_disturb_each_other(tmp_path: Path) -> None:
    held = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "exai-audit.toml").write_text(f"bridge-functions = ['{name}.wait']\n")
        (folder / "a.py").write_text(CLEAN)
        held.append(opened(folder))
    with ThreadPoolExecutor(4) as pool:
        for text in (SLEEPER, CLEAN, SLEEPER):
            for one in held:
                one.set_text(one.request.paths[0] / "a.py", text)
            found = list(pool.map(lambda one: codes(one.current()), held * 4))
            assert found == [{"a.py": ["EXA405"]} if text == SLEEPER else {}] * 8


def test_requirements_beside_the_code_count(project: Path) -> None:
    held = opened(project)
    first = held.current()
    (project / "requirements.txt").write_text("requests<2\n")
    assert held.current() is not first


def test_a_suppression_ends_while_the_project_is_open(project: Path) -> None:
    silenced = "time.sleep(1)  # exai: ignore[EXA405] until=2026-05-01 -- until then"
    (project / "b.py").write_text(SLEEPER.replace("time.sleep(1)", silenced))
    days = iter([date(2026, 5, 1), date(2026, 5, 2)])
    held = opened(project, lambda: next(days))
    assert codes(held.current()) == {}
    assert "EXA405" in codes(held.current())["b.py"]


def test_what_was_read_before_an_interruption_is_kept(project: Path) -> None:
    for number in range(30):
        (project / f"m{number}.py").write_text(SLEEPER + "#" * 3000)
    held = opened(project)
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done:
            raise StoppedError

    with pytest.raises(StoppedError):
        held.current(stop)
    read = seen[-1][0]
    assert 0 < read < 32
    steps: list[tuple[int, int]] = []
    held.current(lambda done, total: steps.append((done, total)))
    assert steps[0] == (read, 32)
    assert steps[-1] == (32, 32)


def test_an_interruption_hides_no_change(project: Path) -> None:
    held = opened(project)
    held.current()
    (project / "a.py").write_text(SLEEPER)

    def stop(done: int, total: int) -> None:
        if done == total:
            raise StoppedError

    with pytest.raises(StoppedError):
        held.current(stop)
    assert codes(held.current())["a.py"] == ["EXA405"]


def test_later_processes_know_what_was_read(project: Path) -> None:
    held = OpenProject(Request((project,)), lambda: date.min, print)
    first = held.current()
    held.close()
    steps: list[int] = []
    later = OpenProject(Request((project,)), lambda: date.min, print)
    second = later.current(lambda done, total: steps.append(done))
    assert steps[0] == 2
    assert second.facts == first.facts


def test_unsaved_text_is_not_remembered_as_what_is_on_disk(project: Path) -> None:
    held = OpenProject(Request((project,)), lambda: date.min, print)
    held.set_text(project / "a.py", SLEEPER)
    held.current()
    held.close()
    later = OpenProject(Request((project,)), lambda: date.min, print)
    assert codes(later.current()) == {"b.py": ["EXA405"]}


def test_the_baseline_and_the_gates_of_the_settings_count(project: Path) -> None:
    (project / "exai-audit.toml").write_text("baseline = 'known.json'\nfail-on-new = true\n")
    assert run(project, "baseline", "-o", "known.json").returncode == 0
    held = opened(project)
    known = held.current().result
    assert [finding.new for finding in known.findings] == [False]
    assert [verdict.passed for verdict in known.gate] == [True]
    (project / "a.py").write_text(SLEEPER)
    changed = held.current().result
    assert [finding.new for finding in changed.findings] == [True, False]
    assert [verdict.passed for verdict in changed.gate] == [False]


def test_a_gate_that_has_nothing_to_compare_with_says_nothing(project: Path) -> None:
    (project / "exai-audit.toml").write_text("fail-on-new = true\nfail-on = 'high'\n")
    (verdict,) = opened(project).current().result.gate
    assert verdict.line == "FAILED: 1 finding of severity high or above"
