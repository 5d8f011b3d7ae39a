"""The commits of the main line of a history, and the files that each of them had."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from exai_audit.git.command import GitError, last_line, run
from exai_audit.git.commits import files_below, path_below
from exai_audit.git.repository import REGULAR_MODES, is_shallow, revision, top_level

_MARK = "\1"
_FORMAT = f"--format={_MARK}%H%x00%cs%x00%s%x00"


class Commit(Struct, frozen=True):
    """One commit: its id, its day as ``YYYY-MM-DD``, its subject and the tags that name it."""

    name: str
    date: str
    subject: str
    tags: tuple[str, ...] = ()

    @property
    def day(self) -> datetime.date:
        """The day on which it was committed."""
        return datetime.date.fromisoformat(self.date)


class Selection(Struct, frozen=True):
    """Which commits of the main line are wanted.

    ``last`` is how many at most, None for all; ``since`` what git takes for a date; ``tags`` keeps
    those that a tag names, ``weekly`` the last one of each week, the newest commit in any case.
    """

    last: int | None = None
    since: str | None = None
    tags: bool = False
    weekly: bool = False

    @property
    def samples(self) -> bool:
        """Whether commits between the chosen ones are left out."""
        return self.tags or self.weekly


class State(Struct, frozen=True):
    """The files of one commit: path below the root → object id.

    ``changed`` counts in how many commits since the state before a file was changed, under the name
    that it has here; ``renamed`` are new paths and their paths in the state before.
    """

    commit: Commit
    files: Mapping[str, str]
    changed: Mapping[str, int]
    renamed: Mapping[str, str]


class History(Struct, frozen=True):
    """States, oldest first; ``cut`` tells that a shallow clone lacks older ones.

    The main line follows the first parent of a merge, so what a branch brought counts at its merge.
    """

    states: tuple[State, ...]
    cut: bool = False


class _Change(Struct, frozen=True):
    """What a commit did to a file: object ids are None where there is no regular file."""

    path: str
    before: str
    old: str | None
    new: str | None


class _Step(Struct, frozen=True):
    commit: Commit
    changes: tuple[_Change, ...]


def history(root: Path, selection: Selection) -> History:
    """Return the chosen states of the files below ``root``, up to the commit checked out.

    Raises:
        GitError: no repository, no commit yet, or none since the date.
    """
    inside = Path(os.path.relpath(root.resolve(), top_level(root))).as_posix()
    if revision(root) is None:
        raise GitError("the repository has no commit yet")
    steps = list(_steps(root, selection))
    if not steps:
        raise GitError(f"no commit since {selection.since!r}")
    chosen = _chosen([step.commit for step in steps], selection)
    states = _states(steps, {commit.name for commit in chosen}, inside, root)
    return History(states, cut=is_shallow(root) and chosen[0] == steps[0].commit)


def _chosen(commits: Sequence[Commit], selection: Selection) -> Sequence[Commit]:
    if selection.tags:
        commits = [commit for commit in commits[:-1] if commit.tags] + [commits[-1]]
    if selection.weekly:
        commits = list({commit.day.isocalendar()[:2]: commit for commit in commits}.values())
    return commits[-selection.last :] if selection.last else commits


def _states(steps: Sequence[_Step], chosen: set[str], inside: str, root: Path) -> tuple[State, ...]:
    """Work backwards from the files of the newest commit."""
    files = files_below(root, steps[-1].commit.name)
    found: list[State] = []
    at = len(steps) - 1
    while at >= 0:
        commit, now = steps[at].commit, dict(files)
        changed: dict[str, int] = {}
        name_here: dict[str, str] = {}
        while True:
            _undo(steps[at], files, changed, name_here, inside)
            at -= 1
            if at < 0 or steps[at].commit.name in chosen:
                break
        if commit.name in chosen:
            renamed = {here: then for then, here in name_here.items() if here != then}
            found.append(State(commit, now, changed, renamed))
    return tuple(reversed(found))


def _undo(
    step: _Step,
    files: dict[str, str],
    changed: dict[str, int],
    name_here: dict[str, str],
    inside: str,
) -> None:
    """Take a commit's changes back; ``name_here`` maps a path to the one that it has later."""
    pairs = [(path_below(c.path, inside), path_below(c.before, inside), c) for c in step.changes]
    for path, _, _ in pairs:
        if path is not None:
            here = name_here.get(path, path)
            changed[here] = changed.get(here, 0) + 1
            files.pop(path, None)
    moved = [(name_here.pop(path, path), before) for path, before, _ in pairs if path and before]
    name_here.update({before: here for here, before in moved})
    for _, before, change in pairs:
        if before is not None and change.old is not None:
            files[before] = change.old


def _steps(root: Path, selection: Selection) -> Iterator[_Step]:
    """Yield the commits of the main line, oldest first."""
    words = ["log", "--first-parent", "-m", "--raw", "-z", "-M", "--no-abbrev", _FORMAT]
    words += ["--no-show-signature", "--no-ext-diff", "--no-textconv", "--no-color"]
    if selection.since is not None:
        words.append(f"--since={selection.since}")
    if selection.last and not selection.samples:
        words.append(f"--max-count={selection.last}")
    done = run(root, *words)
    if done.returncode != 0:
        raise GitError(f"git log failed: {last_line(done.stderr)}")
    fields = os.fsdecode(done.stdout).split("\0")
    yield from reversed(list(_read(fields, _tags(root))))


def _read(fields: Sequence[str], tags: Mapping[str, Sequence[str]]) -> Iterator[_Step]:
    at = 0
    while at < len(fields):
        if not fields[at].startswith(_MARK):
            at += 1
            continue
        name = fields[at].removeprefix(_MARK)
        commit = Commit(name, fields[at + 1], _plain(fields[at + 2]), tuple(tags.get(name, ())))
        changes = []
        at += 3
        while at < len(fields) and not fields[at].startswith(_MARK):
            about = fields[at].lstrip("\n")
            if not about.startswith(":"):
                at += 1
                continue
            two_names = about.rpartition(" ")[2].startswith(("R", "C"))
            changes.append(_change(about, fields[at + 1], fields[at + 1 + two_names]))
            at += 2 + two_names
        yield _Step(commit, tuple(changes))


def _change(about: str, first: str, last: str) -> _Change:
    """Read git's raw form: two modes, two object ids, a status; then one or two paths.

    A copy says nothing of the file that it was made from.
    """
    old_mode, new_mode, old, new, status = about.removeprefix(":").split(" ")
    is_copy = status.startswith("C")
    had = old if old_mode in REGULAR_MODES and not is_copy else None
    has = new if new_mode in REGULAR_MODES else None
    return _Change(last, last if is_copy else first, had, has)


def _tags(root: Path) -> dict[str, list[str]]:
    form = "--format=%(objectname)%00%(*objectname)%00%(refname:strip=2)"
    done = run(root, "for-each-ref", form, "refs/tags")
    tags: dict[str, list[str]] = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        plain, peeled, name = line.split("\0", 2)
        tags.setdefault(peeled or plain, []).append(name)
    return tags


def _plain(subject: str) -> str:
    """Return a subject without bytes that are no text."""
    return subject.encode("utf-8", "replace").decode()
