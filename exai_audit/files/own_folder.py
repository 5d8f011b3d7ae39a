"""A folder of our own: only a real one that is ours is read from, or written to.

Whoever wrote the scanned project may have put a link, or a folder of his own, where ours is to be.
A folder is ours that belongs to us, that not everybody can write, and that we marked when we made
it; one that is empty is taken as if we had made it. No link in it is followed, and nothing is
deleted but what a killed run left of its own files.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from exai_audit.files.source import UnreadableSourceError, read_bytes

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_TAG_NAME = "CACHEDIR.TAG"
_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55\n"
_TAG = _SIGNATURE + b"# Made by exai-audit; safe to delete.\n"
_MARKS = ((_TAG_NAME, _TAG), (".gitignore", b"*\n"))
_LONG_AGO = 3600.0
_HAS_DESCRIPTORS = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd
_OPEN_FOLDER = (
    os.O_RDONLY
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_CREATE = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


class ForeignFolderError(Exception):
    """A folder is not ours; the message says why."""


def read_own(folder: Path, name: str, limit: int) -> bytes | None:
    """Return what a file of ours in a folder of ours says, None where there is none.

    Raises:
        ForeignFolderError: the folder is there, but it is not ours.
    """
    try:
        with _opened(folder) as handle:
            if _is_new(folder, handle):
                return None
            _check_mark(folder, handle)
            return _read(folder, handle, name, limit)
    except (FileNotFoundError, UnreadableSourceError):
        return None
    except (OSError, ValueError) as error:
        raise ForeignFolderError(_reason(error)) from error


def write_own(folder: Path, name: str, data: bytes, *, durable: bool = False) -> None:
    """Let ``data`` be what a file in a folder of ours says, in one step; it is made at need.

    Args:
        durable: wait until it is on the disk.

    Raises:
        OSError: it cannot be written.
        ForeignFolderError: the folder is there, but it is not ours.
    """
    with made(folder) as handle:
        _replace(folder, handle, name, data, durable)
        _clear(folder, handle, name)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a folder of ours from the other runs that hold it, where the system knows locks.

    Raises:
        OSError: it cannot be made.
        ForeignFolderError: the folder is there, but it is not ours, or another run holds it.
    """
    with made(folder) as handle:
        if fcntl is not None and handle is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ForeignFolderError("another run is at work") from error
        yield


@contextmanager
def made(folder: Path) -> Iterator[int | None]:
    """Open a folder of ours; it is made and marked at need. None where folders cannot be opened.

    Raises:
        OSError: it cannot be made.
        ForeignFolderError: the folder is there, but it is not ours.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except ValueError as error:
        raise ForeignFolderError(_reason(error)) from error
    with _opened(folder) as handle:
        if _is_new(folder, handle):
            for mark, text in _MARKS:
                _replace(folder, handle, mark, text)
        _check_mark(folder, handle)
        yield handle


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    """Open a folder that is ours by its kind and owner; None where folders cannot be opened.

    Raises:
        ForeignFolderError: it is a link, somebody else's, or open to everybody.
        OSError: the system refuses, or there is none.
    """
    _check_owner(folder, os.lstat(folder))
    if not _HAS_DESCRIPTORS:
        yield None
        return
    handle = os.open(folder, _OPEN_FOLDER)
    try:
        _check_owner(folder, os.fstat(handle))
        yield handle
    finally:
        os.close(handle)


def _check_owner(folder: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode) or getattr(os.path, "isjunction", lambda _: False)(folder):
        raise ForeignFolderError("it is a link")
    if not stat.S_ISDIR(status.st_mode):
        raise ForeignFolderError("it is no folder")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise ForeignFolderError("it belongs to another user")
    if os.name == "posix" and status.st_mode & stat.S_IWOTH:
        raise ForeignFolderError("everybody can write to it")


def _is_new(folder: Path, handle: int | None) -> bool:
    """Tell whether a folder is empty but for marks that somebody is about to make."""
    names = os.listdir(folder if handle is None else handle)  # noqa: PTH208 - or a descriptor
    return all(name.startswith(f".{_TAG_NAME}.") for name in names)


def _check_mark(folder: Path, handle: int | None) -> None:
    try:
        tag = _read(folder, handle, _TAG_NAME, 4096)
    except (OSError, UnreadableSourceError):
        tag = b""
    if not tag.startswith(_SIGNATURE):
        raise ForeignFolderError(f"it was not made by exai-audit (no {_TAG_NAME} of its own in it)")


def _read(folder: Path, handle: int | None, name: str, limit: int) -> bytes:
    """Read a regular file of ours that nobody else can write.

    Raises:
        UnreadableSourceError: there is none.
    """
    return read_bytes(folder / name if handle is None else name, limit, within=handle, own=True)


def _replace(
    folder: Path, handle: int | None, name: str, data: bytes, durable: bool = False
) -> None:
    temporary = f".{name}.{os.urandom(6).hex()}"
    place = str(folder) + os.sep if handle is None else ""
    made = os.open(place + temporary, _CREATE, 0o600, dir_fd=handle)
    try:
        with open(made, "wb") as stream:  # noqa: PTH123 - a descriptor
            stream.write(data)
            if durable:
                stream.flush()
                os.fsync(made)
        os.replace(place + temporary, place + name, src_dir_fd=handle, dst_dir_fd=handle)
    except BaseException:
        os.unlink(place + temporary, dir_fd=handle)
        raise


def _clear(folder: Path, handle: int | None, name: str) -> None:
    """Remove what runs that were killed long ago left of a file of ours."""
    remains = re.compile(re.escape(f".{name}.") + r"[0-9a-f]{12}")
    place = str(folder) + os.sep if handle is None else ""
    for left in os.listdir(folder if handle is None else handle):  # noqa: PTH208
        if remains.fullmatch(left):
            with suppress(OSError):
                status = os.stat(place + left, dir_fd=handle, follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and status.st_mtime < time.time() - _LONG_AGO:
                    os.unlink(place + left, dir_fd=handle)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
