"""Where the files and projects are that a client names."""

from __future__ import annotations

from pathlib import Path

from pygls.uris import to_fs_path

from exai_audit.config import find_root, lexically_absolute, load
from exai_audit.errors import AuditError


def path_of(uri: str) -> Path | None:
    """Return the place of a file or folder, None where the address is of something else."""
    place = to_fs_path(uri) if uri.startswith("file:") else None
    return None if place is None else lexically_absolute(Path(place))


def project_around(file: Path) -> Path:
    """Return the root of the project that a file lies in."""
    try:
        return find_root([file], load(file, None, isolated=False)[1])
    except AuditError:  # it is told when the project is judged
        return find_root([file], None)
