"""``exai-audit scan``: audit and report."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import typer

from exai_audit.cli import options
from exai_audit.cli.baselines import chosen_baseline, compare_with
from exai_audit.cli.changed import changed_since
from exai_audit.cli.command import again
from exai_audit.cli.deliver import (
    Drawing,
    add_step_summary,
    deliver,
    draws_unicode,
    ledger_first,
    requested,
    wants_color,
    with_statistics,
)
from exai_audit.cli.gate import minimum_score, verdicts
from exai_audit.cli.inputs import look_around
from exai_audit.cli.output import say
from exai_audit.cli.replay import Recording
from exai_audit.cli.running import Run, run_audit
from exai_audit.cli.stdin import given_text
from exai_audit.config import load, with_options
from exai_audit.result import AuditResult


def scan_command(
    context: typer.Context,
    paths: options.Paths = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    extend_select: options.ExtendSelect = None,
    min_confidence: options.MinConfidence = None,
    show_only: options.ShowOnly = None,
    exclude: options.Exclude = None,
    extend_exclude: options.ExtendExclude = None,
    force_exclude: options.ForceExclude = False,
    no_respect_gitignore: options.NoRespectGitignore = False,
    scope: options.Scopes = None,
    config: options.Config = None,
    isolated: options.Isolated = False,
    output_format: options.Formats = None,
    output: options.Output = None,
    color: options.Color = "auto",
    ascii_only: options.Ascii = False,
    top: options.Top = 10,
    max_size: options.MaxSize = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    statistics: options.Statistics = False,
    show_files: options.ShowFiles = False,
    show_suppressed: options.ShowSuppressed = False,
    facts: options.Facts = False,
    explain_score: options.ExplainScore = False,
    fail_under: options.FailUnder = None,
    fail_on: options.FailOn = None,
    baseline: options.Baseline = None,
    no_baseline: options.NoBaseline = False,
    since: options.Since = None,
    fail_on_new: options.FailOnNew = False,
    max_drop: options.MaxDrop = None,
    exit_zero: options.ExitZero = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    stdin_filename: options.StdinFilename = None,
) -> None:
    """Audit a code base and report what to fix first."""
    given = given_text(paths or [], stdin_filename)
    targets = [given[0]] if given else paths or [Path()]
    if given:
        show_only = [str(given[0])]
    reports = requested(output_format or [], output)
    ledger, reports = ledger_first(reports) if explain_score else ((), reports)
    if statistics:
        reports = with_statistics(reports)
    use_color = wants_color(color)
    start = targets[0].absolute()
    circumstances = context.obj if given is None and since is None else None
    recording = Recording(circumstances) if circumstances else None
    if recording:
        look_around(recording.looks, [str(p) for p in (*targets, config, baseline) if p])
    settings, settings_file = load(start, config, isolated)
    settings = with_options(
        settings,
        select=select,
        ignore=ignore,
        extend_select=extend_select,
        exclude=exclude,
        extend_exclude=extend_exclude,
        scope=scope or None,
        min_confidence=min_confidence,
        fail_under=fail_under,
        fail_on=fail_on,
        fail_on_new=fail_on_new or None,
        max_drop=max_drop,
        force_exclude=force_exclude or None,
        respect_gitignore=False if no_respect_gitignore else None,
    )
    least = None if settings.fail_under is None else minimum_score(str(settings.fail_under))
    run = run_audit(
        targets,
        settings,
        settings_file,
        jobs=jobs,
        no_cache=no_cache,
        cache_dir=cache_dir,
        show_files=show_files,
        with_past=since is not None,
        verbose=verbose,
        given=given,
        looks=recording.looks if recording else None,
    )
    result = run.result(again(context, targets), with_facts=facts)
    partial = show_only is not None
    file = None if no_baseline else chosen_baseline(run, baseline)
    result = _compared(result, run, file, since, partial=partial)
    shown = result if show_only is None else _only(result, _relative(show_only, run.root))
    drawing = Drawing(
        top or None, use_color, ascii_only or not draws_unicode(), max_size, show_suppressed
    )
    deliver(result, ledger, drawing, quiet=quiet)
    deliver(shown, reports, drawing, quiet=quiet)
    judged = verdicts(shown, settings, least, partial=partial)
    for verdict in judged:
        say(verdict.line)
    add_step_summary(shown, reports, [verdict.line for verdict in judged])
    failed = any(not verdict.passed for verdict in judged)
    status = 1 if failed and not exit_zero else 0
    if recording and run.cache:
        recording.keep(str(run.cache.folder), status, result.target.revision)
    raise typer.Exit(status)


def _compared(
    result: AuditResult, run: Run, baseline: Path | None, since: str | None, *, partial: bool
) -> AuditResult:
    """Return the result with what a baseline and an earlier revision say of it."""
    if baseline is not None:
        scores = run.settings.max_drop is not None and not partial
        result = compare_with(baseline, result, run, scores=scores)
    return result if since is None else changed_since(since, result, run)


def _relative(names: list[str], root: Path) -> frozenset[str]:
    return frozenset(
        Path(os.path.relpath(Path(name).absolute(), root)).as_posix() for name in names if name
    )


def _only(result: AuditResult, paths: frozenset[str]) -> AuditResult:
    return replace(result, findings=tuple(f for f in result.findings if f.path in paths))
