"""What git leaves out: nested ``.gitignore`` files and ``.git/info/exclude``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_PLAIN = re.compile(r"!?[\w.*?/~-]*[\w.*~-]/?")
_WILD = re.compile(r"[*?\]\\]")
_CLASS_AT_END = re.compile(r"\[[^\]]*\]$")
_NO_PYTHON_CLASS = re.compile(r"\[[a-hj-xz0-9]*\]$")  # neither "y" nor "i", and no range or "!"


@dataclass(frozen=True, slots=True)
class _Layer:
    """The patterns of one file; ``prefix`` is the folder they count from, ending in a slash."""

    prefix: str
    source: str
    spec: GitIgnoreSpec
    names_files: bool


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns in force in a folder, deepest last; where they disagree, the deepest decides."""

    layers: tuple[_Layer, ...] = ()

    def within(self, folder: str) -> Ignores:
        """Add the ``.gitignore`` of ``folder``, an absolute path."""
        return self._with(folder, Path(folder, ".gitignore"), ".gitignore")

    def ignoring(self, path: str, is_folder: bool) -> str | None:
        """Return the name of the file that has ``path`` (absolute) ignored, None when none has."""
        for layer in reversed(self.layers):
            if not (is_folder or layer.names_files):
                continue
            relative = path[len(layer.prefix) :].replace(os.sep, "/")
            include = layer.spec.check_file(relative + "/" if is_folder else relative).include
            if include is not None:
                return layer.source if include else None
        return None

    def _with(self, folder: str, file: Path, source: str) -> Ignores:
        patterns = _patterns(file)
        if not patterns:
            return self
        from pathspec import GitIgnoreSpec  # slow to load, and many trees have no use for it

        spec = GitIgnoreSpec.from_lines(patterns)
        prefix = folder if folder.endswith(os.sep) else folder + os.sep
        return Ignores(
            (*self.layers, _Layer(prefix, source, spec, any(map(_names_python, patterns))))
        )


def ignores_around(start: Path) -> Ignores:
    """Return the patterns of the folders above ``start``, from the top of its repository down.

    A ``start`` that they leave out itself was asked for by name: then they say nothing below it.
    Outside a repository no folder above ``start`` counts.
    """
    above = list(start.parents)
    top = next((i for i, folder in enumerate((start, *above)) if (folder / ".git").exists()), None)
    if top is None:
        return Ignores()
    folders = [start, *above][: top + 1][::-1]
    exclude = _git_folder(folders[0] / ".git") / "info" / "exclude"
    ignores = Ignores()._with(str(folders[0]), exclude, ".git/info/exclude")
    for folder, inner in pairwise(folders):
        ignores = ignores.within(str(folder))
        if ignores.ignoring(str(inner), inner.is_dir()):
            return Ignores()
    return ignores


def _git_folder(entry: Path) -> Path:
    """Return the repository's own folder; in a worktree ``.git`` is a file that leads to it."""
    if entry.is_dir():
        return entry
    try:
        line = entry.read_text(encoding="utf-8", errors="replace").strip()
        folder = entry.parent / line.removeprefix("gitdir:").strip()
        shared = folder / "commondir"
        if shared.is_file():
            return folder / shared.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return entry
    return folder


def _patterns(file: Path) -> list[str]:
    if not file.is_file():
        return []
    try:
        lines = file.read_text(encoding="utf-8-sig", errors="surrogateescape").split("\n")
    except OSError:
        return []
    return [line for line in lines if _is_valid(line)]


def _is_valid(line: str) -> bool:
    """Tell whether a line says anything; git too passes over patterns that are not valid."""
    if not line.strip() or line.startswith("#"):
        return False
    if _PLAIN.fullmatch(line):
        return True
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _names_python(pattern: str) -> bool:
    """Tell whether a pattern can match a Python file itself, not only a folder around it."""
    last = pattern.rstrip().rpartition("/")[2]
    tail = _WILD.split(last)[-1]
    if not last or _CLASS_AT_END.search(last):
        return bool(last) and not _NO_PYTHON_CLASS.search(last)
    return any(suffix.endswith(tail) or tail.endswith(suffix) for suffix in (".py", ".pyi"))
