"""Texts of a project that are no Python: settings, lists of packages, documentation."""

from __future__ import annotations

import os
from pathlib import Path

from exai_audit.files.source import UnreadableSourceError, read_bytes

_SUFFIXES = frozenset({
    ".cfg", ".in", ".ini", ".json", ".md", ".rst", ".toml", ".txt", ".yaml", ".yml",
})  # fmt: skip
_NAMES = frozenset({".coveragerc", "setup.py", "Makefile", "Dockerfile", "CODEOWNERS"})
_LEFT_OUT = frozenset({"__pycache__", "build", "dist", "node_modules", "site", "venv"})
_MOST_FILES, _MOST_BYTES = 5_000, 1_000_000


def side_texts(root: Path) -> dict[str, str]:
    """Return the texts below a root by path; folders of tools and links are left out."""
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if _is_read(one))
        for name in sorted(names):
            if len(found) < _MOST_FILES and (name in _NAMES or Path(name).suffix in _SUFFIXES):
                path = Path(folder, name)
                text = "" if path.is_symlink() else _text(path)
                if text:
                    found[path.relative_to(root).as_posix()] = text
    return found


def _is_read(folder: str) -> bool:
    return folder not in _LEFT_OUT and (not folder.startswith(".") or folder == ".github")


def _text(path: Path) -> str:
    try:
        return read_bytes(path, _MOST_BYTES).decode()
    except (UnreadableSourceError, UnicodeDecodeError):
        return ""
