"""``exai-audit scan``: audit and report."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import typer

from exai_audit.assemble import assemble
from exai_audit.cache import FOLDER, FactsCache, makers_fingerprint
from exai_audit.cli import options
from exai_audit.cli.clock import today
from exai_audit.cli.deliver import Drawing, deliver, draws_unicode, requested, wants_color
from exai_audit.cli.gate import Verdict, minimum_score, score_verdict, severity_verdict
from exai_audit.cli.output import say
from exai_audit.cli.progress import progress_bar
from exai_audit.config import Settings, find_root, load, with_options
from exai_audit.discover import Discovery
from exai_audit.engine import audit
from exai_audit.errors import UsageError
from exai_audit.finding import Finding
from exai_audit.result import AuditResult


def scan_command(
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
    show_files: options.ShowFiles = False,
    facts: options.Facts = False,
    fail_under: options.FailUnder = None,
    fail_on: options.FailOn = None,
    exit_zero: options.ExitZero = False,
    jobs: options.Jobs = "auto",
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
) -> None:
    """Audit a code base and report what to fix first."""
    targets = paths or [Path()]
    reports = requested(output_format or [], output)
    use_color = wants_color(color)
    start = targets[0].absolute()
    settings, settings_file = load(start, config, isolated)
    settings = with_options(
        settings,
        select=select,
        ignore=ignore,
        extend_select=extend_select,
        exclude=exclude,
        extend_exclude=extend_exclude,
        scope=[s.value for s in scope] if scope else None,
        min_confidence=min_confidence.value if min_confidence else None,
        fail_under=fail_under,
        fail_on=fail_on.value if fail_on else None,
        force_exclude=force_exclude or None,
        respect_gitignore=False if no_respect_gitignore else None,
    )
    least = None if settings.fail_under is None else minimum_score(str(settings.fail_under))
    root = find_root(targets, settings_file)
    shown_paths = None if show_only is None else _relative(show_only, root)
    own = [(settings_file or root).parent / name for name in settings.knowledge]
    cache = None
    if not no_cache:
        cache = FactsCache(
            cache_dir or root / FOLDER, makers_fingerprint(own, settings.bridge_functions), root
        )
    with progress_bar() as progress:
        audited = audit(targets, root, settings, _jobs(jobs), progress, cache, own, today())
    if show_files:
        _print_files(audited.discovery)
    _refuse_nothing(targets, audited.discovery)
    result = assemble(audited, settings, sys.argv[1:], targets, root, with_facts=facts)
    shown = result if shown_paths is None else _only(result, shown_paths)
    drawing = Drawing(top or None, use_color, ascii_only or not draws_unicode(), max_size)
    deliver(shown, reports, drawing, quiet=quiet)
    verdicts = _verdicts(result, shown.findings, settings, least, shown_paths is not None)
    for verdict in verdicts:
        say(verdict.line)
    failed = any(not verdict.passed for verdict in verdicts)
    raise typer.Exit(1 if failed and not exit_zero else 0)


def _verdicts(
    result: AuditResult,
    findings: tuple[Finding, ...],
    settings: Settings,
    least: float | None,
    partial: bool,
) -> list[Verdict]:
    verdicts = []
    if least is not None and not partial:
        verdicts.append(score_verdict(result.score.value, least))
    if settings.fail_on is not None:
        verdicts.append(severity_verdict(findings, settings.fail_on, settings.min_confidence))
    return verdicts


def _jobs(text: str) -> int:
    if text == "auto":
        return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if not text.isdigit() or int(text) < 1:
        raise UsageError(f"--jobs {text!r}: give a number from 1, or auto")
    return int(text)


def _refuse_nothing(targets: list[Path], discovery: Discovery) -> None:
    if not discovery.files:
        named = ", ".join(str(path) for path in targets)
        raise UsageError(f"{named}: no Python file found (--show-files says what was left out)")


def _relative(names: list[str], root: Path) -> frozenset[str]:
    return frozenset(
        Path(os.path.relpath(Path(name).absolute(), root)).as_posix() for name in names if name
    )


def _only(result: AuditResult, paths: frozenset[str]) -> AuditResult:
    return replace(result, findings=tuple(f for f in result.findings if f.path in paths))


def _print_files(discovery: Discovery) -> None:
    for file in discovery.files:
        say(f"{file.path}: {file.scope.value}")
    for left_out in discovery.skipped:
        say(f"{left_out.path}: left out: {left_out.reason}")
