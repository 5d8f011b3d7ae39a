"""Which files are audited, of which scope, and why others are not."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from exai_audit.audit.cache import CACHE_FOLDER
from exai_audit.audit.gitignore import Ignores, ignores_around
from exai_audit.audit.scopes import scope_of
from exai_audit.config import SETTINGS_FILES, FileChoice, NestedSettings, lexically_absolute
from exai_audit.errors import UsageError
from exai_audit.files.glob import Excludes, covers
from exai_audit.files.presence import is_file, is_folder
from exai_audit.files.source import SIDE_FILE_BYTES, read_bytes
from exai_audit.files.timestamps import changed_ns
from exai_audit.finding import Scope
from exai_audit.project.project_names import PROJECT_FILES
from exai_audit.rulebook.registry import nearest
from exai_audit.syntax.work import MOST_STEPS

SUFFIXES = (".py", ".pyi")
_NEVER_SOURCE = frozenset({CACHE_FOLDER, ".git"})
_OF_INSTALLED = ".dist-info"
_SHEBANG = re.compile(rb"#!.*\bpython[0-9.]*\b")


class Discovered(Struct, frozen=True):
    """One file to audit; ``path`` is relative to the root, with slashes, ``place`` is absolute.

    ``scope`` is what the path alone says. ``size`` is in bytes, ``changed``, the time of the last
    change, in nanoseconds. ``content`` stands in for what is on disk. A file that has more than
    ``limit`` bytes by now is not read, and one that takes more than ``most_work`` steps not to its
    end.
    """

    path: str
    place: str
    scope: Scope
    size: int
    changed: int
    content: bytes | None = None
    limit: int = SIDE_FILE_BYTES
    most_work: int = MOST_STEPS

    @property
    def absolute(self) -> Path:
        """The file's absolute path."""
        return Path(self.place)

    def read(self) -> bytes:
        """Return what the file says.

        Raises:
            UnreadableSourceError: the operating system refuses, or it is no such file any more.
        """
        return read_bytes(self.place, self.limit) if self.content is None else self.content


class Skipped(Struct, frozen=True, order=True):
    """A Python file or a folder that was left out, and why."""

    path: str
    reason: str


class Discovery(Struct, frozen=True):
    """All sorted by path, each path once; ``projects`` are folders with the files of a project."""

    files: tuple[Discovered, ...]
    skipped: tuple[Skipped, ...]
    projects: tuple[str, ...] = ()


def discover(
    paths: Sequence[Path], root: Path, choice: FileChoice, nested: NestedSettings | None = None
) -> Discovery:
    """Find the files below ``paths``.

    A path named here is taken even if excluded or ignored, unless ``force-exclude``; what lies
    below it is not. Where folders have settings of their own, the nearest above a file decides.

    Raises:
        UsageError: a path does not exist.
    """
    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        raise UsageError("\n".join(map(_missing, missing)))
    search = _Search(str(lexically_absolute(root)), choice, nested)
    for path in paths:
        search.named(lexically_absolute(path))
    search.drop_second_names()
    return search.result()


def with_content(
    discovery: Discovery,
    contents: Mapping[Path, bytes],
    root: Path,
    choice: FileChoice,
    nested: NestedSettings | None = None,
) -> Discovery:
    """Let ``contents`` be what these files say; they need not be on disk.

    They are taken even if excluded or ignored, unless ``force-exclude``.
    """
    search = _Search(str(lexically_absolute(root)), choice, nested)
    search.files = {file.path: file for file in discovery.files}
    search.skipped = {skipped.path: skipped.reason for skipped in discovery.skipped}
    search.projects.update(discovery.projects)
    for path, content in contents.items():
        search.given(lexically_absolute(path), content)
    return search.result()


