"""Writing: reports to standard output or, atomically, to files."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from exai_audit.errors import AuditError


def write_file(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 so that the file is either the old or the new one, never a part.

    Raises:
        AuditError: the file cannot be written.
    """
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(temporary).chmod(_mode(path))
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise AuditError(f"{path}: cannot be written: {error.strerror}") from error


def _mode(path: Path) -> int:
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_stdout(text: str) -> None:
    """Write ``text`` to standard output; what its encoding lacks is written as ``\\N`` escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    safe = text.encode(encoding, "backslashreplace").decode(encoding)
    sys.stdout.write(safe if safe.endswith("\n") or not safe else safe + "\n")
    sys.stdout.flush()


def say(line: str) -> None:
    """Write one line to standard error."""
    print(line.encode("utf-8", "backslashreplace").decode("utf-8"), file=sys.stderr)
