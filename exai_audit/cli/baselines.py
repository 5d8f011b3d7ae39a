"""``exai-audit baseline``, and what a baseline says of a scan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from exai_audit.baseline import (
    DEFAULT_FILE,
    Baseline,
    Reach,
    applied,
    as_text,
    baseline_of,
    read_baseline,
    without,
)
from exai_audit.cli import options
from exai_audit.cli.output import say, write_file, write_stdout
from exai_audit.cli.running import Run, run_audit
from exai_audit.config import load, shown_path
from exai_audit.errors import UsageError
from exai_audit.finding import Finding
from exai_audit.fingerprint import Fingerprints
from exai_audit.git import GitError
from exai_audit.history import renamed_since_written
from exai_audit.result import AuditResult, BaselineEntry
from exai_audit.score.formula import FORMULA_VERSION
from exai_audit.source import read_bytes
from exai_audit.sources import Sources


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
    settings, settings_file = load(targets[0].absolute(), config, isolated)
    run = run_audit(
        targets, settings, settings_file, jobs=jobs, no_cache=no_cache, cache_dir=cache_dir
    )
    result = run.result()
    file = output or chosen_baseline(run, None) or run.root / DEFAULT_FILE
    old = read_baseline(file, FORMULA_VERSION) if prune else _former(file, result)
    compared = result if old is None else _compared(result, run, file, old)
    new = sum(finding.new is True for finding in compared.findings)
    gone = compared.baseline.gone if compared.baseline else ()
    if prune and old is not None:
        if gone:
            write_file(file, as_text(without(old, gone)))
        write_stdout(f"{run.shown(file)}: {_counted(_total(gone), 'finding')} removed")
        return
    write_file(file, as_text(baseline_of(result)))
    changes = "" if old is None else f" ({new} new, {_total(gone)} gone)"
    write_stdout(f"{run.shown(file)}: {_counted(len(result.findings), 'finding')}{changes}")
    if settings.baseline is None:
        say(f"Use it: scan --baseline {run.shown(file)}, or the setting baseline.")


def chosen_baseline(run: Run, given: Path | None) -> Path | None:
    """Return the baseline that an option or else the settings name."""
    if given is not None or run.settings.baseline is None:
        return given
    file = (run.settings_file or run.root).parent / run.settings.baseline
    return Path(shown_path(file))


def compare_with(file: Path, result: AuditResult, run: Run, *, scores: bool) -> AuditResult:
    """Say of each finding of a whole result whether the baseline ``file`` lacks it.

    Args:
        scores: whether the scores are going to be compared, too.

    Raises:
        UsageError: the file is no baseline that this version can use, or its score is of another
            code or configuration.
    """
    baseline = read_baseline(file, FORMULA_VERSION)
    if scores:
        _refuse_other_population(result, baseline, run.shown(file))
    return _compared(result, run, file, baseline)


def _compared(result: AuditResult, run: Run, file: Path, baseline: Baseline) -> AuditResult:
    reach = Reach(
        frozenset(found.path for found in run.audited.discovery.files),
        run.audited.project.judged,
        result.target.paths,
        run.settings.selects_somewhere,
    )
    return applied(result, baseline, run.shown(file), reach, _renamed(baseline, run, file, reach))


def _refuse_other_population(result: AuditResult, baseline: Baseline, file: str) -> None:
    remedy = "write it again with `exai-audit baseline`"
    if baseline.configuration != result.target.configuration:
        raise UsageError(
            f"--max-drop: {file} was written with another configuration"
            f" ({baseline.configuration}, now {result.target.configuration}), so the scores cannot"
            f" be compared: {remedy}, or go back to those settings and options"
        )
    if baseline.paths != result.target.paths:
        then, now = " ".join(baseline.paths), " ".join(result.target.paths)
        raise UsageError(
            f"--max-drop: {file} has the score of {then}, this scan is of {now}: "
            f"scan the same paths, or {remedy} for these"
        )


def _former(file: Path, result: AuditResult) -> Baseline | None:
    """Return the baseline that is about to be written again."""
    if not file.exists():
        return None
    if not file.is_file():
        raise UsageError(f"{file}: is not a regular file, so no baseline is written to it")
    try:
        old = read_baseline(file, FORMULA_VERSION)
    except UsageError as error:
        if b'"exai_audit_baseline"' in read_bytes(file):
            return None
        raise UsageError(f"{file}: is no baseline, so it is not written over") from error
    if old.paths != result.target.paths:
        then, now = " ".join(old.paths), " ".join(result.target.paths)
        raise UsageError(
            f"{file}: is the baseline of {then}, not of {now}: "
            "name the same paths, another file (--output), or remove it"
        )
    return old


def _renamed(
    baseline: Baseline, run: Run, file: Path, reach: Reach
) -> Callable[[Finding], str | None]:
    """Return the fingerprint that a finding had before git saw its file renamed."""
    gone = frozenset(entry.path for entry in baseline.entries if reach.vanished(entry))
    if not gone:
        return lambda finding: None
    present = {found.path: found.absolute for found in run.audited.discovery.files}
    try:
        renamed, untold = renamed_since_written(run.root, file, gone, present)
    except GitError:  # without git no file is renamed, only removed and added
        return lambda finding: None
    if untold:
        say(
            f"{run.shown(file)}: the clone is shallow, so files renamed since the baseline was "
            "written look new; fetch the history (git fetch --unshallow)"
        )
    prints = Fingerprints(Sources(run.audited.discovery.files).get)

    def former(finding: Finding) -> str | None:
        old = renamed.get(finding.path)
        return prints.of(finding, old) if old else None

    return former


def _total(entries: tuple[BaselineEntry, ...]) -> int:
    return sum(entry.count for entry in entries)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
