"""The patch says what git says, and git applies it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exai_audit.edits.edit import FileChange
from exai_audit.edits.patch import patch
from tests.scratch import git

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"\n", b"- d\n"]), max_size=25)
END = st.sampled_from([b"", b"end", b"\xe9"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, END, LINES, END)
def test_git_applies_the_patch(
    tmp_path: Path, old: list[bytes], old_end: bytes, new: list[bytes], new_end: bytes
) -> None:
    before, after = b"".join(old) + old_end, b"".join(new) + new_end
    if before != after:
        applied(tmp_path, FileChange("a.py", before, after))
        assert (tmp_path / "a.py").read_bytes() == after


@pytest.mark.parametrize("name", ["a.py", "a b/é.py", 'q"\\\t.py', "new/a.py"])
def test_files_are_made_and_deleted_whatever_their_name(tmp_path: Path, name: str) -> None:
    applied(tmp_path, FileChange(name, None, b"a = 1\n"))
    assert (tmp_path / name).read_bytes() == b"a = 1\n"
    applied(tmp_path, FileChange(name, b"a = 1\n", None))
    assert not (tmp_path / name).exists()


def test_a_line_that_moves_behind_its_likes(tmp_path: Path) -> None:
    applied(tmp_path, FileChange("a.py", b"a\nb\nb\nb\nb\n", b"b\nb\nb\nb\nb\n"))
    assert (tmp_path / "a.py").read_bytes() == b"b\n" * 5


def test_an_empty_file_is_made(tmp_path: Path) -> None:
    applied(tmp_path, FileChange("a.py", None, b""))
    assert (tmp_path / "a.py").read_bytes() == b""


def test_a_patch_reads_as_gits() -> None:
    before = b"".join(b"%d\n" % number for number in range(1, 20))
    change = FileChange(
        "a.py", before, before.replace(b"3\n4\n", b"three\n4\n").replace(b"9\n", b"")
    )
    assert patch([change]).decode().splitlines()[:9] == [
        "diff --git a/a.py b/a.py",
        "--- a/a.py",
        "+++ b/a.py",
        "@@ -1,12 +1,11 @@",
        " 1",
        " 2",
        "-3",
        "+three",
        " 4",
    ]
    assert patch([]) == b""


def applied(folder: Path, change: FileChange) -> None:
    """Let git apply a change as a patch to what is there before."""
    place = folder / change.path
    if change.before is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(change.before)
    (folder / "the.patch").write_bytes(patch([change]))
    git(folder, "apply", "--whitespace=nowarn", "the.patch")
