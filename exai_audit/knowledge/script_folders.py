"""By which folders and names files are no part of the service, or of it in one place only."""

from __future__ import annotations

from collections.abc import Iterable

SCRIPTS = frozenset({"scripts", "bin", "ci"})
"""Hold scripts wherever they are."""
WORKSHOPS = frozenset({"tools", "contrib", "dev", "hack", "script", "release", "build"})
"""Hold scripts outside of packages; in one, they are parts of it."""
COMMANDS = frozenset({"cli", "commands", "console"})
"""Hold commands: a person starts them, and they end."""
ENVIRONMENTS = frozenset({
    "ci", "debug", "dev", "develop", "development", "e2e", "local", "test", "testing", "tests",
})  # fmt: skip
"""Name modules of settings for the places where the service is made, not where it serves."""
_SETTINGS = frozenset({"conf", "config", "configs", "environments", "settings"})


def hold_scripts(folders: Iterable[str]) -> bool:
    """Tell whether one of the folders above a file is one of scripts, or a workshop."""
    return not (SCRIPTS | WORKSHOPS).isdisjoint(folders)


def are_run_by_people(folders: Iterable[str]) -> bool:
    """Tell whether one of the folders above a file is one of scripts or commands."""
    return not (SCRIPTS | COMMANDS).isdisjoint(folders)


def is_for_development(path: str) -> bool:
    """Tell whether a file holds the settings of one place where the service is made or tested."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0]
    return stem in ENVIRONMENTS and not _SETTINGS.isdisjoint(folders[-2:])
