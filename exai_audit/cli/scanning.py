"""One scan: what was asked for, and what is done about it. Loads no parser of command lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from exai_audit.cli.deliver import (
    RenderOptions,
    Report,
    add_step_summary,
    deliver,
    ledger_first,
    refuse_scanned_files,
    requested,
    supports_unicode,
    wants_color,
    with_statistics,
)
from exai_audit.cli.output import say
from exai_audit.cli.permalinks import branch_in_ci, permalink_base
from exai_audit.cli.running import existing, jobs_of, run_audit
from exai_audit.cli.scan_options import ScanOptions
from exai_audit.cli.stdin import given_name, given_text
from exai_audit.config import Settings, load_for
from exai_audit.errors import UsageError
from exai_audit.files.visible import visible
from exai_audit.results.selection import Selection, selected, selection
from exai_audit.session.gate import (
    gone_verdict,
    minimum_score,
    refuse_comparing_nothing,
    verdict_line,
    verdicts,
)
from exai_audit.session.run import Run

if TYPE_CHECKING:
    from exai_audit.results.result import AuditResult

_WITH_LINKS = frozenset({"html", "json", "pr"})
_SHOW_PLANS = frozenset({"html", "json", "markdown"})


def scan(asked: ScanOptions) -> int:
    """Audit, report and judge; return the exit status."""
    if asked.watch:
        return _watch(asked)
    wanted = selection(fingerprints=asked.only or ())
    ledger, reports = _reports(asked)
    drawing = _drawing(asked)
    run, least = _run(asked)
    drawing = replace(drawing, root=run.root)
    whole = _whole(asked, run, (*ledger, *reports))
    refuse_scanned_files([*ledger, *reports], run.audited.discovery.files)
    if asked.only:
        return _look_for(wanted, asked, whole, reports, drawing)
    show_only = _show_only(asked)
    partial_ = show_only is not None
    result = _compared(asked, whole, run, show_only)
    shown = result if show_only is None else _only(result, _relative(show_only, run.root))
    judged = verdicts(shown, run.settings, least, partial=partial_)
    shown = replace(shown, gate=tuple(judged))
    lines = [verdict.line for verdict in judged]
    deliver(result, ledger, drawing, quiet=asked.quiet)
    deliver(shown, reports, drawing, quiet=asked.quiet)
    for line in [verdict_line(shown, judged, partial=partial_)] if asked.quiet else lines:
        say(visible(line))
    add_step_summary(shown, reports, lines)
    return 0 if asked.exit_zero or all(verdict.passed for verdict in judged) else 1


def _show_only(asked: ScanOptions) -> list[str] | None:
    """Return the files to show: those asked for, or the one that standard input stands in for."""
    name = given_name(asked.paths or [], asked.stdin_filename)
    return [str(name)] if name else asked.show_only


def _run(asked: ScanOptions) -> tuple[Run, float | None]:
    """Audit what was asked for, once that can be judged; return also the least score that passes.

    Raises:
        UsageError: a gate compares, and there is nothing to compare with.
    """
    name = given_name(asked.paths or [], asked.stdin_filename)
    targets = [name] if name else asked.paths or [Path()]
    settings, settings_file = load_for(targets, asked.config, asked.isolated)
    settings = asked.laid_over(settings)
    least = None if settings.fail_under is None else minimum_score(str(settings.fail_under))
    refuse_comparing_nothing(settings, compares=_compares(asked, settings))
    run = run_audit(
        targets,
        settings,
        settings_file,
        jobs=asked.jobs,
        no_cache=asked.no_cache,
        cache_dir=asked.cache_dir,
        show_files=asked.show_files,
        with_revision=asked.since is not None,
        verbose=asked.verbose,
        given=(name, given_text(settings.max_file_size)) if name else None,
        laid_over=None if asked.config or asked.isolated else asked.laid_over,
    )
    return run, least


def _compares(asked: ScanOptions, settings: Settings) -> bool:
    baseline = not asked.no_baseline and bool(asked.baseline or settings.baseline)
    return asked.since is not None or baseline


def _whole(asked: ScanOptions, run: Run, reports: Sequence[Report]) -> AuditResult:
    """Return the result of the audit with all that the reports show of it."""
    most = _most_plans(reports)
    whole = run.result(asked.words(run.targets), with_facts=asked.facts, most_plans=most)
    if asked.fixes:
        from exai_audit.audit.repair import with_fixes  # it takes trees, which a scan may not need

        whole = with_fixes(whole, run.audited, run.root, run.settings)
    target = replace(whole.target, branch=whole.target.branch or branch_in_ci())
    if any(name in _WITH_LINKS for name, _ in reports):
        target = replace(target, permalink=permalink_base(target))
    whole = replace(whole, target=target)
    if asked.by is None or asked.only:
        return whole
    from exai_audit.score.breakdown import broken_down

    return broken_down(whole, asked.by)


_NOT_WATCHED = (
    "show_only", "only", "output_format", "output", "statistics", "show_files", "facts",
    "explain_score", "baseline", "no_baseline", "since", "exit_zero", "stdin_filename", "fixes",
    "by", "fail_under", "fail_on", "fail_on_new", "max_drop",
)  # fmt: skip


def _watch(asked: ScanOptions) -> int:
    """Audit again and again.

    Raises:
        UsageError: an option asks for what only one run can give.
    """
    for name in _NOT_WATCHED:
        if getattr(asked, name):
            raise UsageError(f"--watch: does not go with --{name.replace('_', '-')}")
    from exai_audit.cli.watching import watch  # few ask for it
    from exai_audit.session.open_project import Request

    request = Request(
        existing(asked.paths),
        asked.config,
        asked.isolated,
        jobs_of(asked.jobs),
        asked.no_cache,
        asked.cache_dir,
        asked.laid_over,
    )
    return watch(request)


def _look_for(
    wanted: Selection,
    asked: ScanOptions,
    whole: AuditResult,
    reports: Sequence[Report],
    drawing: RenderOptions,
) -> int:
    """Show the findings of some fingerprints, say of each whether it is still there."""
    deliver(selected(whole, wanted), reports, drawing, quiet=asked.quiet)
    judged = [gone_verdict(whole, one) for one in wanted.fingerprints]
    for verdict in judged:
        say(visible(verdict.line))
    return 0 if asked.exit_zero or all(verdict.passed for verdict in judged) else 1


def _reports(asked: ScanOptions) -> tuple[Sequence[Report], Sequence[Report]]:
    """Return the score's ledger, if it is asked for, and the other reports."""
    formats = asked.output_format or (["concise"] if asked.only else [])
    reports = requested(formats, asked.output)
    ledger, others = ledger_first(reports) if asked.explain_score else ([], reports)
    return ledger, with_statistics(others) if asked.statistics else others


