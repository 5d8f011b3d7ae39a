"""``exai-audit survey``: many repositories, each audited alone, and what they have in common."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec
import typer
from msgspec import Struct

from exai_audit.cli import options
from exai_audit.cli.deliver import requested, supports_unicode, terminal_width
from exai_audit.cli.output import leads_out, say, write_file, write_stdout
from exai_audit.cli.progress import progress_bar
from exai_audit.cli.running import jobs_of
from exai_audit.errors import AuditError, UsageError
from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.git.clone import PROTOCOLS
from exai_audit.results.stored import read_result
from exai_audit.session.clock import today
from exai_audit.survey import processes
from exai_audit.survey.journal import Journal, key_of
from exai_audit.survey.manifest import Repository, folders_matching, read_manifest
from exai_audit.survey.report import FORMATS, render
from exai_audit.survey.table import Summary, Survey, summary, survey, without_report
from exai_audit.survey.work import Outcome, Work, audited

_FOLDER = Path("exai-audit-survey")
_RESULT = "survey.json"
_CHOICE, _RUN = "Repositories", "Running"

_Manifest = Annotated[
    Path | None,
    typer.Argument(
        help="TOML with a table for each repository, or a list of folders, archives, git URLs."
    ),
]
_Each = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Folders by a pattern, such as 'services/*'.",
        rich_help_panel=_CHOICE,
    ),
]
_Policy = Annotated[
    Path | None,
    typer.Option(
        help="Settings file to judge every repository by, instead of its own.",
        rich_help_panel=_CHOICE,
    ),
]
_Protocol = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-protocol",
        help=f"Protocols by which git URLs may be fetched. Default: {', '.join(PROTOCOLS)}.",
        rich_help_panel=_CHOICE,
    ),
]
_Into = Annotated[
    Path,
    typer.Option(
        "--into",
        metavar="FOLDER",
        help=f"Where NAME.json of each repository, and {_RESULT}, are written.",
        rich_help_panel=_RUN,
    ),
]
_Before = Annotated[
    Path | None,
    typer.Option(
        help=f"{_RESULT} of an earlier survey. Default: the one in the folder.",
        rich_help_panel=_CHOICE,
    ),
]
_Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on where a run was stopped.", rich_help_panel=_RUN),
]
_Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Run on a Dask cluster: local, or tcp://HOST:8786 (needs the extra dask).",
        rich_help_panel=_RUN,
    ),
]
_Formats = Annotated[
    list[str] | None,
    options.formats_of(FORMATS),
]


class _FormerRow(Struct, frozen=True):
    """What is asked of a row of an earlier survey."""

    name: str
    score: float | None = None


class _Former(Struct, frozen=True):
    """What is asked of an earlier survey."""

    rows: tuple[_FormerRow, ...]


def survey_command(
    manifest: _Manifest = None,
    each: _Each = None,
    policy: _Policy = None,
    allow_protocol: _Protocol = None,
    into: _Into = _FOLDER,
    before: _Before = None,
    resume: _Resume = False,
    dask: _Dask = None,
    output_format: _Formats = None,
    output: options.Output = None,
    ascii_only: options.Ascii = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
) -> None:
    """Audit many repositories, and say what they have in common."""
    reports = requested(output_format or [], output, FORMATS)
    repositories = _repositories(manifest, each)
    if policy is not None and not policy.is_file():
        raise UsageError(f"--policy {policy}: no such file")
    then = _scores(before or into / _RESULT, asked=before is not None)
    caches = None if no_cache else str((into / "cache").absolute())
    protocols = tuple(allow_protocol or PROTOCOLS)
    own = None if policy is None else str(policy.absolute())
    works = [Work(one, today(), protocols, own, caches) for one in repositories]
    if leads_out(into / _RESULT):
        raise AuditError(f"{into}: a link leads out of the repository, so it is not written to")
    try:
        into.mkdir(parents=True, exist_ok=True)
        summaries = _audit_all(works, Journal(into), resume, dask, jobs_of(jobs))
    except OSError as error:
        raise AuditError(f"{into}: cannot be written: {error.strerror}") from error
    found = survey(summaries, then)
    write_file(into / _RESULT, render(found, "json"))
    plain = ascii_only or not supports_unicode()
    for name, target in reports:
        links = _pages(found, into, target) if name == "html" else {}
        text = render(found, name, ascii_only=plain, width=terminal_width(), links=links)
        if target is not None:
            write_file(target, text)
        else:
            write_stdout(text)


def _pages(found: Survey, folder: Path, target: Path | None) -> dict[str, str]:
    """Write the page of each repository beside its report; return where they are.

    Args:
        target: the file of the page that is to lead there.
    """
    from exai_audit.report import render as render_report

    start = Path.cwd() if target is None else target.absolute().parent
    links = {}
    for row in found.rows:
        if not row.reason:
            report = folder / f"{row.name}.json"
            write_file(report.with_suffix(".html"), render_report(read_result(report), "html"))
            below = os.path.relpath(report.with_suffix(".html").absolute(), start)
            links[row.name] = quote(Path(below).as_posix())
    return links


def _repositories(manifest: Path | None, each: Sequence[str] | None) -> tuple[Repository, ...]:
    if (manifest is None) == (not each):
        raise UsageError("survey: give a manifest, or --each 'services/*'")
    return folders_matching(each or ()) if manifest is None else read_manifest(manifest)


def _audit_all(
    works: Sequence[Work], journal: Journal, resume: bool, dask: str | None, jobs: int
) -> list[Summary]:
    """Audit what is not done, write each report when it is there, and sum up all."""
    known = journal.done() if resume else {}
    if not resume:
        journal.begin()
    done: dict[str, Summary] = {}
    left = []
    for work in works:
        entry = known.get(work.repository.name)
        stored = entry and entry.key == key_of(work) and _stored(work, journal.folder, entry.reason)
        if stored:
            done[work.repository.name] = stored
        else:
            left.append(work)
    by_name = {work.repository.name: work for work in left}
    with progress_bar("repositories") as progress, _running(left, dask, jobs) as outcomes:
        for outcome in outcomes:
            work = by_name[outcome.name]
            done[outcome.name] = _kept(work, outcome, journal)
            progress(len(done), len(works))
    return [done[work.repository.name] for work in works]


@contextmanager
def _running(works: Sequence[Work], dask: str | None, jobs: int) -> Iterator[Iterator[Outcome]]:
    if dask is None:
        yield processes.outcomes(works, jobs, audited)
        return
    try:
        from exai_audit.survey import cluster
    except ImportError as error:
        raise UsageError("--dask needs Dask: pip install 'exai-audit[dask]'") from error
    with cluster.connected(dask, jobs) as client:
        yield cluster.outcomes(works, client)


def _kept(work: Work, outcome: Outcome, journal: Journal) -> Summary:
    """Write a report and say that it is done."""
    repository = work.repository
    if outcome.reason:
        say(f"{repository.name}: {outcome.reason}")
    else:
        file = journal.folder / f"{repository.name}.json"
        write_file(file, outcome.report.decode("utf-8"))
    journal.add(work, outcome)
    found = _stored(work, journal.folder, outcome.reason)
    if found is None:
        raise AuditError(f"{journal.folder}: the report of {repository.name} cannot be read again")
    return found


def _stored(work: Work, folder: Path, reason: str) -> Summary | None:
    """Return what a survey says of a repository that is done, None if its report is gone."""
    if reason:
        return without_report(work.repository, reason)
    try:
        return summary(work.repository, read_result(folder / f"{work.repository.name}.json"))
    except UsageError:
        return None


def _scores(file: Path, *, asked: bool) -> Mapping[str, float]:
    """Return the scores of an earlier survey; none where there was none.

    Raises:
        UsageError: it was asked for and cannot be read.
    """
    try:
        found = msgspec.json.decode(read_bytes(file), type=_Former)
    except (UnreadableSourceError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        if asked:
            raise UsageError(f"--before {file}: is no survey of exai-audit: {error}") from error
        return {}
    return {row.name: row.score for row in found.rows if row.score is not None}
