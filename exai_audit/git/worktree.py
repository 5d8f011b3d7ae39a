"""Which files of the working tree git holds as they are, so that it could bring them back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from exai_audit.git.command import GitError, last_line, run
from exai_audit.git.commits import is_object
from exai_audit.git.repository import revision, top_level


def uncommitted(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the files whose content the checked out commit or the index lacks, sorted.

    No filter of the repository is run: contents are compared as git names them, as they stand or
    with git's newlines.

    Args:
        files: what files below ``root`` say, by path below it.

    Raises:
        GitError: ``root`` is in no working tree, or git cannot tell.
    """
    inside = Path(os.path.relpath(root.resolve(), top_level(root))).as_posix()
    prefix = "" if inside == "." else f"{inside}/"
    index = _objects(root, "ls-files", "--stage", "-z", "--full-name")
    commit = revision(root)
    head = _objects(root, "ls-tree", "-r", "-z", "--full-tree", commit.commit) if commit else {}
    return tuple(
        path
        for path in sorted(files)
        if not all(is_object(files[path], held.get(prefix + path, "")) for held in (index, head))
    )


def _objects(folder: Path, *words: str) -> dict[str, str]:
    """Return the object id of each path that git lists: mode, maybe kind, id; a tab; path."""
    done = run(folder, *words)
    if done.returncode != 0:
        raise GitError(f"git {words[0]} failed: {last_line(done.stderr)}")
    found = {}
    for entry in filter(None, done.stdout.split(b"\0")):
        about, _, path = entry.partition(b"\t")
        parts = about.decode("ascii", "replace").split()
        found[os.fsdecode(path)] = parts[2] if parts[1] == "blob" else parts[1]
    return found
