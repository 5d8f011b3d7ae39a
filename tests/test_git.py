"""What git says of real scratch repositories, friendly and hostile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exai_audit.git.command import GitError
from exai_audit.git.repository import (
    contents,
    differences,
    files_at,
    is_shallow,
    last_change,
    merge_base,
    revision,
    top_level,
)
from tests import scratch
from tests.scratch import commit, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return scratch.repository(tmp_path / "repository", a="a = 1\n", b="b = 1\n")


def test_merge_base_is_where_the_branches_part(repository: Path) -> None:
    parted = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-qb", "work")
    commit(repository, a="a = 2\n")
    git(repository, "checkout", "-q", "main")
    commit(repository, b="b = 2\n")
    git(repository, "checkout", "-q", "work")
    assert merge_base(repository, "main") == parted
    git(repository, "checkout", "-q", "--detach")
    assert merge_base(repository, "main") == parted


@pytest.mark.parametrize("name", ["none", "--output=x", "", "HEAD~7", "main:a.py"])
def test_unknown_revision(repository: Path, name: str) -> None:
    with pytest.raises(GitError, match="git knows no revision"):
        merge_base(repository, name)


def test_a_remote_branch_of_that_name_is_named(repository: Path, tmp_path: Path) -> None:
    git(repository, "branch", "release")
    git(tmp_path, "clone", "-q", str(repository), "clone")
    with pytest.raises(GitError, match="there is 'origin/release'"):
        merge_base(tmp_path / "clone", "release")


def test_no_repository_no_commit_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError, match="not in the working tree of a git repository"):
        top_level(tmp_path)
    assert revision(tmp_path) is None
    git(tmp_path, "init", "-q")
    with pytest.raises(GitError, match="git knows no revision 'HEAD'"):
        merge_base(tmp_path, "HEAD")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="git command is not installed"):
        top_level(tmp_path)


def test_unrelated_histories(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "other")
    commit(repository, c="c = 1\n")
    with pytest.raises(GitError, match="no common ancestor"):
        merge_base(repository, "main")


def test_shallow_clone_names_the_remedy(repository: Path, tmp_path: Path) -> None:
    commit(repository, a="a = 2\n")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "clone")
    clone = tmp_path / "clone"
    assert is_shallow(clone)
    with pytest.raises(GitError, match="fetch --unshallow"):
        merge_base(clone, "HEAD~1")


def test_worktree_and_subfolder(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "beside"))
    inside = tmp_path / "beside" / "deep"
    inside.mkdir()
    assert top_level(inside) == (tmp_path / "beside").resolve()


def test_a_hook_s_variables_do_not_redirect(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert top_level(repository) == repository.resolve()


def test_files_and_contents_of_a_commit(repository: Path) -> None:
    strange = "a b\n\"é'.py"
    (repository / strange).write_text("s = 1\n")
    (repository / "link.py").symlink_to("a.py")
    head = commit(repository)
    files = files_at(repository, head)
    assert set(files) == {"a.py", "b.py", strange}
    held = contents(repository, files.values())
    assert held[files[strange]] == b"s = 1\n"


def test_a_missing_object_is_an_error(repository: Path) -> None:
    with pytest.raises(GitError, match="lacks the file object"):
        contents(repository, ["1" * 40])


def test_last_change_of_a_file(repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, b="b = 2\n")
    assert last_change(repository, repository / "a.py") == first
    assert last_change(repository, repository / "none.py") is None


def test_differences_give_lines_and_renames() -> None:
    body = "".join(f"line {i}\n" for i in range(40))
    old = {"same.py": b"a\nb\nc\n", "old.py": body.encode(), "gone.py": b"x\n"}
    new = {
        "same.py": b"a\nB\nc\nd\n",
        "dir/new.py": body.replace("line 7\n", "line seven\nand a half\n").encode(),
        "added.py": b"@@ -1 +1 @@\n+++ b/x\nrename from old/1\n",
    }
    found = differences(old, new)
    assert found.renamed == {"dir/new.py": "old.py"}
    assert found.lines == {
        "same.py": ((2, 2), (4, 4)),
        "dir/new.py": ((8, 9),),
        "added.py": ((1, 3),),
    }


def test_differences_without_newline_or_with_nothing() -> None:
    assert differences({"a": b"x"}, {"a": b"y"}).lines == {"a": ((1, 1),)}
    assert differences({"a": b"x\ny\n"}, {"a": b"x\n"}).lines == {}
    assert differences({}, {}).lines == {}


def test_a_hostile_repository_runs_nothing(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat\n")
    evil.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "gpg.program",
    ):
        git(repository, "config", key, str(evil))
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "extensions.partialClone", "origin")
    git(repository, "config", "remote.origin.url", "ssh://example.invalid/x")
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "core.repositoryFormatVersion", "1")
    (repository / ".git" / "info" / "attributes").write_text("*.py filter=evil diff=evil\n")
    for hook in ("post-checkout", "pre-commit", "post-index-change", "fsmonitor-watchman"):
        target = repository / ".git" / "hooks" / hook
        target.parent.mkdir(exist_ok=True)
        target.write_text(evil.read_text())
        target.chmod(0o755)
    mark.unlink(missing_ok=True)
    head = revision(repository)
    assert head is not None
    (repository / "a.py").write_text("a = 2\n")
    os.utime(repository / "b.py", (1, 1))
    top_level(repository)
    merge_base(repository, "HEAD")
    last_change(repository, repository / "a.py")
    files = files_at(repository, head.commit)
    differences(contents(repository, files.values()), {})
    with pytest.raises(GitError):
        contents(repository, ["1" * 40])
    assert not mark.exists()


@pytest.mark.parametrize("entry", ["bin", ".", "", "{project}/bin"])
def test_no_git_of_the_project_is_run(
    repository: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    for folder in (repository / "bin", repository):
        folder.mkdir(exist_ok=True)
        (folder / "git").write_text(f"#!/bin/sh\ntouch {repository}/was-run\n")
        (folder / "git").chmod(0o755)
    first = entry.format(project=repository)
    monkeypatch.setenv("PATH", os.pathsep.join((first, os.environ["PATH"])))
    assert top_level(repository) == repository.resolve()
    assert not (repository / "was-run").exists()
