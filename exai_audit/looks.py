"""Looks at the disk: what a run depends on there, put into words that are equal only for equals.

A run takes each look before it reads what the look is at. Content that changes after a look has
another time of change (ctime, which nobody can set), so that whoever finds the same words later
would read the same. That holds for what was at rest when the run began: `Looks.at_rest` says so.
Of a Python file that was not the words say so; its content has to be compared.

Standard library only, and little of that: `exai_audit.cli.replay` has no time to load more.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator

CACHE_FOLDER = ".exai-audit-cache"
SUFFIXES = (".py", ".pyi")
_SETTINGS = ("exai-audit.toml", "pyproject.toml", ".gitignore")
_PROJECT_SUFFIXES = (".toml", ".lock", ".cfg")
_GIT_FILES = (
    "config", "packed-refs", "shallow", "info/exclude", "info/grafts", "reftable/tables.list",
)  # fmt: skip
_REST_NS = 2_000_000_000  # the coarsest clock of a file system in use: FAT
_SHORT = 4096
_SEPARATOR = "/\n"
_REGULAR = f"{stat.S_IFREG} "
Stats = Callable[[], os.stat_result]


class Looks:
    """The looks of one run, by kind and path."""

    def __init__(self) -> None:
        self._start = time.time_ns()
        self._newest = 0
        self.found: dict[tuple[str, str], str] = {}
        self.recent: list[str] = []
        """The files in folders that changed so short a time ago that they have to be compared."""

    def folder(self, path: str, entries: Iterable[os.DirEntry[str]]) -> None:
        """Look at the entries of a folder that decide which Python files are in it."""
        words = []
        for text, changed in _listed(entries):
            if was_at_rest(changed, self._start):
                words.append(text)
            else:
                name, _, real = _parted(text)
                words.append(f"{name}/?/{real}")
                self.recent.append(os.path.join(path, name))  # noqa: PTH118
        self._keep("folder", path, _SEPARATOR.join(words))

    def at(self, kind: str, path: str) -> None:
        """Look at ``path``; ``kind`` is one of ``KINDS``."""
        words, newest = _joined(KINDS[kind](path))
        self._newest = max(self._newest, newest)
        self._keep(kind, path, words)

    def at_rest(self) -> bool:
        """Tell whether all but the recent files were last changed well before the first look."""
        return was_at_rest(self._newest, self._start)

    def _keep(self, kind: str, path: str, words: str) -> None:
        if self.found.setdefault((kind, path), words) != words:
            self._newest = self._start  # it changed between two looks


def look(kind: str, path: str) -> str:
    """Return what is at ``path``, in the words of `Looks`."""
    return _joined(KINDS[kind](path))[0]


def changed_files(folder: str, words: str) -> list[str] | None:
    """Return the files whose words are others now, to be compared by content.

    None where the folder differs in more than that.
    """
    before, now = words.split(_SEPARATOR), look("folder", folder).split(_SEPARATOR)
    if len(before) != len(now):
        return None
    changed = []
    for old, new in zip(before, now, strict=True):
        if old != new:
            (name, _, real), (new_name, stats, new_real) = _parted(old), _parted(new)
            if (name, real) != (new_name, new_real) or not stats.startswith(_REGULAR):
                return None
            changed.append(os.path.join(folder, name))  # noqa: PTH118
    return changed


def blob_hash(data: bytes) -> bytes:
    """Return git's object id of a file's content, so that history can share the records."""
    from hashlib import sha1

    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).digest()


def entries_of(folder: str) -> list[os.DirEntry[str]]:
    """Return what is in a folder, sorted by name, without our own cache.

    Raises:
        OSError: it cannot be read.
    """
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if entry.name != CACHE_FOLDER]
    return sorted(found, key=lambda entry: entry.name)


def upward(path: str) -> Iterator[str]:
    """Yield an absolute path and all folders above it."""
    while True:
        yield path
        above = os.path.dirname(path)  # noqa: PTH120
        if above == path:
            return
        path = above


def changed_ns(status: os.stat_result) -> int:
    """Return when a file last changed: the time that nobody can set, where there is one."""
    return status.st_ctime_ns if os.name == "posix" else status.st_mtime_ns


def was_at_rest(changed: int, start: int) -> bool:
    """Tell whether a file that changed last at ``changed`` had a time of its own at ``start``."""
    return changed < start - _REST_NS


def commits_of(folder: str) -> list[str]:
    """Return the commit checked out in each repository around ``folder``, the innermost first.

    It begins with ``?`` where the repository's files do not say it plainly, as without a commit.
    """
    return [_checked_out(m) for m in map(_git_marker, upward(folder)) if os.path.lexists(m)]


def _checked_out(marker: str) -> str:
    own, shared = _git_folders(marker)
    head = _text(f"{own}/HEAD")
    if not head.startswith("ref: "):
        return head if _is_object(head) else f"?{head}"
    name = head.removeprefix("ref: ")
    found = _text(f"{shared}/{name}") or _packed(f"{shared}/packed-refs", name)
    return found if _is_object(found) else f"?{head}"


def _packed(path: str, name: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
            return next((ln.split()[0] for ln in lines if ln.rstrip("\n").endswith(f" {name}")), "")
    except OSError:
        return ""


def _listed(entries: Iterable[os.DirEntry[str]]) -> Iterator[tuple[str, int]]:
    for entry in entries:  # no name holds a slash
        name = entry.name
        if entry.is_dir(follow_symlinks=False):
            yield f"{name}/", 0
        elif name.endswith(SUFFIXES) or name == ".gitignore":
            words, newest = _described(entry.stat)
            real = ascii(os.path.realpath(entry.path)) if entry.is_symlink() else ""
            yield f"{name}/{words}/{real}", newest
        elif entry.is_symlink() and _leads_to_folder(entry):
            yield f"{name}//", 0


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _folder(path: str) -> Iterator[tuple[str, int]]:
    try:
        entries = entries_of(path)
    except OSError as error:
        return iter([(f"!{error.errno}", 0)])
    return _listed(entries)


def _file(path: str) -> Iterator[tuple[str, int]]:
    yield _described(lambda: os.stat(path))  # noqa: PTH116


def _project(path: str) -> Iterator[tuple[str, int]]:
    """Look at what names the project's libraries and scripts."""
    for folder, suffixes in ((path, _PROJECT_SUFFIXES), (f"{path}/requirements", ())):
        try:
            entries = entries_of(folder)
        except OSError as error:
            yield f"!{error.errno}", 0
            continue
        for entry in entries:
            is_listed = folder != path or "requirements" in entry.name
            if entry.name.endswith(suffixes) or (is_listed and entry.name.endswith(".txt")):
                words, newest = _described(entry.stat)
                yield f"{entry.name}/{words}", newest


