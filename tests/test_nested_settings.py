"""Settings belong to files: the nearest settings file above a file judges it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scratch import Ended, run

WAITS = "import requests\n\n\ndef get(url):\n    return requests.get(url)\n"
LONG = "x = 1\n" * 40


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository of two packages: one ignores a rule, one has a lower limit."""
    (tmp_path / ".git").mkdir()
    for name, settings in {
        "a": 'ignore = ["EXA205"]\nfail-under = 99.9\n',
        "b": 'max-module-lines = 30\nexclude = ["gone"]\n',
        "c": "",
    }.items():
        folder = tmp_path / "packages" / name
        (folder / "gone").mkdir(parents=True)
        head = "[tool.exai-audit]\n" if settings else ""
        (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n{head}{settings}')
        (folder / "client.py").write_text(WAITS)
        (folder / "table.py").write_text(LONG)
        (folder / "gone" / "client.py").write_text(WAITS)
    return tmp_path


def found(ended: Ended) -> set[str]:
    assert ended.returncode in (0, 1), ended.stderr
    return {f"{f['code']} {f['path']}" for f in json.loads(ended.stdout)["findings"]}


def scan(folder: Path, *arguments: str) -> Ended:
    return run(folder, "scan", "--no-cache", "-f", "json", *arguments)


ALL = {
    "EXA101 packages/b/table.py",
    "EXA205 packages/b/client.py",
    "EXA205 packages/c/client.py",
    "EXA205 packages/c/gone/client.py",
}


def test_each_file_is_judged_by_the_nearest_settings(repo: Path) -> None:
    assert found(scan(repo)) == ALL


def test_the_order_of_the_paths_says_nothing(repo: Path) -> None:
    one = scan(repo, "packages/a", "packages/b")
    other = scan(repo, "packages/b", "packages/a")
    assert one.returncode == other.returncode == 0
    assert one.stdout == other.stdout


def test_the_command_line_speaks_over_all_of_them(repo: Path) -> None:
    assert "EXA205 packages/a/client.py" in found(scan(repo, "--select", "EXA205"))


@pytest.mark.parametrize("option", [("--isolated",), ("--config", "one.toml")])
def test_one_file_or_none_can_be_asked_for(repo: Path, option: tuple[str, ...]) -> None:
    (repo / "one.toml").write_text("")
    assert "EXA205 packages/a/client.py" in found(scan(repo, *option))


def test_the_place_gates(repo: Path) -> None:
    """The gate of a package counts where it is the place, not where it is a part."""
    assert "fail" not in scan(repo).stderr.lower()
    assert "99.9" in scan(repo / "packages" / "a").stderr
    assert "99.9" in scan(repo, "packages/a").stderr
    (repo / "pyproject.toml").write_text("[tool.exai-audit]\nfail-under = 1\n")
    assert ">= 1;" in scan(repo, "packages/a").stderr


def test_paths_count_from_the_place(repo: Path) -> None:
    (repo / "exai-audit.toml").write_text("")
    assert found(scan(repo, "packages/b")) == {one for one in ALL if "/b/" in one}
    assert "EXA101 table.py" in found(scan(repo / "packages" / "b"))


def test_a_named_file_has_its_own_settings(repo: Path) -> None:
    assert found(scan(repo, "packages/a/client.py", "packages/b/table.py")) == {
        "EXA101 packages/b/table.py"
    }


def test_invalid_settings_of_a_folder_are_an_error(repo: Path) -> None:
    file = repo / "packages" / "c" / "pyproject.toml"
    file.write_text("[tool.exai-audit]\nmax-modul-lines = 3\n")
    ended = scan(repo)
    assert ended.returncode == 2
    assert "packages/c/pyproject.toml: max-modul-lines" in ended.stderr


def test_broken_files_of_others_are_left_alone(repo: Path) -> None:
    (repo / "packages" / "c" / "pyproject.toml").write_text("[tool.ruff\n")
    assert found(scan(repo)) == ALL


def test_a_cache_does_not_mix_them_up(repo: Path) -> None:
    (repo / "packages" / "b" / "table.py").write_text(
        "def work():\n" + "    x = 1\n" * 40 + "    return x\n"
    )
    alone = found(scan(repo))
    for _ in range(2):
        assert found(run(repo, "scan", "-f", "json")) == alone


def test_config_shows_the_nearest_and_the_gate_of_the_place(repo: Path) -> None:
    (repo / "pyproject.toml").write_text("[tool.exai-audit]\nfail-under = 50\n")
    said = run(repo, "config", "packages/a/client.py").stdout
    assert "packages/a/pyproject.toml: ignore" in said
    assert "fail-under = 50.0  # pyproject.toml: fail-under" in said


def test_words_and_scopes_are_of_the_folder(repo: Path) -> None:
    (repo / "packages" / "b" / "test_table.py").write_text(LONG)
    settings = repo / "packages" / "b" / "pyproject.toml"
    settings.write_text(settings.read_text() + 'scope = ["tests"]\n')
    assert found(scan(repo)) == {
        "EXA101 packages/b/test_table.py",
        "EXA205 packages/c/client.py",
        "EXA205 packages/c/gone/client.py",
    }
