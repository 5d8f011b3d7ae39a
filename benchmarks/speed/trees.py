"""The trees that are measured: copies of installed packages and of the standard library."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SERVICE = ("anyio", "httpcore", "httpx", "mcp")
"""Asyncio, HTTP and agent code, 60,000 lines together."""
_LARGE_LINES = 2_400_000
_LEFT_OUT = frozenset({"__pycache__", "site-packages", "node_modules"})
_TESTS = frozenset({"test", "tests", "idle_test"})


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree; ``path`` is the folder to scan."""

    name: str
    title: str
    path: Path
    files: int
    lines: int


class TreeError(Exception):
    """A tree cannot be laid out; the message says what to install."""


def lay_out(name: str, folder: Path) -> Tree:
    """Copy a tree into ``folder`` and count it.

    Raises:
        TreeError: a package that it is made of is not installed.
    """
    target = folder / name
    title, sources = _SOURCES[name]()
    for source, below in sources:
        _copy(source, target / below)
    if name == "large":
        _grow(target)
    files = sorted(_python_files(target, frozenset()))
    lines = sum(file.read_bytes().count(b"\n") for file in files)
    return Tree(name, title, target, len(files), lines)


def _service() -> tuple[str, Iterator[tuple[Path, str]]]:
    return "asyncio, HTTP and agent code", ((_package(name), name) for name in SERVICE)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise TreeError(f"{name} is not installed: pip install -e . --group benchmark")
    return Path(spec.origin).parent


def _library() -> tuple[str, list[tuple[Path, str]]]:
    return "the standard library without tests", [(_standard_library(), "lib")]


def _large() -> tuple[str, list[tuple[Path, str]]]:
    installed = Path(sysconfig.get_path("purelib"))
    title = "the standard library with tests, and all installed packages, again and again"
    return title, [(_standard_library(), "copy1/with_tests"), (installed, "copy1/installed")]


def _standard_library() -> Path:
    return Path(sysconfig.get_path("stdlib"))


_SOURCES = {"service": _service, "stdlib": _library, "large": _large}
NAMES = tuple(_SOURCES)


def _copy(source: Path, target: Path) -> None:
    without = frozenset() if "copy1" in target.parts else _TESTS
    for file in _python_files(source, without):
        copied = target / file.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied)


def _grow(target: Path) -> None:
    """Repeat the first copy, whole packages at a time, until there are lines enough."""
    first = target / "copy1"
    sizes = {folder: _lines(folder) for part in sorted(first.iterdir()) for folder in _parts(part)}
    lines, number = sum(sizes.values()), 1
    while lines < _LARGE_LINES:
        number += 1
        for folder, size in sizes.items():
            if lines >= _LARGE_LINES:
                return
            shutil.copytree(folder, target / f"copy{number}" / folder.relative_to(first))
            lines += size


def _parts(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _lines(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in _python_files(folder, frozenset()))


def _python_files(folder: Path, without: frozenset[str]) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _LEFT_OUT - without)
        for name in sorted(names):
            path = Path(here, name)
            if name.endswith(".py") and not path.is_symlink():
                yield path
