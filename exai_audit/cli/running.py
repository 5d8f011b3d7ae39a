"""One audit as the commands run it: root, knowledge, cache, progress, clock."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from msgspec.structs import replace

from exai_audit.audit.cache import CACHE_FOLDER, REVISION, FactsCache
from exai_audit.audit.discover import discover, with_content
from exai_audit.audit.engine import Audit, audit_files
from exai_audit.audit.makers import makers_of
from exai_audit.cli.output import say
from exai_audit.cli.progress import progress_bar
from exai_audit.cli.stdin import project_around
from exai_audit.config import (
    NestedSettings,
    Settings,
    find_root,
    knowledge_files,
    lexically_absolute,
)
from exai_audit.errors import UsageError
from exai_audit.files.presence import is_there
from exai_audit.files.visible import visible
from exai_audit.rulebook.registry import rules
from exai_audit.session.clock import today
from exai_audit.session.run import Run


def run_audit(
    targets: Sequence[Path],
    settings: Settings,
    settings_file: Path | None,
    *,
    jobs: str = "auto",
    no_cache: bool = False,
    cache_dir: Path | None = None,
    show_files: bool = False,
    with_revision: bool = False,
    root: Path | None = None,
    verbose: bool = False,
    given: tuple[Path, bytes] | None = None,
    laid_over: Callable[[Settings], Settings] | None = None,
) -> Run:
    """Audit ``targets``, or the project around the file ``given``.

    Args:
        with_revision: whether files of the past are going to be audited, too.
        root: what paths are relative to, by default what the targets and the settings file say.
        verbose: say what is in force.
        given: a file of a project, and what it is to say.
        laid_over: lays what the command line says over the settings that folders have of their
            own; without it these are not read.

    Raises:
        UsageError: a path does not exist, or none of them holds a Python file.
        SettingsError: the settings of a folder are invalid.
    """
    root = root or find_root(targets, settings_file)
    paths = targets if given is None else project_around(given[0], root, settings_file)
    nested = None if laid_over is None else NestedSettings(root, laid_over)
    discovery = discover(paths, root, settings.files, nested)
    if given is not None:
        discovery = with_content(discovery, dict([given]), root, settings.files, nested)
    if nested is not None:
        settings = replace(settings, parts=nested.found())
    own = knowledge_files(settings, settings_file, root)
    cache = past = None
    if not no_cache:
        makers = makers_of(settings, own)
        folder = cache_dir or root / CACHE_FOLDER
        cache = FactsCache(folder, makers, root)
        past = FactsCache(folder, makers, root, REVISION) if with_revision else None
        if cache.refusal:
            say(f"exai-audit: warning: {folder}: is not used to remember facts: {cache.refusal}")
    with progress_bar() as progress:
        audited = audit_files(
            discovery,
            root,
            settings,
            jobs_of(jobs),
            progress,
            cache,
            own,
            today(),
            meanwhile=_load_the_rest,
        )
    if show_files:
        _print_files(audited)
    run = Run(tuple(targets), root, settings, settings_file, audited, cache, past)
    if verbose:
        _print_choices(run, cache)
    if not audited.discovery.files and given is None:
        named = ", ".join(str(path) for path in targets)
        raise UsageError(f"{named}: no Python file found (--show-files says what was left out)")
    return run


def _load_the_rest() -> None:
    """Load what is needed once all files are read."""
    for name in ("exai_audit.audit.judge", "exai_audit.audit.assemble", "exai_audit.report.json"):
        import_module(name)


def existing(paths: Sequence[Path] | None) -> tuple[Path, ...]:
    """Return what a command that goes on running is to look at, by default the working folder.

    Raises:
        UsageError: one of the paths does not exist.
    """
    for path in paths or ():
        if not is_there(path):
            raise UsageError(f"{path}: no such file or folder")
    return tuple(map(lexically_absolute, paths or [Path()]))


def jobs_of(text: str) -> int:
    """Return how many processes an option asks for.

    Raises:
        UsageError: it is no number from 1, nor ``auto``.
    """
    if text == "auto":
        return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) < 1:
        raise UsageError(f"--jobs {text!r}: give a number from 1, or auto")
    return int(text)


def _print_choices(run: Run, cache: FactsCache | None) -> None:
    discovery, project = run.audited.discovery, run.audited.project
    judged = sum(1 for _ in project.judged_files())
    say(visible(f"settings: {run.settings_file or 'none found'}"))
    for folder, _ in run.settings.parts:
        say(visible(f"settings of their own: {folder}"))
    say(visible(f"root: {run.root}"))
    say(f"files: {len(discovery.files)} read, {judged} judged, {len(discovery.skipped)} left out")
    chosen = (rule.code for rule in rules() if run.settings.rules.selects(rule.code))
    say(f"rules: {', '.join(chosen)}")
    say(visible(f"cache: {cache.folder if cache and not cache.refusal else 'none'}"))


def _print_files(audited: Audit) -> None:
    for file in audited.discovery.files:
        say(f"{visible(file.path)}: {audited.project.scope_of[file.path].value}")
    for left_out in audited.discovery.skipped:
        say(visible(f"{left_out.path}: left out: {left_out.reason}"))
