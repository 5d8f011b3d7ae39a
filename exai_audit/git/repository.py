"""What git knows of the audited tree, through the git command.

The repository may be hostile: nothing that its configuration or attributes name is run. Git reads
objects only, never the working tree (filters), never a remote, and no hook, pager, monitor,
external diff or signature program; files are compared in a folder of their own.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, field

from exai_audit.files.presence import is_there
from exai_audit.git.command import GitError, last_line, run

_REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://)?(?:[^@/\s]+@)?(?P<host>[\w.-]+)(?::\d+(?=/))?[:/]"
    r"(?P<path>[\w./~-]+?)(?:\.git)?/?"
)
REGULAR_MODES = ("100644", "100755")
_HEADER = re.compile(rb"diff --git (?:old|new)/\d+ (?:old|new)/\d+")
_HUNK = re.compile(rb"@@ -[\d,]+ \+(\d+)(?:,(\d+))? @@")
_RENAME_LIMIT = 2000


class Revision(Struct, frozen=True):
    """The commit that is checked out, its date as ``YYYY-MM-DD``, and its branch, if any."""

    commit: str
    date: str
    branch: str | None = None


class Differences(Struct, frozen=True):
    """How files differ: new path → old path, and new path → ranges of changed lines."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


def revision(folder: Path) -> Revision | None:
    """Return the commit checked out in ``folder``, None without git or without a commit."""
    try:
        done = run(folder, "log", "-1", "--no-show-signature", "--format=%H %cs %D")
    except GitError:
        return None
    said = done.stdout.decode("utf-8", "replace").strip()
    commit, _, rest = said.partition(" ")
    date, _, names = rest.partition(" ")
    head = names.split(", ")[0]
    branch = head.removeprefix("HEAD -> ") if head.startswith("HEAD -> ") else None
    return Revision(commit, date, branch) if done.returncode == 0 and commit else None


def revision_named(folder: Path, name: str) -> Revision | None:
    """Return the commit that ``name`` means, None when git knows none of that name."""
    commit = _commit(folder, name)
    if commit is None:
        return None
    done = run(folder, "log", "-1", "--no-show-signature", "--format=%H %cs", commit)
    found, _, date = done.stdout.decode("ascii", "replace").strip().partition(" ")
    return Revision(found, date) if done.returncode == 0 and found else None


def remote_address(folder: Path) -> str | None:
    """Return the web address of the repository that ``origin`` names, without any credentials.

    None without git, without that remote, or where its address is none of a server.
    """
    try:
        done = run(folder, "config", "--get", "remote.origin.url")
    except GitError:
        return None
    said = done.stdout.decode("utf-8", "replace").strip()
    found = _REMOTE.fullmatch(said) if done.returncode == 0 else None
    return f"https://{found['host']}/{found['path']}" if found else None


def top_level(folder: Path) -> Path:
    """Return the top folder of the working tree around ``folder``.

    Raises:
        GitError: there is none.
    """
    done = run(folder, "rev-parse", "--show-toplevel")
    if done.returncode != 0:
        said = last_line(done.stderr)
        if b"dubious ownership" in done.stderr:
            raise GitError(
                f"{folder}: the git repository belongs to another user: "
                f"git config --global --add safe.directory {folder}"
            )
        raise GitError(f"{folder} is not in the working tree of a git repository ({said})")
    return Path(os.fsdecode(done.stdout.rstrip(b"\r\n")))


def may_be_tracked(path: Path) -> bool:
    """Tell whether git tracks a path or anything below it, or cannot tell in a repository."""
    around = path.parent
    with suppress(GitError):
        done = run(around, "ls-files", "-z", "--", path.name)
        if done.returncode == 0:
            return bool(done.stdout)
    above = (around, *Path(os.path.abspath(around)).parents)  # noqa: PTH100
    return any(is_there(folder / ".git") for folder in above)


def merge_base(folder: Path, name: str) -> str:
    """Return the commit where the history of ``name`` and that of the checked out commit part.

    Raises:
        GitError: no repository, an unknown revision, no commit yet, or no common history, as in
            shallow clones.
    """
    top_level(folder)
    other = _commit(folder, name)
    if other is None:
        raise GitError(f"git knows no revision {name!r}{_hint_for_unknown(folder, name)}")
    head = _commit(folder, "HEAD")
    if head is None:
        raise GitError("the repository has no commit yet")
    done = run(folder, "merge-base", other, head)
    base = done.stdout.decode("ascii", "replace").split()
    if not base:
        raise GitError(f"{name!r} and HEAD have no common ancestor{_hint_for_shallow(folder)}")
    return base[0]


