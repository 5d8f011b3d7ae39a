"""A settings file as it is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from exai_audit.errors import SettingsError
from exai_audit.files.source import UnreadableSourceError, read_bytes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWN_FILE, SHARED_FILE = "exai-audit.toml", "pyproject.toml"
SECTION = "tool.exai-audit"


def section_of(file: Path) -> dict[str, Any] | None:
    """Return the file's own settings, None when it is a shared file without a section of ours.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        document = document_of(read_bytes(file).decode("utf-8"), file)
    except UnreadableSourceError as error:
        raise SettingsError(f"{shown_path(file)}: cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{shown_path(file)}: is not valid TOML: {error}") from error
    tool = document.get("tool", {})
    section = tool.get("exai-audit") if isinstance(tool, dict) else None
    if section is None:
        return None if file.name == SHARED_FILE else document
    if not isinstance(section, dict):
        raise SettingsError(f"{shown_path(file)}: {SECTION}: expected a table [{SECTION}]")
    return section


def document_of(text: str, file: Path) -> dict[str, Any]:
    """Return what TOML text says; ``file`` is named in errors.

    Raises:
        SettingsError: the text is not TOML.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number may have too many digits
        raise SettingsError(f"{shown_path(file)}: is not valid TOML: {error}") from error


def shown_path(file: Path) -> str:
    """Return the path as a message shows it: relative where that is shorter to read."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
