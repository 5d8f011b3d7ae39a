"""Which repositories a survey is of: a TOML file, a list of places, or folders by a pattern."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from exai_audit.errors import UsageError
from exai_audit.files.presence import is_folder
from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.files.visible import visible

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ARCHIVES = (".zip", ".whl", ".tar.gz", ".tgz", ".tar")
_ADDRESS = re.compile(r"(?P<protocol>[a-z][a-z0-9+.-]*)://\S+")
_SHORT_ADDRESS = re.compile(r"[\w.-]+@[\w.-]+:\S+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class Repository(Struct, frozen=True):
    """One repository of a survey.

    ``source`` is a folder, an archive or a git address; ``revision`` a commit, branch or tag of it.
    ``paths`` are what is audited below its top, all of it when empty. ``config`` is the settings
    file to use instead of its own.
    """

    source: str
    name: str = ""
    revision: str | None = None
    paths: tuple[str, ...] = ()
    config: str | None = None
    owner: str = ""
    tags: tuple[str, ...] = ()

    @property
    def protocol(self) -> str:
        """The protocol of a git address, empty for a folder or an archive."""
        found = _ADDRESS.fullmatch(self.source)
        if found is not None:
            return found["protocol"]
        return "ssh" if _SHORT_ADDRESS.fullmatch(self.source) else ""

    @property
    def is_archive(self) -> bool:
        """Whether the source is a packed file."""
        return not self.protocol and self.source.endswith(ARCHIVES)


def read_manifest(file: Path) -> tuple[Repository, ...]:
    """Return the repositories that a manifest names; its paths count from its folder.

    It is TOML with a ``[[repository]]`` table each if its name ends in ``.toml``, else a list: one
    source a line, ``#`` begins a comment.

    Raises:
        UsageError: it cannot be read, or says something else; with file, entry and key.
    """
    try:
        text = read_bytes(file).decode("utf-8")
    except (UnreadableSourceError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from error
    read = _of_toml(text, file) if file.suffix == ".toml" else _of_lines(text)
    found = [_placed(one, file.parent) for one in read]
    if not found:
        raise UsageError(f"{file}: names no repository: add [[repository]] tables, or lines")
    return named(found, str(file))


def folders_matching(patterns: Iterable[str]) -> tuple[Repository, ...]:
    """Return the folders that shell patterns match, such as ``services/*``.

    Raises:
        UsageError: a pattern matches no folder.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        matched = [name for name in sorted(glob.glob(pattern)) if is_folder(Path(name))]  # noqa: PTH207
        if not matched:
            raise UsageError(f"--each {pattern!r}: matches no folder")
        found.update((os.path.abspath(name), None) for name in matched)  # noqa: PTH100
    return named([Repository(name) for name in found], "--each")


def named(repositories: Sequence[Repository], where: str) -> tuple[Repository, ...]:
    """Give every repository a name of its own, that of its source unless it has one.

    Raises:
        UsageError: two are called alike, or a name is none for a file.
    """
    found = [one if one.name else replace(one, name=_name_of(one.source)) for one in repositories]
    for one in found:
        if not _NAME.fullmatch(one.name):
            raise UsageError(
                f"{where}: name {visible(one.name)!r}: expected letters, digits, '.', '_' and '-'"
            )
    twice = [name for name, number in Counter(one.name for one in found).items() if number > 1]
    if twice:
        raise UsageError(f"{where}: two repositories are called {twice[0]!r}: give one a name")
    return tuple(found)


def _of_toml(text: str, file: Path) -> Iterator[Repository]:
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: is not valid TOML: {error}") from error
    for key in document:
        if key != "repository":
            raise UsageError(f"{file}: {visible(key)}: expected [[repository]] tables")
    tables = document.get("repository", [])
    if not isinstance(tables, list):
        raise UsageError(f"{file}: repository: expected [[repository]] tables")
    for number, table in enumerate(tables, 1):
        where = f"{file}: repository {number}"
        known = Repository.__struct_fields__
        unknown = [key for key in table if key not in known] if isinstance(table, dict) else []
        if unknown:
            raise UsageError(f"{where}: {visible(unknown[0])}: choose from {', '.join(known)}")
        try:
            yield msgspec.convert(table, Repository)
        except msgspec.ValidationError as error:
            raise UsageError(f"{where}: {error}") from error


def _of_lines(text: str) -> Iterator[Repository]:
    for line in text.splitlines():
        source = line.split(" #")[0].strip()
        if source and not source.startswith("#"):
            yield Repository(source)


def _placed(repository: Repository, folder: Path) -> Repository:
    """Let the paths of a repository count from anywhere."""
    source, config = repository.source, repository.config
    if not repository.protocol:
        source = os.path.abspath(folder / source)  # noqa: PTH100
    if config is not None:
        config = os.path.abspath(folder / config)  # noqa: PTH100
    return replace(repository, source=source, config=config)


def _name_of(source: str) -> str:
    last = source.rstrip("/").replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
    if last.endswith(".whl"):
        last = "-".join(last.split("-")[:2])  # without the tags of Python and platform
    for suffix in (".git", *ARCHIVES):
        last = last.removesuffix(suffix)
    return _NO_NAME.sub("-", last).strip("-.") or "repository"