def is_shallow(folder: Path) -> bool:
    """Tell whether the clone lacks a part of its history."""
    return run(folder, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def last_change(folder: Path, file: Path) -> str | None:
    """Return the last commit that changed ``file``, None when there is none."""
    done = run(folder, "log", "-1", "--no-show-signature", "--format=%H", "--", str(file))
    return done.stdout.decode("ascii", "replace").strip() or None


def files_at(folder: Path, commit: str) -> dict[str, str]:
    """Return the regular files of a commit: path below the top level → object id."""
    done = _checked(folder, "ls-tree", "-r", "-z", "--full-tree", commit)
    files = {}
    for entry in done.split(b"\0"):
        about, _, path = entry.partition(b"\t")
        mode, _, rest = about.decode("ascii", "replace").partition(" ")
        if mode in REGULAR_MODES:
            files[os.fsdecode(path)] = rest.split(" ")[1]
    return files


def contents(folder: Path, objects: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of file objects by their id.

    Raises:
        GitError: an object is missing, as in partial clones.
    """
    wanted = list(dict.fromkeys(objects))
    if not wanted:
        return {}
    asked = "".join(f"{name}\n" for name in wanted).encode("ascii")
    answer = memoryview(_checked(folder, "cat-file", "--batch", given=asked))
    found, at = {}, 0
    for name in wanted:
        end = at + bytes(answer[at : at + 200]).index(b"\n")
        words = bytes(answer[at:end]).split()
        if len(words) != 3:
            raise GitError(
                f"the clone lacks the file object {name} (a partial clone?): "
                "git fetch --refetch --no-filter"
            )
        size = int(words[2])
        found[name] = bytes(answer[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return found


def differences(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Differences:
    """Compare files by path; one that is only new may be a renamed one that is only old.

    Renamed means similar to more than half, as git counts it.
    """
    names = sorted({*old, *new})
    numbers = {path: str(number) for number, path in enumerate(names)}
    with tempfile.TemporaryDirectory(prefix="exai-audit-") as folder:
        for side, files in (("old", old), ("new", new)):
            (Path(folder) / side).mkdir()
            for path, data in files.items():
                (Path(folder) / side / numbers[path]).write_bytes(data)
        patch = _checked(
            Path(folder),
            *("diff", "--no-index", "--no-ext-diff", "--no-textconv", "--no-color", "--text"),
            *("--no-prefix", "--unified=0", "--find-renames", f"-l{_RENAME_LIMIT}"),
            *("--inter-hunk-context=0", "--diff-algorithm=histogram", "--", "old", "new"),
            alone=True,
        )
    return _read_patch(patch.split(b"\n"), names)


def _read_patch(patch: Sequence[bytes], names: Sequence[str]) -> Differences:
    renamed: dict[str, str] = {}
    lines: dict[str, list[tuple[int, int]]] = {}
    current = source = ""
    for line in patch:  # content begins with a blank, plus, minus or backslash
        if _HEADER.fullmatch(line):
            current = names[int(line.rpartition(b"/")[2])]
        elif line.startswith(b"rename from "):
            source = names[int(line.rpartition(b"/")[2])]
        elif line.startswith(b"rename to "):
            renamed[current] = source
        elif hunk := _HUNK.match(line):
            first, added = int(hunk[1]), int(hunk[2] or 1)
            if added:
                lines.setdefault(current, []).append((first, first + added - 1))
    return Differences(renamed, {path: tuple(ranges) for path, ranges in lines.items()})


def _commit(folder: Path, name: str) -> str | None:
    if not name or name.startswith("-"):
        return None
    done = run(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    found = done.stdout.decode("ascii", "replace").strip()
    return found if done.returncode == 0 and found else None


def _hint_for_unknown(folder: Path, name: str) -> str:
    for remote in (f"origin/{name}", f"upstream/{name}"):
        if _commit(folder, remote):
            return f": there is {remote!r}"
    return (
        _hint_for_shallow(folder) or f": if it is a branch of the remote, git fetch origin {name}"
    )


def _hint_for_shallow(folder: Path) -> str:
    if not is_shallow(folder):
        return ""
    return (
        ": the clone is shallow; fetch the history with git fetch --unshallow "
        "(GitHub: actions/checkout with fetch-depth: 0; GitLab: GIT_DEPTH: 0)"
    )


def _checked(folder: Path, *words: str, given: bytes = b"", alone: bool = False) -> bytes:
    done = run(folder, *words, given=given, alone=alone)
    if done.returncode not in ((0, 1) if alone else (0,)):
        raise GitError(f"git {words[0]} failed: {last_line(done.stderr)}")
    return done.stdout
