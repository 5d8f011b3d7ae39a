"""What a project and its packages are called, by their own files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from exai_audit.files.nearest import deepest_first, nearest
from exai_audit.files.presence import is_file, is_there
from exai_audit.files.source import side_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT_FILES = frozenset({"pyproject.toml", "setup.py"})
_TABLES = (("project",), ("tool", "poetry"))


def project_name(root: Path) -> str:
    """Return the name of the project that a folder lies in: of its pyproject.toml, else a folder's.

    Looked for upward, to the top of the repository.
    """
    for folder in (root, *root.parents):
        name = package_name(folder)
        if name:
            return name
        if is_there(folder / ".git"):
            break
    return root.name


def package_name(folder: Path) -> str:
    """Return the name of the package whose own folder this is, empty where it is none's."""
    said = _said_name(folder / "pyproject.toml")
    return said or (folder.name if is_file(folder / "setup.py") else "")


def package_of(root: Path, project: str, folders: Iterable[str]) -> Callable[[str], str]:
    """Return what tells the package of a file by its path below ``root``.

    Of two packages with one name, each is called by its folder.

    Args:
        project: the name of what lies in no other package.
        folders: those below the root with one of ``PROJECT_FILES``.
    """
    named = {folder: package_name(root / folder) for folder in folders if folder != "."}
    names = [*named.values(), project]
    packages = deepest_first(
        [(f, name if names.count(name) == 1 else f) for f, name in named.items() if name]
    )

    def of(path: str) -> str:
        found = nearest(path, packages)
        return found[0] if found else project

    return of


def _said_name(file: Path) -> str:
    try:
        data: dict[str, Any] = tomllib.loads(side_text(file))
    except (ValueError, RecursionError):
        return ""
    for keys in _TABLES:
        section: Any = data
        for key in keys:
            section = section.get(key) if isinstance(section, dict) else None
        name = section.get("name") if isinstance(section, dict) else None
        if isinstance(name, str) and name:
            return name
    return ""
