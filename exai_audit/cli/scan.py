"""``exai-audit scan``: audit and report."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from exai_audit.assemble import assemble
from exai_audit.cache import FOLDER, FactsCache, makers_fingerprint
from exai_audit.cli.clock import today
from exai_audit.cli.deliver import Drawing, deliver, draws_unicode, requested, wants_color
from exai_audit.cli.gate import Verdict, minimum_score, score_verdict, severity_verdict
from exai_audit.cli.output import say
from exai_audit.config import Settings, find_root, load, with_options
from exai_audit.discover import Discovery
from exai_audit.engine import audit
from exai_audit.errors import UsageError
from exai_audit.finding import Confidence, Finding, Scope, Severity
from exai_audit.report import FORMATS
from exai_audit.result import AuditResult

_CHOICE, _OUTPUT, _GATE, _RUN = "Choice", "Output", "Gate", "Running"
Codes = list[str]


def scan_command(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders.")] = None,
    select: Annotated[
        Codes | None, typer.Option(help="Rules to run: codes or prefixes.", rich_help_panel=_CHOICE)
    ] = None,
    ignore: Annotated[
        Codes | None, typer.Option(help="Rules to leave out.", rich_help_panel=_CHOICE)
    ] = None,
    extend_select: Annotated[
        Codes | None, typer.Option(help="Rules to add.", rich_help_panel=_CHOICE)
    ] = None,
    min_confidence: Annotated[
        Confidence | None,
        typer.Option(help="What gates and weighs.", rich_help_panel=_CHOICE),
    ] = None,
    show_only: Annotated[
        list[str] | None,
        typer.Option(help="FILE… Judge all, show and gate these.", rich_help_panel=_CHOICE),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Replace the excludes.", rich_help_panel=_CHOICE)
    ] = None,
    extend_exclude: Annotated[
        list[str] | None, typer.Option(help="Add to the excludes.", rich_help_panel=_CHOICE)
    ] = None,
    force_exclude: Annotated[
        bool, typer.Option(help="Exclude named paths too.", rich_help_panel=_CHOICE)
    ] = False,
    no_respect_gitignore: Annotated[
        bool,
        typer.Option("--no-respect-gitignore", help="Read ignored files.", rich_help_panel=_CHOICE),
    ] = False,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What to judge.", rich_help_panel=_CHOICE)
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file.", rich_help_panel=_CHOICE)
    ] = None,
    isolated: Annotated[
        bool, typer.Option(help="Ignore settings files.", rich_help_panel=_CHOICE)
    ] = False,
    output_format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "-f",
            help=f"{', '.join(FORMATS)}; FORMAT=FILE writes a file.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the report here.", rich_help_panel=_OUTPUT),
    ] = None,
    color: Annotated[
        str, typer.Option(help="auto, always or never.", rich_help_panel=_OUTPUT)
    ] = "auto",
    ascii_only: Annotated[
        bool, typer.Option("--ascii", help="No Unicode drawing.", rich_help_panel=_OUTPUT)
    ] = False,
    top: Annotated[
        int, typer.Option(min=0, help="Bottlenecks to show, 0 for all.", rich_help_panel=_OUTPUT)
    ] = 10,
    max_size: Annotated[
        int | None,
        typer.Option(min=2000, help="Bytes of markdown at most.", rich_help_panel=_OUTPUT),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only the verdict.", rich_help_panel=_OUTPUT)
    ] = False,
    show_files: Annotated[
        bool, typer.Option(help="List files, and why some are out.", rich_help_panel=_OUTPUT)
    ] = False,
    facts: Annotated[
        bool, typer.Option(help="Add the facts to the JSON.", rich_help_panel=_OUTPUT)
    ] = False,
    fail_under: Annotated[
        str | None, typer.Option(help="Least score (80) or grade (B).", rich_help_panel=_GATE)
    ] = None,
    fail_on: Annotated[
        Severity | None, typer.Option(help="Fail on this severity.", rich_help_panel=_GATE)
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option(help="Exit 0 though the gate fails.", rich_help_panel=_GATE)
    ] = False,
    jobs: Annotated[str, typer.Option(help="Processes, or auto.", rich_help_panel=_RUN)] = "auto",
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Remember nothing.", rich_help_panel=_RUN)
    ] = False,
    cache_dir: Annotated[
        Path | None, typer.Option(help="Where to remember facts.", rich_help_panel=_RUN)
    ] = None,
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
    with _progress_bar() as progress:
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


@contextmanager
def _progress_bar() -> Iterator[Callable[[int, int], None]]:
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Auditing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
