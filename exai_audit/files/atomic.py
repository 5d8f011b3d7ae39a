"""Files replaced in one step: whoever reads one sees the old or the new content, never a part."""

from __future__ import annotations

import os


def replace_file(path: str, data: bytes, mode: int = 0o600) -> None:
    """Let ``data`` be what the file ``path`` says; an interrupt leaves nothing behind.

    Raises:
        OSError: it cannot be written.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.urandom(6).hex()}")  # noqa: PTH118
    # Not tempfile, pathlib: a run that only repeats an earlier one has no time to load them.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, 0o600)
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123 - a descriptor
            stream.write(data)
        os.chmod(temporary, mode)  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108
        raise
