"""Files beside the sources: whatever lies there, the audit is done."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from exai_audit.audit.discover import discover
from exai_audit.audit.gitignore import Ignores, ignores_around
from exai_audit.config import Settings, load
from exai_audit.errors import SettingsError
from exai_audit.files import presence
from exai_audit.files.source import UnreadableSourceError, read_bytes, side_text
from exai_audit.knowledge.rows import rows_of
from exai_audit.project.console_scripts import console_scripts
from exai_audit.project.pins import is_below, lowest_python, pinned

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def test_only_regular_files_up_to_a_limit_are_read(tmp_path: Path) -> None:
    file, pipe = tmp_path / "file", tmp_path / "pipe"
    file.write_bytes(b"x" * 100)
    os.mkfifo(pipe)
    assert read_bytes(file, 100) == b"x" * 100
    for path, limit, reason in (
        (file, 99, "longer than 99 bytes"),
        (pipe, 99, "not a regular file"),
        (tmp_path, 99, "not a regular file"),
        (Path("/dev/zero"), 99, "not a regular file"),
        (tmp_path / "none", 99, "No such file"),
        (f"{tmp_path}/\0", 99, "is no path"),
        (tmp_path / ("n" * 5000), 99, "File name too long"),
    ):
        with pytest.raises(UnreadableSourceError, match=reason):
            read_bytes(path, limit)
        assert side_text(path if path != file else tmp_path / "none") == ""


def test_nothing_is_where_no_path_leads() -> None:
    for path in ("/none\0", "n" * 5000, "\udcff/none"):
        assert not presence.is_file(path)
        assert not presence.is_folder(path)
        assert not presence.is_there(path)


@pytest.mark.skipif(IS_ROOT, reason="root may read everything")
def test_a_folder_without_permission_is_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    closed = tmp_path / "data"
    closed.mkdir()
    closed.chmod(0)
    try:
        found = discover([tmp_path], tmp_path, Settings().files)
    finally:
        closed.chmod(0o700)
    assert [file.path for file in found.files] == ["a.py"]
    assert [s.path for s in found.skipped] == ["data"]


@pytest.mark.parametrize("name", [".git", ".gitignore", "pyproject.toml", "exai-audit.toml"])
def test_a_pipe_by_the_name_of_a_side_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    (tmp_path / "a.py").touch()
    assert load(tmp_path, None, False) == (Settings(), None)
    assert len(discover([tmp_path], tmp_path, Settings().files).files) == 1


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml"])
def test_a_pipe_names_no_script(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert console_scripts(tmp_path) == frozenset()


def test_a_git_file_that_leads_to_a_device_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".git").symlink_to("/dev/zero")
    assert ignores_around(tmp_path) == Ignores()


@pytest.mark.parametrize("target", ["/dev/zero", "none\0", "n" * 5000, "."])
def test_settings_that_cannot_be_read_are_told(tmp_path: Path, target: str) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path, Path(target), False)
    with pytest.raises(SettingsError, match="cannot be read"):
        list(rows_of(Path(target)))


def test_numbers_without_end_are_no_settings(tmp_path: Path) -> None:
    (tmp_path / "exai-audit.toml").write_text(f"max-file-size = {'9' * 5000}\n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load(tmp_path, None, False)


@pytest.mark.parametrize(
    "text",
    [
        "project = 5",
        "[project]\ndependencies = 5",
        "[project]\ndependencies = [5, ['redis']]",
        "[project]\noptional-dependencies = [1]",
        "[project.optional-dependencies]\na = 'redis'",
        "dependency-groups = 'a'",
        "tool = 'x'",
        "[tool]\npoetry = [1]",
        "[tool.poetry]\ndependencies = 'redis'",
        f"[tool.poetry.dependencies]\nredis = '^{'9' * 5000}'",
        "[project]\nrequires-python = 5",
        "[project]\nrequires-python = 'none'",
        f"project = {'9' * 5000}",
        f"project = {'[' * 5000}",
        f"[project]\ndependencies = ['redis>={'9' * 5000}']",
        f"[project]\na = {'9' * 5000}",
        "package = 5",
        "package = [5]",
        "[[package]]\nname = 5\nversion = '1'",
        "[[package]]\nname = 'redis'\nversion = 5",
    ],
)
def test_manifests_of_other_shapes_pin_nothing(tmp_path: Path, text: str) -> None:
    for name in ("pyproject.toml", "uv.lock", "pylock.toml", "Pipfile.lock"):
        (tmp_path / name).write_text(text)
    found = pinned(tmp_path, ["redis"])
    assert is_below(found.get("redis", ""), "5.0") is None
    assert lowest_python(tmp_path) is None
    assert console_scripts(tmp_path) == frozenset()


def test_a_lock_file_of_json_of_other_shapes_pins_nothing(tmp_path: Path) -> None:
    for text in ("[]", '{"default": 5}', '{"default": {"redis": 5}}', "[" * 100_000, "9" * 5000):
        (tmp_path / "Pipfile.lock").write_text(text)
        assert pinned(tmp_path, ["redis"]) == {}
    (tmp_path / "Pipfile.lock").write_text('{"default": {"redis": {"version": "\\ud800"}}}')
    assert is_below(pinned(tmp_path, ["redis"]).get("redis", ""), "5.0") is None


def test_a_requirement_among_very_many_is_found(tmp_path: Path) -> None:
    lines = [f"package-{number}==1.0" for number in range(100_000)]
    (tmp_path / "requirements.txt").write_text("\n".join([*lines, " Redis >= 4, < 5 # why"]))
    assert pinned(tmp_path, ["redis"]) == {"redis": "<5,>=4"}


def test_a_version_without_end_is_neither_below_nor_above() -> None:
    assert is_below(f"<{'9' * 5000}", "5.0") is None


def _git_ignores(folder: Path, names: list[str]) -> set[str]:
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=folder,
        input="\0".join(names).encode(),
        capture_output=True,
        check=False,
    )
    return set(done.stdout.decode().split("\0")) - {""}


@pytest.mark.parametrize("line", ["[z-a]", "a[z-a]b", "[9-1]*.py", "[", "[]", "[!]", "\\", "a\\"])
def test_lines_that_are_no_patterns_are_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / ".gitignore").write_text(f"{line}\nb.py\n")
    ignores = Ignores().within(str(tmp_path))
    assert ignores.ignoring(str(tmp_path / "a.py"), False) is None
    assert ignores.ignoring(str(tmp_path / "b.py"), False) == ".gitignore"


def test_random_lines_are_read_as_git_reads_them(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    dice = random.Random(7)
    names = ["a.py", "b.py", "ab.py", "d/a.py", "d/ab.py", "d/e/a.py", "d/e/bb.py", "aaab.py"]
    for _ in range(60):
        pieces = ["a", "b", "d", "e", "/", "*", "?", "**", "[ab]", "[!a]", ".py", "!", "**/"]
        lines = ["".join(dice.choices(pieces, k=dice.randint(1, 6))) for _ in range(2)]
        (tmp_path / ".gitignore").write_text("\n".join(lines) + "\n")
        ignores = Ignores().within(str(tmp_path))
        ours = {name for name in names if _is_ignored(tmp_path, name, ignores)}
        assert ours == _git_ignores(tmp_path, names), lines


def _is_ignored(root: Path, name: str, ignores: Ignores) -> bool:
    parts = name.split("/")
    folders = ["/".join(parts[:end]) for end in range(1, len(parts))]
    if any(ignores.ignoring(str(root / folder), True) for folder in folders):
        return True
    return ignores.ignoring(str(root / name), False) is not None
