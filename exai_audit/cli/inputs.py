"""What a scan depends on, all of it, in two halves: the circumstances and the looks at the disk.

Circumstances are the words of the command line, the folder it is given in, the day, the tool
itself, and what of the environment and the streams bears upon the output. A test watches which
files a scan opens and which variables it asks for, and finds none that is not here.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from exai_audit import __version__
from exai_audit.looks import Looks

_VARIABLES = frozenset(
    {
        "COLORTERM", "COLUMNS", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "HOME",
        "LINES", "NO_COLOR", "PATH", "SOURCE_DATE_EPOCH", "TERM", "UNICODE_VERSION",
        "XDG_CONFIG_HOME", "_EXAI_AUDIT_COMPLETE",
    }
)  # fmt: skip
# Of git's own, those that say where its configuration is or what an object name stands for.
_GIT_VARIABLES = ("GIT_CONFIG", "GIT_NO_REPLACE", "GIT_REPLACE", "GIT_DISCOVERY")


def circumstances(arguments: Sequence[str]) -> str:
    """Return what a scan depends on besides the files that it reads.

    Raises:
        OSError: the working folder or the tool's own files are gone.
    """
    day = time.strftime("%Y-%m-%d", time.gmtime())
    parts = [*arguments, "", os.getcwd(), day, *_environment(), *_streams(), *_tool()]  # noqa: PTH109
    return "\0".join(parts)


def look_around(looks: Looks, named: Iterable[str]) -> None:
    """Look at what settings and root are found by, before they are.

    Args:
        named: the paths of the command line, that of ``--config`` included.
    """
    for path in named:
        looks.at("around", os.path.abspath(path))  # noqa: PTH100
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    for name in ("/etc/gitconfig", "~/.gitconfig", f"{home}/git/config"):
        looks.at("file", os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111


def look_at_project(looks: Looks, root: str, files: Iterable[str]) -> None:
    """Look at what else an audit reads besides the Python files, before it does.

    Args:
        files: those that the settings or the command line name: knowledge and baseline.
    """
    looks.at("project", root)
    looks.at("commits", root)
    for file in files:
        looks.at("file", os.path.abspath(file))  # noqa: PTH100


def _environment() -> Iterator[str]:
    for name, value in sorted(os.environ.items()):
        if name in _VARIABLES or name.startswith(_GIT_VARIABLES):
            yield f"{name}={value}"


def _streams() -> Iterator[str]:
    """Say what the output is drawn for."""
    try:
        size = str(tuple(os.get_terminal_size(sys.__stdout__.fileno())))  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        size = ""
    out = sys.stdout
    yield size
    yield "" if out is None else f"{out.encoding} {out.isatty()}"
    yield str(sys.stderr is None)


def _tool() -> Iterator[str]:
    """Tell this installation from any other, and from itself with other libraries.

    A library that is installed, upgraded or removed changes the folder of libraries. The times of
    change are unknown to whoever wrote the scanned code: nobody can prepare a record.
    """
    yield f"{__version__} {sys.version} {sys.flags.utf8_mode}"
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    yield from sorted(_files(package))
    here = os.getcwd()  # noqa: PTH109
    for place, folder in enumerate(sys.path):
        if folder and (place or folder != here):
            yield f"{folder} {_changed(folder)}"


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path) if entry.name != "__pycache__" else ()
            else:
                found = entry.stat()
                yield f"{entry.path} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0