class _FolderRules:
    """What a settings file says of the files below it: its patterns count from its folder."""

    def __init__(self, prefix: str, choice: FileChoice) -> None:
        self.choice = choice
        self._prefix = prefix
        self._excludes = Excludes(choice.excludes)

    def excluding(self, relative: str, name: str) -> str | None:
        """Return the pattern that matches a path below the root, whose last part is ``name``."""
        return self._excludes.matching(relative[len(self._prefix) :], name)

    def excluding_named(self, relative: str) -> str | None:
        """Return the pattern that leaves out a path though it was named, None without any."""
        if not self.choice.force_exclude:
            return None
        below = relative[len(self._prefix) :]
        return next((pattern for pattern in self.choice.excludes if covers(pattern, below)), None)


class _Search(Struct):
    """One search: what was found and left out so far, by path."""

    root: str
    choice: FileChoice
    nested: NestedSettings | None
    files: dict[str, Discovered] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    projects: set[str] = field(default_factory=set)

    def named(self, path: Path) -> None:
        """Take a path that was named by the user."""
        relative = self._relative(str(path))
        self.projects.update(filter(self._has_project_file, _folders_above(relative)))
        rules = self._rules_above(relative)
        pattern = rules.excluding_named(relative)
        if pattern is not None:
            self.skipped[relative] = f"excluded by {pattern!r}"
        elif is_folder(path):
            ignores = ignores_around(path) if rules.choice.respect_gitignore else Ignores()
            self._below(str(path), ignores, rules)
        elif not _is_python(path):
            self.skipped[relative] = "not a Python file"
        else:
            self.asked.add(relative)
            self._file(str(path), relative, path.is_symlink(), path.stat, rules)

    def given(self, path: Path, content: bytes) -> None:
        """Take a file with the content that was given for it."""
        relative = self._relative(str(path))
        rules = self._rules_above(relative)
        pattern = rules.excluding_named(relative)
        if pattern is not None:
            self.skipped[relative] = f"excluded by {pattern!r}"
        else:
            size, scope, work = len(content), scope_of(relative), rules.choice.max_file_work
            self.files[relative] = Discovered(
                relative, str(path), scope, size, 0, content, most_work=work
            )

    def result(self) -> Discovery:
        """Return what was found and left out."""
        return Discovery(
            tuple(self.files[path] for path in sorted(self.files)),
            tuple(
                Skipped(path, reason)
                for path, reason in sorted(self.skipped.items())
                if path not in self.files
            ),
            tuple(sorted(self.projects)),
        )

    def drop_second_names(self) -> None:
        """Leave out symbolic links out of the project, and to files that are audited themselves.

        A link that was named is followed.
        """
        real_root = os.path.realpath(self.root)
        for relative in [path for path in self.files if path in self.links]:
            real = os.path.realpath(self.files[relative].place)
            target = _posix(os.path.relpath(real, real_root))
            if relative not in self.asked and not _is_below(target):
                del self.files[relative]
                self.skipped[relative] = "symbolic link out of the project"
            elif relative not in self.asked and not _is_python(Path(real)):
                del self.files[relative]
                self.skipped[relative] = "symbolic link to what is no Python file"
            elif target != relative and target in self.files:
                del self.files[relative]
                self.skipped[relative] = f"symbolic link to {target}"

    def _below(self, start: str, ignores: Ignores, rules: _FolderRules) -> None:
        folders = [(start, self._relative(start), ignores, rules)]
        while folders:
            folder, above, ignores, rules = folders.pop()
            prefix = "" if above == "." else f"{above}/"
            entries = self._entries(folder)
            names = {entry.name for entry in entries}
            if folder != start and any(name.endswith(_OF_INSTALLED) for name in names):
                self.skipped[above] = "installed packages, as its .dist-info folders say"
                continue
            if prefix and not names.isdisjoint(SETTINGS_FILES):
                rules = self._own_rules(above) or rules
            if not names.isdisjoint(PROJECT_FILES):
                self.projects.add(above)
            respects = rules.choice.respect_gitignore
            ignores = ignores.within(folder) if respects else Ignores()
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not entry.name.endswith(SUFFIXES) and not _is_folder(entry):
                    continue
                relative = prefix + entry.name
                reason = _reason_against(entry, relative, is_folder, rules, ignores)
                if reason:
                    self.skipped[relative] = reason
                elif is_folder:
                    folders.append((entry.path, relative, ignores, rules))
                else:
                    self._file(entry.path, relative, entry.is_symlink(), entry.stat, rules)

    def _rules_above(self, relative: str) -> _FolderRules:
        """Return the rules of the nearest folder above a path that has any, else the root's."""
        own = map(self._own_rules, _folders_above(relative))
        return next(filter(None, own), None) or _FolderRules("", self.choice)

    def _has_project_file(self, folder: str) -> bool:
        return any(is_file(f"{self.root}/{folder}/{name}") for name in PROJECT_FILES)

    def _own_rules(self, folder: str) -> _FolderRules | None:
        """Return the rules of a folder that has settings of its own."""
        own = self.nested.of(folder) if self.nested is not None else None
        return _FolderRules(f"{folder}/", own.files) if own else None

    def _entries(self, folder: str) -> Sequence[os.DirEntry[str]]:
        try:
            return _entries_of(folder)
        except OSError as error:
            self.skipped[self._relative(folder)] = f"cannot be read: {error.strerror}"
            return []

    def _file(
        self,
        path: str,
        relative: str,
        is_link: bool,
        stat_of: Callable[[], os.stat_result],
        rules: _FolderRules,
    ) -> None:
        try:
            status = stat_of()
        except FileNotFoundError:
            self.skipped[relative] = "broken symbolic link"
            return
        except OSError as error:
            if error.errno == errno.ELOOP:
                self.skipped[relative] = "symbolic link that leads back to itself"
                return
            status = Path(path).lstat()
        if is_link:
            self.links.add(relative)
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
            self.skipped[relative] = "not a regular file"
        elif status.st_size > rules.choice.max_file_size:
            most = f"{rules.choice.max_file_size:,}"
            self.skipped[relative] = f"{status.st_size:,} bytes, over max-file-size ({most})"
        elif relative not in self.files:
            choice = rules.choice
            self.files[relative] = Discovered(
                relative,
                path,
                scope_of(relative),
                status.st_size,
                changed_ns(status),
                limit=choice.max_file_size,
                most_work=choice.max_file_work,
            )

    def _relative(self, path: str) -> str:
        return _posix(os.path.relpath(path, self.root))


