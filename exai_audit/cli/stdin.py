"""Text that an editor hands over on standard input in place of a file on disk."""

from __future__ import annotations

import sys
from pathlib import Path

from exai_audit.errors import UsageError
from exai_audit.files.presence import is_folder, is_there

_STDIN = Path("-")


def given_name(paths: list[Path], name: Path | None) -> Path | None:
    """Return the file that standard input stands in for; None for real paths.

    Raises:
        UsageError: only one of ``-`` and ``--stdin-filename`` is given, or other paths as well.
    """
    if name is None and _STDIN not in paths:
        return None
    if name is None:
        raise UsageError("-: say with --stdin-filename NAME which file of which project it is")
    if paths != [_STDIN]:
        raise UsageError("--stdin-filename: give - as the only path, and the text on its input")
    if name == Path() or is_folder(name):
        raise UsageError(f"--stdin-filename: {name} is a folder: name a file")
    return name


def given_text(limit: int) -> bytes:
    """Return what standard input says.

    Raises:
        UsageError: it cannot be read, or has more than ``limit`` bytes.
    """
    if sys.stdin is None:
        raise UsageError("-: the standard input is closed")
    try:
        text = sys.stdin.buffer.read(limit + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"-: the standard input cannot be read: {error}") from error
    if len(text) > limit:
        raise UsageError(f"-: over {limit:,} bytes, the setting max-file-size")
    return text


def project_around(file: Path, root: Path, settings_file: Path | None) -> list[Path]:
    """Return what to read from disk besides: the project; outside of any, nothing."""
    is_project = settings_file is not None or is_there(root / ".git")
    return [root] if is_project else [path for path in (file,) if is_there(path)]
