"""Where settings and root are found."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from exai_audit.config.keys import read_settings
from exai_audit.config.settings import Settings
from exai_audit.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_OWN_FILE, _SHARED_FILE = "exai-audit.toml", "pyproject.toml"
_SECTION = "tool.exai-audit"


def load(start: Path, explicit: Path | None, isolated: bool) -> tuple[Settings, Path | None]:
    """Return the settings in force and the file they come from.

    Args:
        start: the scanned path; the search goes upward from it to the repository root.
        explicit: the file to read instead of searching.
        isolated: read no file at all.

    Raises:
        SettingsError: a file that cannot be read, or with invalid settings, all in one message.
    """
    if isolated:
        return Settings(), None
    if explicit is not None:
        file = lexically_absolute(explicit)
        table = _table(file)
        if table is None:
            raise SettingsError(f"{_shown(file)}: has no section [{_SECTION}]")
        return read_settings(table, _shown(file)), file
    for folder in _upward(lexically_absolute(start)):
        for name in (_OWN_FILE, _SHARED_FILE):
            file = folder / name
            table = _table(file) if file.is_file() else None
            if table is not None:
                return read_settings(table, _shown(file)), file
        if (folder / ".git").exists():
            break
    return Settings(), None


def find_root(paths: Sequence[Path], settings_file: Path | None) -> Path:
    """Return the folder that all paths of the output are relative to.

    It is the settings file's folder, else the git top level, else the paths' common parent. A
    settings file beside the scanned tree, as ``--config`` may name one, gives no root.
    """
    absolute = [lexically_absolute(path) for path in paths]
    common = Path(os.path.commonpath(absolute))
    if common.is_file():
        common = common.parent
    if settings_file is not None:
        folder = lexically_absolute(settings_file).parent
        if common.is_relative_to(folder):
            return folder
    for folder in _upward(common):
        if (folder / ".git").exists():
            return folder
    return common


def _upward(path: Path) -> tuple[Path, ...]:
    return (path, *path.parents)


def lexically_absolute(path: Path) -> Path:
    """Return the absolute path without ``..``, links not followed: the user's own names stay."""
    return Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links


def _table(file: Path) -> dict[str, Any] | None:
    """Return the file's settings, None when it is a shared file without a section of ours."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{_shown(file)}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_shown(file)}: is not valid TOML: {error}") from error
    tool = document.get("tool", {})
    section = tool.get("exai-audit") if isinstance(tool, dict) else None
    if section is None:
        return None if file.name == _SHARED_FILE else document
    if not isinstance(section, dict):
        raise SettingsError(f"{_shown(file)}: {_SECTION}: expected a table [{_SECTION}]")
    return section


def _shown(file: Path) -> str:
    """Return the path as a message shows it: relative where that is shorter to read."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
