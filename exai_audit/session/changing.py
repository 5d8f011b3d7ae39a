"""Changes of files as they are asked for: refused where nothing could take them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from exai_audit.audit.cache import CACHE_FOLDER
from exai_audit.edits.edit import FileChange
from exai_audit.edits.write import roll_back, undo, write_changes
from exai_audit.errors import AuditError, UsageError
from exai_audit.git.command import GitError
from exai_audit.git.repository import may_be_tracked
from exai_audit.git.worktree import uncommitted


def make_changes(root: Path, changes: Sequence[FileChange], *, allow_dirty: bool) -> None:
    """Write all changes below ``root``, or none.

    Raises:
        UsageError: git could not bring a file back, and ``allow_dirty`` does not say that it need
            not.
        AuditError: see `exai_audit.edits.write.write_changes`.
    """
    if not allow_dirty:
        _refuse_uncommitted(root, changes)
    write_changes(root, _folder(root), changes)


def undo_changes(root: Path) -> tuple[str, ...]:
    """Take back what the last run that wrote below ``root`` did; return the paths of its files.

    Raises:
        AuditError: see `exai_audit.edits.write.undo`.
    """
    return undo(root, _folder(root))


def take_back_killed(root: Path, tell: Callable[[str], None]) -> None:
    """Put back what a killed run changed, and tell so.

    Raises:
        AuditError: see `exai_audit.edits.write.roll_back`.
    """
    folder = root / CACHE_FOLDER
    if folder.is_dir() and (paths := roll_back(root, _folder(root))):
        tell(f"exai-audit: a run was killed while it wrote: {len(paths)} files are as before it")


def _folder(root: Path) -> Path:
    """Return the folder of the journal.

    Raises:
        AuditError: it came with the repository: its author would choose what is written.
    """
    folder = root / CACHE_FOLDER
    if folder.exists() and may_be_tracked(folder):
        raise AuditError(f"{folder}: came with the git repository, so no journal is kept in it")
    return folder


def _refuse_uncommitted(root: Path, changes: Sequence[FileChange]) -> None:
    files = {change.path: change.before for change in changes if change.before is not None}
    try:
        dirty = uncommitted(root, files)
    except GitError as error:
        raise UsageError(f"{error}: to write all the same, --allow-dirty") from error
    if dirty:
        more = f" and {len(dirty) - 3} more" if len(dirty) > 3 else ""
        raise UsageError(
            f"{', '.join(dirty[:3])}{more}: changed since the last commit:"
            " commit first, or --allow-dirty"
        )
