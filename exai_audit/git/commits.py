"""Python files as they were in a commit, and how those of today differ from them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.git.repository import (
    Differences,
    contents,
    differences,
    files_at,
    is_shallow,
    last_change,
    revision,
    top_level,
)

_SUFFIXES = (".py", ".pyi")


class Snapshot(Struct, frozen=True):
    """The Python files of a commit, by path below the root.

    ``former`` holds what those said that have changed or are gone; the ``unchanged`` say the same
    today. ``differences`` are those of today's files.
    """

    unchanged: frozenset[str]
    former: Mapping[str, bytes]
    differences: Differences


def snapshot(
    root: Path, commit: str, present: Mapping[str, bytes], wanted: Callable[[str], bool]
) -> Snapshot:
    """Return the files of ``commit`` below ``root`` for which ``wanted`` holds.

    Args:
        present: today's files by path below the root.

    Raises:
        GitError: git cannot tell.
    """
    then = files_below(root, commit)
    then = {
        path: name
        for path, name in then.items()
        if path in present or (path.endswith(_SUFFIXES) and wanted(path))
    }
    same = frozenset(
        path for path, data in present.items() if path in then and is_object(data, then[path])
    )
    held = contents(root, (name for path, name in then.items() if path not in same))
    former = {path: held[name] for path, name in then.items() if path not in same}
    today = {path: _unix(data) for path, data in present.items() if path not in same}
    before = {path: _unix(data) for path, data in former.items()}
    return Snapshot(same, former, differences(before, today))


def read_all(files: Mapping[str, Path]) -> dict[str, bytes]:
    """Return what the files say that can be read."""
    held = {}
    for path, file in files.items():
        try:
            held[path] = read_bytes(file)
        except UnreadableSourceError:
            continue
    return held


def renamed_since_written(
    root: Path, file: Path, gone: frozenset[str], present: Mapping[str, Path]
) -> tuple[dict[str, str], bool]:
    """Return how files were renamed since ``file`` was last committed: new path → old path.

    Also whether that cannot be told in full, since the clone is shallow.

    Args:
        gone: old paths to look for, below the root.
        present: today's files by path below the root.

    Raises:
        GitError: git cannot tell.
    """
    commit = _commit_of(root, file)
    if commit is None:
        return {}, False
    then = files_below(root, commit)
    added = read_all({path: place for path, place in present.items() if path not in then})
    held = contents(root, (then[path] for path in gone if path in then))
    before = {path: _unix(held[then[path]]) for path in gone if path in then}
    found = differences(before, {path: _unix(data) for path, data in added.items()})
    untold = len(before) < len(gone) and is_shallow(root)
    return dict(found.renamed), untold


def _commit_of(root: Path, file: Path) -> str | None:
    """Return the commit that a file's content is from: the checked out one if it is newer."""
    head = revision(root)
    if head is None:
        return None
    committed = last_change(root, file.resolve())
    tracked = files_at(root, head.commit)
    name = Path(os.path.relpath(file.resolve(), top_level(root))).as_posix()
    if committed is None or name not in tracked:
        return head.commit
    return committed if is_object(read_bytes(file), tracked[name]) else head.commit


def files_below(root: Path, commit: str) -> dict[str, str]:
    """Return the regular files of a commit: path below ``root`` → object id.

    Raises:
        GitError: git cannot tell.
    """
    inside = Path(os.path.relpath(root.resolve(), top_level(root))).as_posix()
    found = ((path_below(path, inside), name) for path, name in files_at(root, commit).items())
    return {path: name for path, name in found if path is not None}


def path_below(path: str, inside: str) -> str | None:
    """Return a path below the top level as one below its folder ``inside``, None if it is not."""
    if inside == ".":
        return path
    return path.removeprefix(f"{inside}/") if path.startswith(f"{inside}/") else None


def is_object(data: bytes, name: str) -> bool:
    """Tell whether ``data`` is the object ``name``, as it stands or with git's newlines."""
    digits = len(name)
    if _object_id(data, digits) == name:
        return True
    return b"\r\n" in data and _object_id(_unix(data), digits) == name


def _object_id(data: bytes, digits: int) -> str:
    made = hashlib.sha1(usedforsecurity=False) if digits == 40 else hashlib.sha256()
    made.update(b"blob %d\0" % len(data) + data)
    return made.hexdigest()


def _unix(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")