def _folders_above(relative: str) -> Sequence[str]:
    """Return the folders between the root and a path below it, the deepest first."""
    parts = relative.split("/")[:-1]
    if parts[:1] == [".."]:
        return ()
    return ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _entries_of(folder: str) -> list[os.DirEntry[str]]:
    """Return what is in a folder, sorted by name, without our cache and git's folder.

    Raises:
        OSError: it cannot be read.
    """
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if entry.name not in _NEVER_SOURCE]
    return sorted(found, key=lambda entry: entry.name)


def _reason_against(
    entry: os.DirEntry[str], relative: str, is_folder: bool, rules: _FolderRules, ignores: Ignores
) -> str | None:
    pattern = rules.excluding(relative, entry.name)
    if pattern is not None:
        return f"excluded by {pattern!r}"
    if not is_folder and entry.is_symlink() and _is_folder(entry):
        return "symbolic link to a folder"
    source = ignores.ignoring(entry.path, is_folder)
    return f"ignored by {source}" if source else None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a folder or a link to one; a link to itself is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _posix(path: str) -> str:
    return path.replace(os.sep, "/")


def _is_below(relative: str) -> bool:
    """Tell whether a path that counts from the root is in it, and not in git's own folder."""
    parts = relative.split("/")
    return not Path(relative).is_absolute() and parts[0] != ".." and ".git" not in parts


def _is_python(path: Path) -> bool:
    return path.suffix in SUFFIXES or _is_script(path)


def _is_script(path: Path) -> bool:
    """Tell whether a file without a suffix names Python as its interpreter."""
    if path.suffix or not is_file(path):
        return False
    try:
        with path.open("rb") as stream:
            return _SHEBANG.match(stream.readline(200)) is not None
    except OSError:
        return False


def _missing(path: Path) -> str:
    parent = path.parent
    try:
        likely = nearest(path.name, sorted(entry.name for entry in parent.iterdir()))
    except OSError:
        likely = ""
    return f"{path}: no such file or folder{likely}"
