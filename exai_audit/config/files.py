"""Where settings and root are found."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from exai_audit.config.keys import read_settings
from exai_audit.config.policy import table_of
from exai_audit.config.settings import Settings
from exai_audit.config.tables import OWN_FILE, SECTION, SHARED_FILE, shown_path
from exai_audit.errors import SettingsError
from exai_audit.files.presence import is_file, is_folder, is_there


def load(start: Path, explicit: Path | None, isolated: bool) -> tuple[Settings, Path | None]:
    """Return the settings in force and the file they come from.

    Args:
        start: the scanned path; the search goes upward from it to the repository root.
        explicit: the file to read instead of searching.
        isolated: read no file at all.

    Raises:
        SettingsError: a file that cannot be read, or with invalid settings, all in one message.
    """
    table, file = find_table(start, explicit, isolated)
    return (Settings(), None) if file is None else (read_settings(table, shown_path(file)), file)


def load_for(
    paths: Sequence[Path], explicit: Path | None, isolated: bool
) -> tuple[Settings, Path | None]:
    """Return the settings of the place for which ``paths`` are audited, and their file.

    They gate, and they judge the files that no nearer settings file does. The place is the working
    folder where all paths lie below it and it has settings, else the paths' common parent.

    Raises:
        SettingsError: see `load`.
    """
    table, file = table_for(paths, explicit, isolated)
    return (Settings(), None) if file is None else (read_settings(table, shown_path(file)), file)


def table_for(
    paths: Sequence[Path], explicit: Path | None, isolated: bool
) -> tuple[dict[str, Any], Path | None]:
    """Return the table of settings of the place, and the file; see `load_for`.

    Raises:
        SettingsError: a file that cannot be read.
    """
    here, common = Path.cwd(), common_parent(paths)
    found = find_table(here if common.is_relative_to(here) else common, explicit, isolated)
    if found[1] is None and explicit is None and common != here:
        return find_table(common, explicit, isolated)
    return found


def find_table(
    start: Path, explicit: Path | None, isolated: bool
) -> tuple[dict[str, Any], Path | None]:
    """Return the table of settings as the file has it, and the file; see `load`.

    Raises:
        SettingsError: a file that cannot be read.
    """
    if isolated:
        return {}, None
    if explicit is not None:
        file = lexically_absolute(explicit)
        table = table_of(file)
        if table is None:
            raise SettingsError(f"{shown_path(file)}: has no section [{SECTION}]")
        return table, file
    for folder in _to_repository_root(start):
        for name in (OWN_FILE, SHARED_FILE):
            file = folder / name
            table = table_of(file) if is_file(file) else None
            if table is not None:
                return table, file
    return {}, None


def nearest_settings_file(paths: Sequence[Path]) -> Path:
    """Return the file that settings for ``paths`` belong in, whether it is there or not.

    It is the nearest pyproject.toml, else an own file in the root.
    """
    for folder in _to_repository_root(common_parent(paths)):
        if is_file(folder / SHARED_FILE):
            return folder / SHARED_FILE
    return find_root(paths, None) / OWN_FILE


def _to_repository_root(start: Path) -> Iterator[Path]:
    for folder in _upward(lexically_absolute(start)):
        yield folder
        if is_there(folder / ".git"):
            return


def find_root(paths: Sequence[Path], settings_file: Path | None) -> Path:
    """Return the folder that all paths of the output are relative to.

    It is the settings file's folder, else the git top level, else the paths' common parent. A
    settings file beside the scanned tree, as ``--config`` may name one, gives no root.
    """
    common = common_parent(paths)
    if not is_folder(common):
        common = common.parent
    if settings_file is not None:
        folder = lexically_absolute(settings_file).parent
        if common.is_relative_to(folder):
            return folder
    for folder in _upward(common):
        if is_there(folder / ".git"):
            return folder
    return common


def common_parent(paths: Sequence[Path]) -> Path:
    """Return the folder that all paths lie in, or the one path that there is."""
    return Path(os.path.commonpath([lexically_absolute(path) for path in paths]))


def _upward(path: Path) -> tuple[Path, ...]:
    return (path, *path.parents)


def lexically_absolute(path: Path) -> Path:
    """Return the absolute path without ``..``, links not followed: the user's own names stay."""
    return Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links
