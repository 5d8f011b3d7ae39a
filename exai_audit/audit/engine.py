"""The audit: discover, collect, judge, sort, score."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.audit.collecting import Collected, Named, Progress, collect_all
from exai_audit.audit.discover import Discovered, Discovery, discover
from exai_audit.audit.scopes import may_be_judged, scopes_of
from exai_audit.config import NestedSettings, Settings
from exai_audit.facts.file import FileFacts
from exai_audit.files.source import UnreadableSourceError
from exai_audit.finding import Finding, Scope
from exai_audit.knowledge.table import use
from exai_audit.project.caches import with_project_caches
from exai_audit.project.calls import with_project_calls
from exai_audit.project.console_scripts import console_scripts
from exai_audit.project.foreign_pools import with_foreign_pools
from exai_audit.project.project import Project
from exai_audit.project.timeout_categories import with_own_categories
from exai_audit.project.units import with_units

Collect = Callable[[Sequence[Named]], list[Collected]]


class FactsStore(Protocol):
    """What remembers the facts of files; see
    `exai_audit.audit.cache.FactsCache`, which keeps those of one project."""

    def unchanged(self, path: str, changed: int, size: int) -> FileFacts | None:
        """Return the facts of a file whose size and time of change (ns) are as remembered."""

    def knows(self, path: str) -> bool:
        """Tell whether it is worth reading a file to ask for its content."""

    def same_content(self, path: str, changed: int, data: bytes) -> FileFacts | None:
        """Return the facts of a file whose content is as remembered."""

    def remember(self, path: str, changed: int, size: int, blob: bytes, facts: FileFacts) -> None:
        """Keep what a file says now."""

    def save(self) -> None:
        """Write what is new; trouble in writing is no error."""


_SOURCE_FOLDERS = frozenset({"src", "lib"})


class Audit(Struct, frozen=True):
    """What was looked at and what the rules conclude, before suppressions and score.

    Only project-wide findings have their fingerprint yet: those of the others need the sources.
    ``collected`` are the facts of each file, without what only several files together show.
    """

    discovery: Discovery
    project: Project
    findings: tuple[Finding, ...]
    collected: tuple[FileFacts, ...] = ()
    today: date = date.min


def audit(
    paths: Sequence[Path],
    root: Path,
    settings: Settings,
    jobs: int,
    progress: Progress,
    cache: FactsStore | None = None,
    knowledge: Sequence[Path] = (),
    today: date = date.min,
    nested: NestedSettings | None = None,
) -> Audit:
    """Find the files of ``paths`` and audit them; see `audit_files`.

    Args:
        nested: the settings of folders below the root.

    Raises:
        UsageError: a path does not exist.
        SettingsError: settings of a folder are invalid; see also `audit_files`.
    """
    discovery = discover(paths, root, settings.files, nested)
    if nested is not None:
        settings = replace(settings, parts=nested.found())
    return audit_files(discovery, root, settings, jobs, progress, cache, knowledge, today)


def audit_files(
    discovery: Discovery,
    root: Path,
    settings: Settings,
    jobs: int,
    progress: Progress,
    cache: FactsStore | None = None,
    knowledge: Sequence[Path] = (),
    today: date = date.min,
    meanwhile: Callable[[], None] = lambda: None,
    collect: Collect | None = None,
) -> Audit:
    """Audit the files that were found.

    Args:
        jobs: how many processes; the result does not depend on it.
        progress: called with files done and files in all.
        cache: what is remembered of the files; the result does not depend on it.
        knowledge: the user's own knowledge files.
        today: decides which suppressions have expired; by default none has.
        meanwhile: is called once, if there are other processes to read the files.
        collect: reads the files in another way, with the same result; by default so many processes
            do, this one included.

    Raises:
        SettingsError: a knowledge file cannot be read or holds a malformed row.
    """
    use(knowledge, settings.of_all("bridge_functions"))
    collect = collect or partial(collect_all, jobs=jobs, progress=progress, meanwhile=meanwhile)
    files = _recall_or_collect(discovery.files, cache, collect, settings)
    return judged(discovery, files, root, settings, today)


def judged(
    discovery: Discovery, files: Sequence[FileFacts], root: Path, settings: Settings, today: date
) -> Audit:
    """Return what the rules conclude from the facts of all files that were found."""
    project = project_of(files, {file.path: file.scope for file in discovery.files}, root, settings)
    from exai_audit.audit.judge import judge  # not before the files are read: see meanwhile

    findings = judge(project, settings.rules, today)
    return Audit(discovery, project, findings, tuple(files), today)


def project_of(
    files: Sequence[FileFacts], by_path: Mapping[str, Scope], root: Path, settings: Settings
) -> Project:
    """Return the project that ``files`` make, with what ``root`` says of libraries and scripts.

    Args:
        by_path: the scope of each file that its path alone says.
    """
    scope_of = scopes_of(files, by_path)
    judged = frozenset(path for path, scope in scope_of.items() if settings.judges(path, scope))
    doubtful = {u.package for f in files for u in f.unlimited if u.forever_below}
    pins = _pins(root, doubtful)
    scripts = console_scripts(root) if any(f.bridges for f in files) else frozenset()
    tests = frozenset(path for path, scope in scope_of.items() if scope is Scope.TESTS)
    with_pools = with_foreign_pools(files)
    with_caches = with_project_caches(
        with_pools, lambda path: settings.at(path).cache_layers, tests
    )
    completed = with_units(with_project_calls(with_caches))
    sorted_ = with_own_categories(completed, lambda path: settings.at(path).timeout_categories)
    return Project(sorted_, scope_of, judged, pins, scripts=scripts)


def limit_of(scope: Scope, settings: Settings) -> int | None:
    """Return above how many lines the symbols of a file of this scope, by its path, are read."""
    return settings.module_limit if may_be_judged(scope, settings.of_all("scopes")) else None


def _pins(root: Path, packages: Collection[str]) -> dict[str, str]:
    if not packages:
        return {}
    from exai_audit.project.pins import pinned  # only where a version decides

    return pinned(root, packages)


def _recall_or_collect(
    files: Sequence[Discovered],
    cache: FactsStore | None,
    collect: Collect,
    settings: Settings,
) -> list[FileFacts]:
    """Return the facts of all files in order, from the cache where it holds."""
    all_named = named(files, settings)
    if cache is None:
        return [facts for facts, _ in collect(all_named)]
    known = {file.path: recalled(file, module, cache) for file, module, _ in all_named}
    changed = [work for work in all_named if known[work[0].path] is None]
    collected = collect(changed) if changed else []
    for (file, _, _), (facts, blob) in zip(changed, collected, strict=True):
        known[file.path] = facts
        if blob and file.content is None:
            cache.remember(file.path, file.changed, file.size, blob, facts)
    cache.save()
    return [facts for facts in known.values() if facts is not None]


def named(files: Sequence[Discovered], settings: Settings) -> list[Named]:
    """Return the files with what their facts depend on besides their content."""
    inits = (f.path.rpartition("/") for f in files if f.path.endswith("/__init__.py"))
    packages = {folder for folder, _, _ in inits}
    return [
        (file, dotted_name(file.path, packages), limit_of(file.scope, settings)) for file in files
    ]


def recalled(file: Discovered, module: str, cache: FactsStore) -> FileFacts | None:
    """Return the facts of a file on disk that the cache still knows, None without any."""
    if file.content is not None:
        return None
    facts = cache.unchanged(file.path, file.changed, file.size)
    if facts is None and cache.knows(file.path):
        try:
            data = file.read()
        except UnreadableSourceError:
            return None
        facts = cache.same_content(file.path, file.changed, data)
    return facts if facts is not None and facts.module == module else None


def dotted_name(path: str, packages: Collection[str] = ()) -> str:
    """Return the dotted module name of a path.

    Args:
        packages: the folders that hold an ``__init__.py``: the name begins at the topmost of
            those around the file. Without any, below ``src``, ``lib`` or what is no identifier.
    """
    parts = path.rsplit(".", 1)[0].split("/")
    first = len(parts) - 1
    while first > 0 and "/".join(parts[:first]) in packages:
        first -= 1
    if first == len(parts) - 1:
        outside = (i for i, p in enumerate(parts) if p in _SOURCE_FOLDERS or not p.isidentifier())
        first = min(max(outside, default=-1) + 1, len(parts) - 1)
    parts = parts[first:]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)
