"""Folders by whose names files are no part of the service: scripts, workshops, commands."""

from __future__ import annotations

from collections.abc import Iterable

SCRIPTS = frozenset({"scripts", "bin", "ci"})
"""Hold scripts wherever they are."""
WORKSHOPS = frozenset({"tools", "contrib", "dev", "hack", "script", "release", "build"})
"""Hold scripts outside of packages; in one, they are parts of it."""
COMMANDS = frozenset({"cli", "commands", "console"})
"""Hold commands: a person starts them, and they end."""


def hold_scripts(folders: Iterable[str]) -> bool:
    """Tell whether one of the folders above a file is one of scripts, or a workshop."""
    return not (SCRIPTS | WORKSHOPS).isdisjoint(folders)


def are_run_by_people(folders: Iterable[str]) -> bool:
    """Tell whether one of the folders above a file is one of scripts or commands."""
    return not (SCRIPTS | COMMANDS).isdisjoint(folders)
