"""``exai-audit baseline``: the findings of today, written down."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from exai_audit.cli import options
from exai_audit.cli.output import say, write_file, write_stdout
from exai_audit.cli.running import run_audit
from exai_audit.config import load_for, with_options
from exai_audit.errors import UsageError
from exai_audit.files.presence import is_file, is_there
from exai_audit.files.source import read_bytes
from exai_audit.files.visible import visible
from exai_audit.report.bottlenecks import counted
from exai_audit.results.baseline import (
    DEFAULT_FILE,
    Baseline,
    as_text,
    baseline_of,
    read_baseline,
    without,
)
from exai_audit.results.result import AuditResult, BaselineEntry
from exai_audit.session.comparing import chosen_baseline, compared


def baseline_command(
    paths: options.Paths = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help=f"The file; else the setting baseline, else {DEFAULT_FILE}."
        ),
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Only remove what is gone.")] = False,
    scope: options.Scopes = None,
    config: options.Config = None,
    isolated: options.Isolated = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Write down the findings of today, so that a gate judges new ones only."""
    targets = paths or [Path()]
    laid_over = partial(with_options, scope=scope or None)
    settings, settings_file = load_for(targets, config, isolated)
    settings = laid_over(settings)
    run = run_audit(
        targets,
        settings,
        settings_file,
        jobs=jobs,
        no_cache=no_cache,
        cache_dir=cache_dir,
        laid_over=None if config or isolated else laid_over,
    )
    result = run.result()
    file = output or chosen_baseline(run, None) or run.root / DEFAULT_FILE
    old = read_baseline(file) if prune else _former(file, result)
    against = result if old is None else compared(result, run, file, old, say)
    new = sum(finding.new is True for finding in against.findings)
    gone = against.baseline.gone if against.baseline else ()
    if prune and old is not None:
        if gone:
            write_file(file, as_text(without(old, gone)))
        write_stdout(f"{visible(run.shown(file))}: {counted(_total(gone), 'finding')} removed")
        return
    write_file(file, as_text(baseline_of(result)))
    changes = "" if old is None else f" ({new} new, {_total(gone)} gone)"
    write_stdout(f"{visible(run.shown(file))}: {counted(len(result.findings), 'finding')}{changes}")
    if settings.baseline is None:
        say(f"Use it: scan --baseline {run.shown(file)}, or the setting baseline.")


def _former(file: Path, result: AuditResult) -> Baseline | None:
    """Return the baseline that is about to be written again."""
    if not is_there(file):
        return None
    if not is_file(file):
        raise UsageError(f"{file}: is not a regular file, so no baseline is written to it")
    try:
        old = read_baseline(file)
    except UsageError as error:
        if b'"exai_audit_baseline"' in read_bytes(file):
            return None
        raise UsageError(f"{file}: is no baseline, so it is not written over") from error
    if sorted(old.paths) != sorted(result.target.paths):
        then, now = " ".join(old.paths), " ".join(result.target.paths)
        raise UsageError(
            f"{file}: is the baseline of {then}, not of {now}: "
            "name the same paths, another file (--output), or remove it"
        )
    return old


def _total(entries: tuple[BaselineEntry, ...]) -> int:
    return sum(entry.count for entry in entries)
