"""``exai-audit scan``: audit and report."""

from __future__ import annotations

import typer

from exai_audit.cli import options
from exai_audit.cli.command import again
from exai_audit.cli.scan_options import ScanOptions
from exai_audit.cli.scanning import scan


def scan_command(
    context: typer.Context,
    paths: options.Paths = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    extend_select: options.ExtendSelect = None,
    min_confidence: options.MinConfidence = None,
    show_only: options.ShowOnly = None,
    only: options.Only = None,
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
    top: options.Top = None,
    max_size: options.MaxSize = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    statistics: options.Statistics = False,
    show_files: options.ShowFiles = False,
    show_suppressed: options.ShowSuppressed = False,
    facts: options.Facts = False,
    fixes: options.Fixes = False,
    explain_score: options.ExplainScore = False,
    by: options.ByPart = None,
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
    watch: options.Watch = False,
) -> None:
    """Audit a code base and report what to fix first."""
    given = dict(locals())
    del given["context"]
    raise typer.Exit(scan(ScanOptions(again(context), **given)))
