"""Files are changed only where git could bring them back, or the user waives that."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.audit.cache import CACHE_FOLDER
from exai_audit.edits.edit import FileChange
from exai_audit.errors import AuditError, UsageError
from exai_audit.git.command import GitError
from exai_audit.git.worktree import uncommitted
from exai_audit.session.changing import make_changes, take_back_killed, undo_changes
from tests.scratch import git, repository

CHANGE = FileChange("a.py", b"a = 1\n", b"a = 2\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", a="a = 1\n", b="b = 1\n")


def test_committed_files_are_clean_in_any_folder_and_with_any_newline(project: Path) -> None:
    files = {"a.py": b"a = 1\n", "b.py": b"b = 1\r\n"}
    assert uncommitted(project, files) == ()
    (project / "sub").mkdir()
    (project / "sub" / "a.py").write_text("a = 1\n")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "x")
    assert uncommitted(project / "sub", {"a.py": b"a = 1\n"}) == ()


def test_changed_staged_and_unknown_files_are_not(project: Path) -> None:
    (project / "b.py").write_text("b = 2\n")
    git(project, "add", "b.py")
    files = {"a.py": b"a = 2\n", "b.py": b"b = 2\n", "c.py": b"c = 1\n"}
    assert uncommitted(project, files) == ("a.py", "b.py", "c.py")


def test_without_a_repository_git_cannot_tell(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not in the working tree"):
        uncommitted(tmp_path, {})


def test_a_clean_file_is_changed_and_the_journal_is_none_of_the_projects(project: Path) -> None:
    make_changes(project, [CHANGE], allow_dirty=False)
    assert (project / "a.py").read_bytes() == b"a = 2\n"
    assert git(project, "status", "--porcelain") == "M a.py"
    assert undo_changes(project) == ("a.py",)
    assert git(project, "status", "--porcelain") == ""
    take_back_killed(project, print)


def test_a_changed_file_is_refused_unless_that_is_waived(project: Path) -> None:
    (project / "a.py").write_text("a = 3\n")
    change = FileChange("a.py", b"a = 3\n", b"a = 2\n")
    with pytest.raises(UsageError, match=r"a\.py: changed since the last commit.*--allow-dirty"):
        make_changes(project, [change], allow_dirty=False)
    assert (project / "a.py").read_text() == "a = 3\n"
    make_changes(project, [change], allow_dirty=True)
    assert (project / "a.py").read_text() == "a = 2\n"


def test_outside_of_git_nothing_is_changed_unless_that_is_waived(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a = 1\n")
    with pytest.raises(UsageError, match="--allow-dirty"):
        make_changes(tmp_path, [CHANGE], allow_dirty=False)
    make_changes(tmp_path, [CHANGE], allow_dirty=True)
    assert (tmp_path / "a.py").read_bytes() == b"a = 2\n"


def test_a_journal_that_came_with_the_repository_is_not_believed(project: Path) -> None:
    make_changes(project, [CHANGE], allow_dirty=False)
    git(project, "add", "-f", CACHE_FOLDER)
    git(project, "commit", "-qam", "x")
    with pytest.raises(AuditError, match="came with the git repository"):
        undo_changes(project)
    assert (project / "a.py").read_bytes() == b"a = 2\n"
