"""One scan: what was asked for, and what is done about it. Loads no parser of command lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
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
from exai_audit.cli.stdin import given_name, given_text
from exai_audit.config import Settings, load_for, with_options
from exai_audit.errors import UsageError
from exai_audit.files.visible import visible
from exai_audit.finding import Confidence, Scope, Severity
from exai_audit.results.selection import Selection, selected, selection
from exai_audit.session.gate import (
    gone_verdict,
    minimum_score,
    refuse_comparing_nothing,
    verdict_line,
    verdicts,
)
from exai_audit.session.run import Run, Words

if TYPE_CHECKING:
    from exai_audit.results.result import AuditResult
    from exai_audit.results.tables import By

_WITH_LINKS = frozenset({"html", "json", "pr"})
_SHOW_PLANS = frozenset({"html", "json", "markdown"})


class ScanOptions(Struct, frozen=True):
    """The arguments of ``exai-audit scan``, as `exai_audit.cli.options` describes them.

    ``again`` are the words that repeat the scan but for its paths; ``True`` marks one as a path.
    """

    again: Sequence[tuple[str, bool]] = ()
    paths: list[Path] | None = None
    select: list[str] | None = None
    ignore: list[str] | None = None
    extend_select: list[str] | None = None
    min_confidence: Confidence | None = None
    show_only: list[str] | None = None
    only: list[str] | None = None
    exclude: list[str] | None = None
    extend_exclude: list[str] | None = None
    force_exclude: bool = False
    no_respect_gitignore: bool = False
    scope: list[Scope] | None = None
    config: Path | None = None
    isolated: bool = False
    output_format: list[str] | None = None
    output: Path | None = None
    color: str = "auto"
    ascii_only: bool = False
    top: int | None = None
    max_size: int | None = None
    quiet: bool = False
    verbose: bool = False
    statistics: bool = False
    show_files: bool = False
    show_suppressed: bool = False
    facts: bool = False
    fixes: bool = False
    explain_score: bool = False
    by: By | None = None
    fail_under: str | None = None
    fail_on: Severity | None = None
    baseline: Path | None = None
    no_baseline: bool = False
    since: str | None = None
    fail_on_new: bool = False
    max_drop: float | None = None
    exit_zero: bool = False
    jobs: str = "auto"
    no_cache: bool = False
    cache_dir: Path | None = None
    stdin_filename: Path | None = None
    watch: bool = False

    def words(self, targets: Sequence[Path]) -> Words:
        """Return the words that repeat the scan, paths as paths."""
        return ("scan", *(Path(w) if is_path else w for w, is_path in self.again), *sorted(targets))


def scan(asked: ScanOptions) -> int:
    """Audit, report and judge; return the exit status."""
    if asked.watch:
        return _watch(asked)
    name = given_name(asked.paths or [], asked.stdin_filename)
    targets = [name] if name else asked.paths or [Path()]
    show_only = [str(name)] if name else asked.show_only
    wanted = selection(fingerprints=asked.only or ())
    ledger, reports = _reports(asked)
    drawing = _drawing(asked)
    laid_over = partial(_laid_over, asked)
    settings, settings_file = load_for(targets, asked.config, asked.isolated)
    settings = laid_over(settings)
    least = None if settings.fail_under is None else minimum_score(str(settings.fail_under))
    compares = asked.since is not None or (
        not asked.no_baseline and bool(asked.baseline or settings.baseline)
    )
    refuse_comparing_nothing(settings, compares=compares)
    given = (name, given_text(settings.max_file_size)) if name else None
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
        given=given,
        laid_over=None if asked.config or asked.isolated else laid_over,
    )
    drawing = replace(drawing, root=run.root)
    words, most = asked.words(targets), _most_plans((*ledger, *reports))
    whole = run.result(words, with_facts=asked.facts, most_plans=most)
    if asked.fixes:
        from exai_audit.audit.repair import with_fixes  # it takes trees, which a scan may not need

        whole = with_fixes(whole, run.audited, run.root, run.settings)
    target = replace(whole.target, branch=whole.target.branch or branch_in_ci())
    if any(name in _WITH_LINKS for name, _ in reports):
        target = replace(target, permalink=permalink_base(target))
    whole = replace(whole, target=target)
    refuse_scanned_files([*ledger, *reports], run.audited.discovery.files)
    if asked.only:
        return _look_for(wanted, asked, whole, reports, drawing)
    if asked.by is not None:
        from exai_audit.score.breakdown import broken_down

        whole = broken_down(whole, asked.by)
    result = _compared(asked, whole, run, show_only)
    shown = result if show_only is None else _only(result, _relative(show_only, run.root))
    judged = verdicts(shown, settings, least, partial=show_only is not None)
    shown = replace(shown, gate=tuple(judged))
    lines = [verdict.line for verdict in judged]
    deliver(result, ledger, drawing, quiet=asked.quiet)
    deliver(shown, reports, drawing, quiet=asked.quiet)
    if asked.quiet:
        say(visible(verdict_line(shown, judged, partial=show_only is not None)))
    for line in () if asked.quiet else lines:
        say(visible(line))
    add_step_summary(shown, reports, lines)
    return 0 if asked.exit_zero or all(verdict.passed for verdict in judged) else 1


_NOT_WATCHED = (
    "show_only", "only", "output_format", "output", "statistics", "show_files", "facts",
    "explain_score", "baseline", "no_baseline", "since", "exit_zero", "stdin_filename",
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
        partial(_laid_over, asked),
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


def _most_plans(reports: Sequence[Report]) -> int:
    """Return how many plans the reports show: each costs time to make.

    Those of all modules that a recommendation of their own says to split.
    """
    names = {name for name, _ in reports}
    if not names & _SHOW_PLANS and "GITHUB_STEP_SUMMARY" not in os.environ:
        return 0
    from exai_audit.planning.recommend import FILES_OF_THEIR_OWN

    return FILES_OF_THEIR_OWN


def _drawing(asked: ScanOptions) -> RenderOptions:
    use_color = wants_color(asked.color)
    plain = asked.ascii_only or not supports_unicode()
    return RenderOptions(asked.top, use_color, plain, asked.max_size, asked.show_suppressed)


def _laid_over(asked: ScanOptions, settings: Settings) -> Settings:
    """Return settings with what the command line says of them."""
    return with_options(
        settings,
        select=asked.select,
        ignore=asked.ignore,
        extend_select=asked.extend_select,
        exclude=asked.exclude,
        extend_exclude=asked.extend_exclude,
        scope=asked.scope or None,
        min_confidence=asked.min_confidence,
        fail_under=asked.fail_under,
        fail_on=asked.fail_on,
        fail_on_new=asked.fail_on_new or None,
        max_drop=asked.max_drop,
        force_exclude=asked.force_exclude or None,
        respect_gitignore=False if asked.no_respect_gitignore else None,
    )


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