def _most_plans(reports: Sequence[Report]) -> int | None:
    """Return how many plans are made, all when None: each costs time.

    JSON has those of all modules that a recommendation says to split, what people read those of
    the modules that have a recommendation of their own.
    """
    names = {name for name, _ in reports}
    if "json" in names:
        return None
    if not names & _SHOW_PLANS and "GITHUB_STEP_SUMMARY" not in os.environ:
        return 0
    from exai_audit.planning.recommend import FILES_OF_THEIR_OWN

    return FILES_OF_THEIR_OWN


def _drawing(asked: ScanOptions) -> RenderOptions:
    use_color = wants_color(asked.color)
    plain = asked.ascii_only or not supports_unicode()
    return RenderOptions(asked.top, use_color, plain, asked.max_size, asked.show_suppressed)


def _compared(
    asked: ScanOptions, result: AuditResult, run: Run, show_only: Sequence[str] | None
) -> AuditResult:
    """Return the result with what a baseline and an earlier revision say of it."""
    if not asked.no_baseline and (asked.baseline or run.settings.baseline):
        from exai_audit.session.comparing import chosen_baseline, compare_with

        baseline = chosen_baseline(run, asked.baseline)
        if baseline is not None:
            scores = run.settings.max_drop is not None and show_only is None
            result = compare_with(baseline, result, run, scores=scores, tell=say)
    if asked.since is None:
        return result
    from exai_audit.session.changed import changed_since

    return changed_since(asked.since, result, run)


def _relative(names: list[str], root: Path) -> frozenset[str]:
    return frozenset(
        Path(os.path.relpath(Path(name).absolute(), root)).as_posix() for name in names if name
    )


def _only(result: AuditResult, paths: frozenset[str]) -> AuditResult:
    return replace(result, findings=tuple(f for f in result.findings if f.path in paths))
