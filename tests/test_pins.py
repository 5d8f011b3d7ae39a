"""Which versions the audited project asks for, and what that says of a default."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.project.pins import is_below, pinned


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("==5.0.1", True),
        ("<8", True),
        ("<=7.9", True),
        (">=5,<6", True),
        ("~=5.0", True),
        ("~=7.4.1", True),
        ("==7.*", True),
        ("==8.1.0", False),
        (">=8", False),
        (">=8.0,<9", False),
        ("~=8.1", False),
        (">=5", None),
        ("<9", None),
        ("!=7", None),
        ("not a version", None),
    ],
)
def test_specifiers_decide_or_leave_it_open(asked: str, expected: bool | None) -> None:
    assert is_below(asked, "8") is expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("requirements.txt", "redis==5.0.1  # cache\n-r other.txt\n", "==5.0.1"),
        ("requirements-dev.txt", "Redis[hiredis] >= 5, < 6\n", "<6,>=5"),
        ("pyproject.toml", '[project]\ndependencies = ["redis>=8"]\n', ">=8"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nredis = "^5.2"\n', "<6,>=5.2"),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nredis = { version = "~=5.2" }\n',
            "~=5.2",
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = []\n[project.optional-dependencies]\nall = ["redis<6"]\n',
            "<6",
        ),
        (
            "pyproject.toml",
            '[dependency-groups]\ndev = ["redis>=8", { include-group = "test" }]\n',
            ">=8",
        ),
        ("uv.lock", '[[package]]\nname = "redis"\nversion = "7.1"\n', "==7.1"),
        ("poetry.lock", '[[package]]\nname = "redis"\nversion = "7.1"\n', "==7.1"),
        ("Pipfile.lock", '{"default": {"redis": {"version": "==6.4"}}}', "==6.4"),
    ],
)
def test_version_is_read_from(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text)
    assert pinned(tmp_path, {"redis"}) == {"redis": expected}


def test_lock_file_comes_before_requirements(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("redis>=5\n")
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "redis"\nversion = "7.1"\n')
    assert pinned(tmp_path, {"redis"}) == {"redis": "==7.1"}


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml", "Pipfile.lock", "requirements.txt"])
def test_broken_file_says_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff{ [[")
    assert pinned(tmp_path, {"redis"}) == {}


def test_folder_of_requirements_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text("redis==5.0\n")
    assert pinned(tmp_path, {"redis"}) == {"redis": "==5.0"}
