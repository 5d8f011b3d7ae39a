"""All files are written or none, whenever the run dies; and what was written can be undone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from exai_audit.edits.edit import FileChange
from exai_audit.edits.journal import JOURNAL, Entry, Journal, Stage
from exai_audit.edits.write import roll_back, undo, write_changes
from exai_audit.errors import AuditError
from exai_audit.files.own_folder import write_own

CHANGES = (
    FileChange("a.py", b"a = 1\n", b"a = 2\n"),
    FileChange("b.py", b"b = 1\r\n", None),
    FileChange("b/__init__.py", None, b"from b.c import b\n"),
    FileChange("b/c.py", None, b"b = 1\n"),
    FileChange("sub/d.py", b"d = 1\n", b"d = 2\n"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for change in CHANGES:
        if change.before is not None:
            (root / change.path).parent.mkdir(parents=True, exist_ok=True)
            (root / change.path).write_bytes(change.before)
    return root


def journal(root: Path) -> Path:
    return root.parent / "journal"


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def states(changes: Sequence[FileChange] = CHANGES) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return what the tree says before and after."""
    return (
        {change.path: change.before for change in changes if change.before is not None},
        {change.path: change.after for change in changes if change.after is not None},
    )


def test_files_are_changed_made_and_deleted_and_brought_back(root: Path) -> None:
    (root / "a.py").chmod(0o755)
    write_changes(root, journal(root), CHANGES)
    assert tree(root) == states()[1]
    assert (root / "a.py").stat().st_mode & 0o777 == 0o755
    assert set(undo(root, journal(root))) == {change.path for change in CHANGES}
    assert tree(root) == states()[0]
    assert (root / "a.py").stat().st_mode & 0o777 == 0o755
    assert not (root / "b").exists()
    with pytest.raises(AuditError, match="nothing to undo"):
        undo(root, journal(root))


def test_what_was_edited_since_is_not_undone(root: Path) -> None:
    write_changes(root, journal(root), CHANGES)
    (root / "a.py").write_bytes(b"a = 3\n")
    with pytest.raises(AuditError, match=r"a\.py: changed since the last run wrote"):
        undo(root, journal(root))
    assert tree(root) == {**states()[1], "a.py": b"a = 3\n"}


def test_a_file_that_changed_meanwhile_stops_all(root: Path) -> None:
    (root / "sub/d.py").write_bytes(b"d = 5\n")
    before = tree(root)
    with pytest.raises(AuditError, match=r"sub/d\.py: was changed meanwhile"):
        write_changes(root, journal(root), CHANGES)
    assert tree(root) == before


@pytest.mark.parametrize("path", ["../out.py", "out/x.py", ".git/hooks/x", "link.py"])
def test_nothing_is_written_out_of_the_root(root: Path, path: str) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "x.py").write_bytes(b"x = 1\n")
    (root / "out").symlink_to(outside)
    (root / "link.py").symlink_to(outside / "x.py")
    before = b"x = 1\n" if path in ("out/x.py", "link.py") else None
    with pytest.raises(AuditError, match="so it is not written to"):
        write_changes(root, journal(root), [FileChange(path, before, b"x = 2\n")])
    assert tree(outside) == {"x.py": b"x = 1\n"}


def test_a_link_within_the_root_stays_one(root: Path) -> None:
    (root / "link.py").symlink_to("a.py")
    change = FileChange("link.py", b"a = 1\n", b"a = 2\n")
    write_changes(root, journal(root), [change])
    assert (root / "link.py").is_symlink()
    assert (root / "a.py").read_bytes() == b"a = 2\n"
    undo(root, journal(root))
    with pytest.raises(AuditError, match="are one file"):
        write_changes(root, journal(root), [change, CHANGES[0]])
    with pytest.raises(AuditError, match="is a link, so it is neither made nor deleted"):
        write_changes(root, journal(root), [FileChange("link.py", b"a = 1\n", None)])


def test_a_folder_in_the_way_stops_all(root: Path) -> None:
    (root / "b").write_bytes(b"no folder\n")
    with pytest.raises(AuditError, match="cannot be written"):
        write_changes(root, journal(root), CHANGES)
    assert tree(root) == {**states()[0], "b": b"no folder\n"}


def test_a_second_run_at_the_same_time_is_refused(root: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    write_changes(root, journal(root), CHANGES[:1])
    handle = os.open(journal(root), os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(AuditError, match="another run is at work"):
            write_changes(root, journal(root), CHANGES[1:])
    finally:
        os.close(handle)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_run_killed_at_any_step_leaves_the_old_tree_or_the_new(root: Path) -> None:
    old, new = states()
    step, ended = 0, False
    seen = set()
    while not ended:
        step += 1
        ended = killed_at(step, lambda: write_changes(root, journal(root), CHANGES))
        roll_back(root, journal(root))
        now = tree(root)
        assert now in (old, new), f"step {step}"
        seen.add(now == new)
        if now == new:
            undo(root, journal(root))
        assert tree(root) == old
        assert not (root / "b").exists()
    assert step > 50
    assert seen == {False, True}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_an_undo_killed_at_any_step_is_finished_by_the_next(root: Path) -> None:
    old, _ = states()
    step, ended = 0, False
    while not ended:
        step += 1
        write_changes(root, journal(root), CHANGES)
        ended = killed_at(step, lambda: undo(root, journal(root)))
        if tree(root) != old:
            undo(root, journal(root))
        assert tree(root) == old, f"step {step}"
        roll_back(root, journal(root))
    assert step > 20


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do ``work`` in a process that dies at its ``step``-th system call; tell if it ended."""
    child = os.fork()
    if not child:
        left = step

        def count(event: str, _: tuple[object, ...]) -> None:
            nonlocal left
            if event.startswith(("os.", "open", "shutil.")):
                left -= 1
                if left == 0:
                    os._exit(9)

        sys.addaudithook(count)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize(
    "journal_",
    [
        Journal(Stage.WRITING, "x/../../../victim", (Entry("a.py", b"", b"a = 1\n", 0o644),)),
        Journal(Stage.WRITING, "", (Entry("a.py", b"", b"a = 1\n", 0o644, ("../empty",)),)),
        Journal(Stage.WRITING, "", (Entry("a.py", b"", b"a = 1\n", 0o4755),)),
        Journal(Stage.WRITING, "", (Entry("../victim", b"", b"secret", 0o644),)),
        Journal(Stage.WRITTEN, "x/../../../victim", (Entry("a.py", b"", b"a = 1\n", 0o644),)),
    ],
)
def test_a_journal_that_came_with_the_project_reaches_nothing_else(
    root: Path, journal_: Journal
) -> None:
    """An archive may hold a cache folder, of whatever its author likes."""
    (root.parent / "victim").write_bytes(b"secret")
    (root.parent / "empty").mkdir()
    (root / ".a.py.x").mkdir()
    before = tree(root.parent)
    write_own(root / "cache", JOURNAL, msgspec.msgpack.encode(journal_))
    assert roll_back(root, root / "cache") == ()
    with pytest.raises(AuditError, match="nothing to undo"):
        undo(root, root / "cache")
    assert {**before, **tree(root.parent)} == tree(root.parent)
    assert (root / "a.py").read_bytes() == b"a = 1\n"
    assert (root.parent / "empty").is_dir()
