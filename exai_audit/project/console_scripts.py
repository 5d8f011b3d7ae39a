"""Which functions a project's console scripts call: they start the program."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exai_audit.files.source import side_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SETUP_GROUPS = ("console_scripts", "gui_scripts")


def console_scripts(root: Path) -> frozenset[str]:
    """Return the dotted names of the functions that scripts call; what cannot be read says none.

    Read from pyproject.toml (``project.scripts``, ``project.gui-scripts``, poetry's own section)
    and from the entry points of setup.cfg.
    """
    targets = [*_of_pyproject(root / "pyproject.toml"), *_of_setup(root / "setup.cfg")]
    return frozenset(_dotted(target) for target in targets)


def _dotted(target: str) -> str:
    """Return ``pkg.cli.main`` for ``pkg.cli:main [extra]``."""
    return target.partition("[")[0].strip().replace(":", ".")


def _of_pyproject(path: Path) -> Iterator[str]:
    try:
        data: dict[str, Any] = tomllib.loads(side_text(path))
    except (ValueError, RecursionError):
        return
    for keys in (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts")):
        section: Any = data
        for key in keys:
            section = section.get(key) if isinstance(section, dict) else None
        for target in section.values() if isinstance(section, dict) else ():
            called = target.get("reference", "") if isinstance(target, dict) else target
            if isinstance(called, str) and called:
                yield called


def _of_setup(path: Path) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(side_text(path))
    except (ValueError, configparser.Error):
        return
    for group in _SETUP_GROUPS:
        lines = parser.get("options.entry_points", group, fallback="").splitlines()
        yield from (line.partition("=")[2] for line in lines if "=" in line)
