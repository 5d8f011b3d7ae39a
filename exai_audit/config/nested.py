"""The settings that folders below the root have of their own: they judge the files below them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from exai_audit.config.keys import read_settings
from exai_audit.config.policy import table_of
from exai_audit.config.settings import Settings
from exai_audit.config.tables import OWN_FILE, SHARED_FILE, shown_path
from exai_audit.files.nearest import deepest_first
from exai_audit.files.presence import is_file
from exai_audit.files.source import UnreadableSourceError, read_bytes

SETTINGS_FILES = frozenset({OWN_FILE, SHARED_FILE})
_NAME = b"exai-audit"


class NestedSettings:
    """The settings of folders, read when a search meets their files.

    ``laid_over`` lays what the command line says over them.
    """

    def __init__(self, root: Path, laid_over: Callable[[Settings], Settings]) -> None:
        self._root = root
        self._laid_over = laid_over
        self._known: dict[str, Settings | None] = {}

    def of(self, folder: str) -> Settings | None:
        """Return the own settings of a folder, by its path below the root, None without any.

        Raises:
            SettingsError: they are invalid.
        """
        if folder not in self._known:
            self._known[folder] = self._read(self._root / folder)
        return self._known[folder]

    def found(self) -> tuple[tuple[str, Settings], ...]:
        """Return all that were read so far, the deepest folder first."""
        return deepest_first([(folder, own) for folder, own in self._known.items() if own])

    def _read(self, folder: Path) -> Settings | None:
        for name in (OWN_FILE, SHARED_FILE):
            file = folder / name
            table = table_of(file) if is_file(file) and _may_be_ours(file) else None
            if table is not None:
                return self._laid_over(read_settings(table, shown_path(file)))
        return None


def knowledge_files(settings: Settings, file: Path | None, root: Path) -> list[Path]:
    """Return the user's own knowledge files, beside the settings that name them.

    All count for the whole audit: what a library does is the same everywhere.

    Args:
        file: the settings file of the place.
    """
    place = root if file is None else file.parent
    own = [place / name for name in settings.knowledge]
    own += [root / folder / name for folder, part in settings.parts for name in part.knowledge]
    return list(dict.fromkeys(own))


def _may_be_ours(file: Path) -> bool:
    """Tell whether a file can have settings of this tool: broken TOML of others is no error."""
    if file.name == OWN_FILE:
        return True
    try:
        return _NAME in read_bytes(file)
    except UnreadableSourceError:
        return False