def _around(path: str) -> Iterator[tuple[str, int]]:
    """Look at a path that was named, and at what says where its project is and what is in force."""
    yield os.path.realpath(path), 0
    is_folder = os.path.isdir(path)  # noqa: PTH112
    yield ("/", 0) if is_folder else _described(lambda: os.stat(path))  # noqa: PTH116
    for folder in upward(path):
        for name in _SETTINGS:
            yield from _file(os.path.join(folder, name))  # noqa: PTH118
        marker = _git_marker(folder)
        if os.path.lexists(marker):
            yield from _git(marker)
        yield ";", 0


def _git(marker: str) -> Iterator[tuple[str, int]]:
    own, shared = _git_folders(marker)
    yield from ((own, 0), (shared, 0))
    for name in _GIT_FILES:
        yield from _file(f"{shared}/{name}")
    yield "/".join(_names(f"{shared}/refs/replace")), 0


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return []


def _commits(path: str) -> Iterator[tuple[str, int]]:
    return ((commit, 0) for commit in commits_of(path))


KINDS: dict[str, Callable[[str], Iterator[tuple[str, int]]]] = {
    "folder": _folder, "file": _file, "project": _project, "around": _around, "commits": _commits,
}  # fmt: skip
"""What a look is at: the Python files of a folder, a file, what names a project's libraries, what
is in force at a path, the commits that are
checked out."""


def _joined(parts: Iterable[tuple[str, int]]) -> tuple[str, int]:
    words: list[str] = []
    newest = 0
    for text, changed in parts:
        words.append(text)
        if changed > newest:
            newest = changed
    return _SEPARATOR.join(words), newest


def _parted(text: str) -> tuple[str, str, str]:
    """Return the name, the status and the real path of an entry."""
    name, _, rest = text.partition("/")
    stats, _, real = rest.partition("/")
    return name, stats, real


def _described(stats: Stats) -> tuple[str, int]:
    """Return what tells a file from any other and from itself at another time, and its change."""
    try:
        found = stats()
    except OSError as error:
        return f"!{error.errno}", 0
    kind = stat.S_IFMT(found.st_mode)
    if kind == stat.S_IFDIR:
        return "/", 0
    changed = changed_ns(found)
    words = f"{kind} {found.st_size} {found.st_mtime_ns} {changed} {found.st_dev} {found.st_ino}"
    return words, changed


def _git_marker(folder: str) -> str:
    return os.path.join(folder, ".git")  # noqa: PTH118


def _git_folders(marker: str) -> tuple[str, str]:
    """Return the folder of the working tree's own state and the one that all of them share."""
    if os.path.isdir(marker):  # noqa: PTH112
        return marker, marker
    around = os.path.dirname(marker)  # noqa: PTH120
    own = os.path.join(around, _text(marker).removeprefix("gitdir: "))  # noqa: PTH118
    shared = _text(f"{own}/commondir")
    return own, os.path.join(own, shared) if shared else own  # noqa: PTH118


def _text(path: str) -> str:
    try:
        if not os.path.isfile(path):  # noqa: PTH113 - a pipe would make us wait
            return ""
        with open(path, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123
            return stream.read(_SHORT).strip()
    except (OSError, ValueError):
        return ""


def _is_object(name: str) -> bool:
    return len(name) in (40, 64) and not name.strip("0123456789abcdef")
