"""``exai-audit trend``: the score through the history of a project, and alerts on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from exai_audit.audit.cache import CACHE_FOLDER, facts_fingerprint
from exai_audit.audit.discover import SUFFIXES, discover
from exai_audit.audit.makers import makers_of
from exai_audit.audit.past_paths import audited_below
from exai_audit.cli import options
from exai_audit.cli.deliver import requested, supports_unicode, terminal_width
from exai_audit.cli.output import say, write_file, write_stdout
from exai_audit.cli.progress import progress_bar
from exai_audit.cli.running import jobs_of
from exai_audit.cli.subject import subject
from exai_audit.config import (
    Settings,
    knowledge_files,
    lexically_absolute,
)
from exai_audit.errors import UsageError
from exai_audit.files.codeowners import codeowners
from exai_audit.git.command import GitError
from exai_audit.git.history import History, Selection, history
from exai_audit.git.repository import top_level
from exai_audit.knowledge.table import table, use
from exai_audit.project.pins import pinned
from exai_audit.results.stored import read_result
from exai_audit.session.clock import today
from exai_audit.trend.alerts import watch_of
from exai_audit.trend.memory import Memory
from exai_audit.trend.point import Point
from exai_audit.trend.report import FORMATS, render
from exai_audit.trend.result import trend
from exai_audit.trend.revisions import Revisions
from exai_audit.trend.versions import Versions

_DEFAULT_LAST = 100
_CHOICE, _ALERTS = "History", "Alerts"
_JUDGES = (
    "audit",
    "config",
    "finding.py",
    "project",
    "results",
    "rulebook",
    "rules",
    "score",
    "trend",
)

_Last = Annotated[
    int | None,
    typer.Option(
        min=1,
        help=f"At most so many commits, the newest. Default: {_DEFAULT_LAST}; all with the others.",
        rich_help_panel=_CHOICE,
    ),
]
_Since = Annotated[
    str | None,
    typer.Option(
        metavar="DATE", help="Commits since a day, such as 2026-01-31.", rich_help_panel=_CHOICE
    ),
]
_Tags = Annotated[
    bool, typer.Option("--tags", help="Only commits with a tag.", rich_help_panel=_CHOICE)
]
_Weekly = Annotated[
    bool,
    typer.Option("--weekly", help="Only the last commit of each week.", rich_help_panel=_CHOICE),
]
_Alert = Annotated[
    list[str] | None,
    typer.Option(
        "--alert",
        help='What to say, with exit status 1: "drop > 2 in 7d", "score < 80", "new high",'
        ' "unlimited calls rise", "suppression expires in 14d". Repeatable.',
        rich_help_panel=_ALERTS,
    ),
]
_Stored = Annotated[
    list[Path] | None,
    typer.Option(
        "--results",
        help="JSON reports of earlier scans, or folders of them: marks where rules changed.",
        rich_help_panel=_CHOICE,
    ),
]
_Formats = Annotated[
    list[str] | None,
    options.formats_of(FORMATS),
]


def trend_command(
    paths: options.Paths = None,
    last: _Last = None,
    since: _Since = None,
    tags: _Tags = False,
    weekly: _Weekly = False,
    alert: _Alert = None,
    results: _Stored = None,
    output_format: _Formats = None,
    output: options.Output = None,
    ascii_only: options.Ascii = False,
    config: options.Config = None,
    isolated: options.Isolated = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Show how the score went through the commits, and what moved it."""
    reports = requested(output_format or [], output, FORMATS)
    targets = paths or [Path()]
    about = subject(targets, config, isolated)
    root, settings = about.root, about.with_parts()
    alerts = (*settings.alerts, *(alert or ()))
    for text in alerts:
        watch_of(text)
    stored = [read_result(file) for file in _files_of(results or ())]
    selection = Selection(_last(last, since, tags, weekly), since, tags, weekly)
    own = knowledge_files(settings, about.settings_file, root)
    folder = None if no_cache else cache_dir or root / CACHE_FOLDER
    try:
        found = history(root, selection)
        points = _points(found, targets, root, settings, own, folder, jobs)
    except GitError as error:
        raise UsageError(f"trend: {error}") from error
    if found.cut:
        say("exai-audit: the clone is shallow, so older commits are missing: git fetch --unshallow")
    shown = " ".join(_below(targets, root))
    name = root.name if shown == "." else shown
    result = trend(points, name, alerts, today(), stored, _owners_of(root), cut=found.cut)
    plain = ascii_only or not supports_unicode()
    for kind, target in reports:
        text = render(result, kind, ascii_only=plain, width=terminal_width())
        if target is not None:
            write_file(target, text)
        else:
            write_stdout(text)
    raise typer.Exit(1 if result.alarms else 0)


def _owners_of(root: Path) -> Callable[[str], Sequence[str]]:
    """Return what tells who owns a path below the root, by today's CODEOWNERS."""
    top = top_level(root)
    owners = codeowners(top)
    inside = Path(os.path.relpath(root.resolve(), top)).as_posix()
    prefix = "" if inside == "." else f"{inside}/"
    return lambda path: () if owners is None else owners.of(prefix + path)


def _points(
    found: History,
    targets: Sequence[Path],
    root: Path,
    settings: Settings,
    own: Sequence[Path],
    folder: Path | None,
    jobs: str,
) -> tuple[Point, ...]:
    use(own, settings.of_all("bridge_functions"))
    made = makers_of(settings, own)
    today = discover([path for path in targets if path.exists()], root, settings.files)
    left_out = [skipped.path for skipped in today.skipped]
    is_audited = audited_below(_below(targets, root), settings, left_out)

    def wanted(path: str) -> bool:
        return path.endswith(SUFFIXES) and is_audited(path)

    versions = Versions(root, settings, Memory(folder, made))
    revisions = Revisions(versions, wanted, _judging(made, settings, root))
    with progress_bar() as progress:
        return revisions.points(found.states, jobs_of(jobs), progress)


def _judging(made: str, settings: Settings, root: Path) -> str:
    """Return what stands for all that a snapshot depends on besides the files."""
    rows = table().calls.values()
    pins = pinned(root, {row.package or row.name.partition(".")[0] for row in rows if row.timeout})
    parts = (made, facts_fingerprint(makers=_JUDGES), msgspec.json.encode(settings.without_gate()))
    return sha256(repr((parts, sorted(pins.items()))).encode()).hexdigest()


def _last(last: int | None, since: str | None, tags: bool, weekly: bool) -> int | None:
    return _DEFAULT_LAST if last is None and since is None and not (tags or weekly) else last


def _below(targets: Iterable[Path], root: Path) -> list[str]:
    found = []
    for target in targets:
        place = lexically_absolute(target)
        if not place.is_relative_to(root):
            raise UsageError(f"{target}: lies outside of {root}")
        found.append(place.relative_to(root).as_posix())
    return found


def _files_of(paths: Iterable[Path]) -> list[Path]:
    """Return the results that are named, and those in the folders that are."""
    found: list[Path] = []
    for path in paths:
        found.extend(sorted(path.glob("*.json")) if path.is_dir() else [path])
    return found
