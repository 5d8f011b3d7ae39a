"""Writing: reports to standard output or, atomically, to files."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from exai_audit.errors import AuditError
from exai_audit.files.atomic import replace_file
from exai_audit.files.presence import is_there
from exai_audit.files.visible import visible

if TYPE_CHECKING:
    from pathlib import Path


_NONBLOCK = getattr(os, "O_NONBLOCK", 0)


def write_file(path: Path | str, text: str) -> None:
    """Write ``text`` as UTF-8 so that the file is either the old or the new one, never a part.

    A link stays a link, and what is no regular file (a device, a pipe) is written to. No link of a
    repository is followed out of it: whoever wrote it would choose what is written over.

    Raises:
        AuditError: the file cannot be written, or not there.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        if leads_out(path):
            raise AuditError(f"{path}: a link leads out of the repository, so it is not written to")
        if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
            _write_through(path, data)
        else:
            file = os.path.realpath(path)
            replace_file(file, data, _mode(file))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AuditError(f"{path}: cannot be written: {reason}") from error


def _write_through(path: Path | str, data: bytes) -> None:
    """Write to a device or a pipe; one that nobody reads is not waited for."""
    try:
        handle = os.open(path, os.O_WRONLY | _NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise AuditError(f"{path}: cannot be written: nobody reads from it") from error
        raise
    if _NONBLOCK:
        os.set_blocking(handle, True)
    with open(handle, "wb") as stream:  # noqa: PTH123 - a descriptor
        stream.write(data)


def leads_out(path: Path | str) -> bool:
    """Tell whether a path within a git repository leads out of it, by links."""
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120
    while not is_there(os.path.join(folder, ".git")):  # noqa: PTH118
        if folder == os.path.dirname(folder):  # noqa: PTH120
            return False
        folder = os.path.dirname(folder)  # noqa: PTH120
    top = os.path.realpath(folder)
    return os.path.commonpath((top, os.path.realpath(path))) != top


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


def write_bytes(data: bytes) -> None:
    """Write bytes to standard output as they are: a patch has those of its files.

    Raises:
        AuditError: see `write_stdout`.
    """
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        write_stdout(data.decode("utf-8", "surrogateescape"))
        return
    try:
        sys.stdout.flush()
        buffer.write(data)
        buffer.flush()
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
    import re  # only on those runners

    return re.sub(r"^([^\S\n]*)::", r"\1: :", text, flags=re.MULTILINE).replace("##[", "# #[")


def abandon_stdout() -> None:
    """Let what is still to be written to standard output vanish, at the interpreter's end too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Write lines to standard error, if it can be written at all, with nothing hidden in them.

    All but the first are indented: a name with a newline in it makes no line that looks like ours.
    """
    if sys.stderr is None:
        return
    first, *others = map(visible, text.split("\n"))
    lines = (first, *(f"  {line.lstrip()}" for line in others))
    with suppress(OSError):
        print(inert("\n".join(lines)), file=sys.stderr)


def say_who_is_awaited(client: str) -> None:
    """Tell a person who starts a server by hand why nothing happens."""
    if sys.stdin is not None and sys.stdin.isatty():
        say(f"waiting for {client} on standard input; Ctrl-C ends it")


def _mode(file: str) -> int:
    try:
        return os.stat(file).st_mode & 0o777  # noqa: PTH116
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
