"""The code of a repository, wherever it comes from, as a folder that can be audited.

A folder is audited where it is. Of a git repository that is bare, of an address and of an archive
only what an audit reads is written, into a folder that goes when the audit ends: Python files,
settings, requirements. No link is made, and nothing is written outside of that folder.
"""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from stat import S_IFMT, S_IFREG

from msgspec import Struct

from exai_audit.errors import UsageError
from exai_audit.files.presence import is_file, is_folder, is_there
from exai_audit.git.clone import clone
from exai_audit.git.command import GitError
from exai_audit.git.repository import Revision, contents, files_at, revision_named
from exai_audit.survey.manifest import Repository

_SUFFIXES = (".py", ".pyi")
_SIDE_FILES = frozenset(
    {
        "pyproject.toml", "exai-audit.toml", "setup.cfg", "setup.py", "uv.lock", "poetry.lock",
        "pdm.lock", "pylock.toml", "Pipfile.lock", ".gitignore", "CODEOWNERS",
    }
)  # fmt: skip
_MOST_BYTES = 2_000_000_000
_MOST_FILES = 300_000
_LONGEST_NAME = 4_000


class Checkout(Struct, frozen=True):
    """Code to audit, below ``top``, and the revision that it is, where that is not to be seen."""

    top: Path
    revision: Revision | None = None


@contextmanager
def checked_out(repository: Repository, protocols: Collection[str]) -> Iterator[Checkout]:
    """Give the code of a repository.

    Args:
        protocols: those by which git addresses may be fetched.

    Raises:
        UsageError: there is no such thing, or it cannot be read.
        GitError: git cannot give it.
    """
    source = Path(repository.source)
    if not repository.protocol and is_folder(source) and not _needs_git(repository, source):
        yield Checkout(source)
        return
    with tempfile.TemporaryDirectory(prefix="exai-audit-") as name:
        top = Path(name) / repository.name
        top.mkdir()
        if repository.is_archive:
            _unpack(source, top)
            yield Checkout(_top_of_archive(top))
            return
        if repository.protocol:
            source = Path(name) / "clone"
            source.mkdir()
            _fetch(repository, source, protocols)
        elif not is_folder(source):
            raise UsageError(f"{repository.source}: no folder, no archive and no git address")
        yield Checkout(top, _export(source, repository, top))


def _needs_git(repository: Repository, folder: Path) -> bool:
    """Tell whether a folder's code has to be taken out of git's objects."""
    return repository.revision is not None or _is_bare(folder)


def _is_bare(folder: Path) -> bool:
    parts = ("HEAD", "objects", "refs")
    return not is_there(folder / ".git") and all(is_there(folder / part) for part in parts)


def _fetch(repository: Repository, folder: Path, protocols: Collection[str]) -> None:
    if repository.protocol not in protocols:
        allowed = ", ".join(sorted(protocols)) or "none"
        raise GitError(
            f"{repository.protocol} addresses are not fetched (allowed: {allowed}): "
            f"--allow-protocol {repository.protocol}"
        )
    clone(repository.source, repository.revision, folder, protocols)


def _export(source: Path, repository: Repository, top: Path) -> Revision:
    """Write what an audit reads of a commit."""
    name = "HEAD" if repository.protocol else repository.revision or "HEAD"
    found = revision_named(source, name)
    if found is None:
        raise GitError(f"{repository.source}: git knows no revision {name!r}")
    wanted = {path: blob for path, blob in files_at(source, found.commit).items() if _is_read(path)}
    held = contents(source, wanted.values())
    _write_all(top, ((path, held[blob]) for path, blob in wanted.items()))
    return found


def _unpack(archive: Path, top: Path) -> None:
    if not is_file(archive):
        raise UsageError(f"{archive}: no such file")
    try:
        if archive.suffix in (".zip", ".whl"):
            with zipfile.ZipFile(archive) as packed:
                _write_all(top, _of_zip(packed))
        else:
            with tarfile.open(archive) as packed_tar:
                _write_all(top, _of_tar(packed_tar))
    except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise UsageError(f"{archive}: cannot be unpacked: {error}") from error
    except (NotImplementedError, RuntimeError) as error:  # encrypted, or packed in an odd way
        raise UsageError(f"{archive}: cannot be unpacked: {error}") from error


def _of_zip(packed: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for entry in packed.infolist():
        kind = S_IFMT(entry.external_attr >> 16)
        is_plain = not entry.is_dir() and kind in (0, S_IFREG)
        if is_plain and _is_read(entry.filename):
            _check_size(entry.filename, entry.file_size)
            with packed.open(entry) as stream:
                yield entry.filename, stream.read(entry.file_size)


def _of_tar(packed: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for entry in packed:
        if entry.isfile() and _is_read(entry.name):
            _check_size(entry.name, entry.size)
            stream = packed.extractfile(entry)
            if stream is not None:
                yield entry.name, stream.read(entry.size)


def _check_size(name: str, size: int) -> None:
    if size > _MOST_BYTES:
        raise ValueError(f"{name!r} has {size:,} bytes")


def _write_all(top: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files below ``top``.

    Raises:
        ValueError: they are too many, or too large.
    """
    left = _MOST_BYTES
    for number, (path, data) in enumerate(files, 1):
        left -= len(data)
        if left < 0 or number > _MOST_FILES:
            raise ValueError(f"more than {_MOST_BYTES:,} bytes or {_MOST_FILES:,} files")
        place = top.joinpath(*PurePosixPath(path).parts)
        with suppress(
            OSError
        ):  # a name that this system does not take, or two that it takes for one
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)


def _is_read(path: str) -> bool:
    """Tell whether an audit reads a file, and its path leads nowhere but down."""
    parts = path.split("/")
    is_down = all(part not in ("", ".", "..", ".git") for part in parts)
    plain = "\\" not in path and ":" not in path and "\0" not in path and len(path) < _LONGEST_NAME
    name = parts[-1]
    is_asked = name.endswith(_SUFFIXES) or name in _SIDE_FILES or _is_requirements(name)
    return is_down and plain and is_asked


def _is_requirements(name: str) -> bool:
    return name.endswith(".txt") and ("requirements" in name or name in ("base.txt", "prod.txt"))


def _top_of_archive(top: Path) -> Path:
    """Return the one folder that an archive of sources holds everything in, else its top.

    A package is no such folder: as the only one of a wheel it keeps its name.
    """
    inside = list(top.iterdir())
    is_wrapped = (
        len(inside) == 1 and is_folder(inside[0]) and not is_file(inside[0] / "__init__.py")
    )
    return inside[0] if is_wrapped else top
