"""What git leaves out: nested ``.gitignore`` files and ``.git/info/exclude``."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from exai_audit.files.gitpatterns import Patterns
from exai_audit.files.presence import is_folder, is_there
from exai_audit.files.source import UnreadableSourceError, read_bytes, side_text

_MOST_BYTES = 2_000_000


class _Layer(Struct, frozen=True):
    """The patterns of one file; ``prefix`` is the folder they count from, ending in a slash."""

    prefix: str
    source: str
    patterns: Patterns


class Ignores(Struct, frozen=True):
    """The patterns in force in a folder, deepest last; where they disagree, the deepest decides."""

    layers: tuple[_Layer, ...] = ()

    def within(self, folder: str) -> Ignores:
        """Add the ``.gitignore`` of ``folder``, an absolute path."""
        return self._with(folder, Path(folder, ".gitignore"), ".gitignore")

    def ignoring(self, path: str, is_folder: bool) -> str | None:
        """Return the name of the file that has ``path`` (absolute) ignored, None when none has."""
        for layer in reversed(self.layers):
            if not (is_folder or layer.patterns.may_name_python):
                continue
            relative = path[len(layer.prefix) :].replace(os.sep, "/")
            ignores = layer.patterns.ignores(relative, is_folder)
            if ignores is not None:
                return layer.source if ignores else None
        return None

    def _with(self, folder: str, file: Path, source: str) -> Ignores:
        patterns = _patterns(file)
        if not patterns:
            return self
        prefix = folder if folder.endswith(os.sep) else folder + os.sep
        return Ignores((*self.layers, _Layer(prefix, source, patterns)))


def ignores_around(start: Path) -> Ignores:
    """Return the patterns of the folders above ``start``, from the top of its repository down.

    A ``start`` that they leave out itself was asked for by name: then they say nothing below it.
    Outside a repository no folder above ``start`` counts.
    """
    above = list(start.parents)
    top = next((i for i, folder in enumerate((start, *above)) if is_there(folder / ".git")), None)
    if top is None:
        return Ignores()
    folders = [start, *above][: top + 1][::-1]
    exclude = _git_folder(folders[0] / ".git") / "info" / "exclude"
    ignores = Ignores()._with(str(folders[0]), exclude, ".git/info/exclude")
    for folder, inner in pairwise(folders):
        ignores = ignores.within(str(folder))
        if ignores.ignoring(str(inner), is_folder(inner)):
            return Ignores()
    return ignores


def _git_folder(entry: Path) -> Path:
    """Return the repository's own folder; in a worktree ``.git`` is a file that leads to it."""
    if is_folder(entry):
        return entry
    line = side_text(entry).strip()
    if not line.startswith("gitdir:"):
        return entry
    folder = entry.parent / line.removeprefix("gitdir:").strip()
    shared = side_text(folder / "commondir").strip()
    return folder / shared if shared else folder


def _patterns(file: Path) -> Patterns:
    try:
        data = read_bytes(file, _MOST_BYTES)
    except UnreadableSourceError:
        return Patterns(())
    return Patterns(data.decode("utf-8-sig", errors="surrogateescape").split("\n"))
