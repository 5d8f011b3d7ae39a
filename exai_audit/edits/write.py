"""Changes of files written all or none, and undone.

First a journal of what all files say before and after is written, then each new content to a
temporary file beside its place, then these take their places. A run that fails puts everything
back; for one that was killed, the next does.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from exai_audit.edits.edit import FileChange
from exai_audit.edits.journal import JOURNAL, Entry, Journal, Stage, read_journal, write_journal
from exai_audit.errors import AuditError
from exai_audit.files.atomic import beside, create_file
from exai_audit.files.own_folder import ForeignFolderError, held
from exai_audit.files.source import UnreadableSourceError, read_bytes

_MOST_BYTES = 1_000_000_000
_NEW_FILE, _PERMISSIONS = 0o666, 0o777


def write_changes(root: Path, folder: Path, changes: Sequence[FileChange]) -> None:
    """Make all changes below ``root``, or none; the journal is kept in ``folder``.

    Raises:
        AuditError: a file is not what it was, lies behind a link out of the root, or cannot be
            written; or another run is at work. Nothing is changed then.
    """
    with _alone(folder):
        _roll_back_killed(root, folder)
        journal = Journal(Stage.WRITING, _new_token(), _entries(root, changes))
        write_journal(folder, journal)
        try:
            _write(root, journal)
        except BaseException:
            _restore(root, journal)
            write_journal(folder, Journal(Stage.UNDONE, "", ()))
            raise
        write_journal(folder, Journal(Stage.WRITTEN, "", journal.entries))


def undo(root: Path, folder: Path) -> tuple[str, ...]:
    """Let the files of the last run that wrote say what they said before; return their paths.

    Raises:
        AuditError: there is no such run, or a file was changed since; nothing is changed then.
    """
    with _alone(folder):
        journal = read_journal(folder)
        if journal is None or journal.stage is Stage.UNDONE:
            raise AuditError(f"{root}: nothing to undo: no run has written, or it is undone")
        token = journal.token or _new_token()
        undoing = Journal(Stage.UNDOING, token, journal.entries)
        _check_unchanged(root, undoing)
        write_journal(folder, undoing)
        _restore(root, undoing)
        write_journal(folder, Journal(Stage.UNDONE, "", ()))
    return tuple(entry.path for entry in journal.entries)


def roll_back(root: Path, folder: Path) -> tuple[str, ...]:
    """Put back what a killed run changed; return the paths of its files, none when there is none.

    Raises:
        AuditError: a file was changed since, or another run is at work.
    """
    journal = read_journal(folder)
    if journal is None or journal.stage.at_rest:
        return ()
    with _alone(folder):
        return _roll_back_killed(root, folder)


def _roll_back_killed(root: Path, folder: Path) -> tuple[str, ...]:
    journal = read_journal(folder)
    if journal is None or journal.stage.at_rest:
        return ()
    _check_unchanged(root, journal)
    _restore(root, journal)
    write_journal(folder, Journal(Stage.UNDONE, "", ()))
    return tuple(entry.path for entry in journal.entries)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(held(folder))
        except (OSError, ForeignFolderError) as error:
            raise AuditError(f"{folder}: cannot hold the journal of changes: {error}") from error
        yield


def _entries(root: Path, changes: Iterable[FileChange]) -> tuple[Entry, ...]:
    entries = tuple(_entry(root, change) for change in changes)
    places = Counter(_place(root, entry.path) for entry in entries)
    twice = [entry.path for entry in entries if places[_place(root, entry.path)] > 1]
    if twice:
        raise AuditError(f"{', '.join(twice)}: are one file, so none is written")
    return entries


def _entry(root: Path, change: FileChange) -> Entry:
    place = _place(root, change.path)
    if _content(place) != change.before:
        raise AuditError(f"{change.path}: was changed meanwhile: run again")
    if (root / change.path).is_symlink() and None in (change.before, change.after):
        raise AuditError(f"{change.path}: is a link, so it is neither made nor deleted")
    folders = tuple(_missing_folders(root, change.path))
    return Entry(change.path, change.before, change.after, _mode(place), folders)


def _place(root: Path, path: str) -> str:
    """Return where a file is, links followed.

    Raises:
        AuditError: that is outside of the root, or in git's folder.
    """
    real_root = os.path.realpath(root)
    place = os.path.realpath(os.path.join(real_root, path))  # noqa: PTH118
    inside = Path(place).is_relative_to(real_root) and place != real_root
    if not inside or ".git" in Path(place).relative_to(real_root).parts:
        raise AuditError(f"{path}: leads out of {root}, so it is not written to")
    return place


def _content(place: str) -> bytes | None:
    try:
        return read_bytes(place, _MOST_BYTES)
    except UnreadableSourceError as error:
        if not os.path.lexists(place):
            return None
        raise AuditError(f"{place}: cannot be read: {error}") from error


def _mode(place: str) -> int:
    try:
        return os.stat(place).st_mode & _PERMISSIONS  # noqa: PTH116
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return _NEW_FILE & ~mask


def _missing_folders(root: Path, path: str) -> list[str]:
    """Return the folders around a file that are not there, from the outermost."""
    parts = path.split("/")[:-1]
    above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return [folder for folder in above if not (root / folder).exists()]


def _write(root: Path, journal: Journal) -> None:
    """Stage all new contents, then let them take their places.

    Raises:
        AuditError: the system refuses; what was done until then is to be taken back.
    """
    staged: list[tuple[str, str]] = []
    for entry in journal.entries:
        place = _place(root, entry.path)
        with _named(entry.path):
            for folder in entry.folders:
                (root / folder).mkdir(exist_ok=True)
            if entry.after is not None:
                temporary = beside(place, journal.token)
                create_file(temporary, entry.after, entry.mode, durable=True)
                staged.append((temporary, place))
    for temporary, place in staged:
        with _named(place):
            os.replace(temporary, place)  # noqa: PTH105
    for entry in journal.entries:
        if entry.after is None:
            with _named(entry.path):
                os.unlink(_place(root, entry.path))  # noqa: PTH108


def _check_unchanged(root: Path, journal: Journal) -> None:
    """Raise an error where a file says neither what it said before nor what the run wrote."""
    changed = [
        entry.path
        for entry in journal.entries
        if _content(_place(root, entry.path)) not in (entry.before, entry.after)
    ]
    if changed:
        raise AuditError(
            f"{', '.join(changed)}: changed since the last run wrote: put back what it wrote, or"
            f" delete {JOURNAL} in the cache folder to keep all as it is"
        )


def _restore(root: Path, journal: Journal) -> None:
    """Let all files say what they said before, and remove what was made for them."""
    for entry in journal.entries:
        place = _place(root, entry.path)
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(beside(place, journal.token))  # noqa: PTH108
        if _content(place) == entry.before:
            continue
        with _named(entry.path):
            if entry.before is None:
                os.unlink(place)  # noqa: PTH108
            else:
                temporary = beside(place, journal.token)
                create_file(temporary, entry.before, entry.mode, durable=True)
                os.replace(temporary, place)  # noqa: PTH105
    for entry in journal.entries:
        for folder in reversed(entry.folders):
            with suppress(OSError):  # somebody else's files are in it
                (root / folder).rmdir()


def _new_token() -> str:
    return os.urandom(6).hex()


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Name the file that the system refuses to change."""
    try:
        yield
    except OSError as error:
        raise AuditError(f"{path}: cannot be written: {error.strerror}") from error
