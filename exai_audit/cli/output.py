"""Writing: reports to standard output or, atomically, to files."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from exai_audit.errors import AuditError
from exai_audit.visible import visible

_COMMAND = re.compile(r"^([^\S\n]*)::", re.MULTILINE)


def write_file(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 so that the file is either the old or the new one, never a part.

    A link stays a link, and what is no regular file (a device, a pipe) is written to.

    Raises:
        AuditError: the file cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(text.encode("utf-8", "backslashreplace"))
        else:
            _replace(path.resolve() if path.is_symlink() else path, text)
    except OSError as error:
        raise AuditError(f"{path}: cannot be written: {error.strerror}") from error


def append_to_file(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to the end of a file, in one piece, beginning with a line of its own.

    Raises:
        AuditError: the file cannot be written.
    """
    try:
        with path.open("ab") as stream:
            before = b"\n" if stream.tell() else b""
            stream.write(before + text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise AuditError(f"{path}: cannot be written: {error.strerror}") from error


def write_stdout(text: str) -> None:
    """Write ``text`` to standard output; what its encoding lacks is written as ``\\N`` escapes.

    When nobody reads it any more, or it was closed from the start, nothing is written.

    Raises:
        AuditError: it cannot be written, as on a full disk.
    """
    if sys.stdout is None:
        return
    encoding = sys.stdout.encoding or "utf-8"
    safe = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        sys.stdout.write(safe if safe.endswith("\n") or not safe else safe + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_stdout()
    except OSError as error:
        abandon_stdout()
        raise AuditError(f"standard output: cannot be written: {error.strerror}") from error


def inert(text: str) -> str:
    """Return lines for a person in which, on GitHub's runners, none is a command to the runner.

    They obey a line that begins with ``::``, and ``##[`` within one (actions/runner,
    ``ActionCommand.cs``): a file of that name would give orders.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return text
    return _COMMAND.sub(r"\1: :", text).replace("##[", "# #[")


def abandon_stdout() -> None:
    """Let what is still to be written to standard output vanish, at the interpreter's end too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Write lines to standard error, if it can be written at all, with nothing hidden in them."""
    if sys.stderr is None:
        return
    with suppress(OSError):
        print(inert("\n".join(map(visible, text.split("\n")))), file=sys.stderr)


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))
        Path(temporary).chmod(_mode(path))
        Path(temporary).replace(path)
    except BaseException:  # an interrupt too leaves nothing behind
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
