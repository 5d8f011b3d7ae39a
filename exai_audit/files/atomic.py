"""Files replaced in one step: whoever reads one sees the old or the new content, never a part."""

from __future__ import annotations

import os

_CREATE = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
)


def replace_file(path: str, data: bytes, mode: int = 0o600) -> None:
    """Let ``data`` be what the file ``path`` says; an interrupt leaves nothing behind.

    Raises:
        OSError: it cannot be written.
    """
    # Not tempfile, pathlib: a run that only repeats an earlier one has no time to load them.
    temporary = beside(path, os.urandom(6).hex())
    create_file(temporary, data, mode)
    try:
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108
        raise


def beside(path: str, token: str) -> str:
    """Return the name of the temporary file that is to take the place of ``path``."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{token}")  # noqa: PTH118


def create_file(path: str, data: bytes, mode: int, *, durable: bool = False) -> None:
    """Make a file that is not there yet, whole or not at all; ``durable`` waits for the disk.

    Raises:
        OSError: it is there already, or cannot be written.
    """
    handle = os.open(path, _CREATE, 0o600)
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123 - a descriptor
            stream.write(data)
            if durable:
                stream.flush()
                os.fsync(handle)
        os.chmod(path, mode)  # noqa: PTH101
    except BaseException:
        os.unlink(path)  # noqa: PTH108
        raise
