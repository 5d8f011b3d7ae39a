"""What a baseline says of a scan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from exai_audit.audit.contents import Sources
from exai_audit.config import lexically_absolute, shown_path
from exai_audit.errors import UsageError
from exai_audit.files.presence import is_there
from exai_audit.finding import Finding
from exai_audit.git.command import GitError
from exai_audit.git.commits import renamed_since_written
from exai_audit.results.baseline import Baseline, Reach, applied, read_baseline
from exai_audit.results.fingerprint import Fingerprints
from exai_audit.results.result import AuditResult
from exai_audit.score.formula import FORMULA_VERSION
from exai_audit.session.run import Run


def chosen_baseline(run: Run, given: Path | None) -> Path | None:
    """Return the baseline that an option or else the settings name."""
    if given is not None or run.settings.baseline is None:
        return given
    folder = run.settings_file.parent if run.settings_file else run.root
    file = lexically_absolute(folder / run.settings.baseline)
    if not file.is_relative_to(_repository_of(folder)):
        raise UsageError(
            f"the setting baseline leads out of the project, to {file}: name it on the command line"
        )
    return Path(shown_path(file))


def _repository_of(folder: Path) -> Path:
    """Return the top of the git repository around a folder, else the folder."""
    above = (folder, *folder.parents)
    return next((one for one in above if is_there(one / ".git")), folder)


def compare_with(
    file: Path, result: AuditResult, run: Run, *, scores: bool, tell: Callable[[str], None]
) -> AuditResult:
    """Say of each finding of a whole result whether the baseline ``file`` lacks it.

    Args:
        scores: whether the scores are going to be compared, too.
        tell: is given what the user should know besides.

    Raises:
        UsageError: the file is no baseline that this version can use, or its score is of another
            formula, code or configuration.
    """
    baseline = read_baseline(file)
    if scores:
        _refuse_other_population(result, baseline, run.shown(file))
    return compared(result, run, file, baseline, tell)


def compared(
    result: AuditResult, run: Run, file: Path, baseline: Baseline, tell: Callable[[str], None]
) -> AuditResult:
    """Say of each finding of a whole result whether ``baseline``, read from ``file``, lacks it."""
    reach = Reach(
        frozenset(found.path for found in run.audited.discovery.files),
        run.audited.project.judged,
        result.target.paths,
        run.settings.rules.selects_somewhere,
    )
    renamed = _renamed(baseline, run, file, reach, tell)
    return applied(result, baseline, run.shown(file), reach, renamed)


def _refuse_other_population(result: AuditResult, baseline: Baseline, file: str) -> None:
    remedy = "write it again with `exai-audit baseline`"
    if baseline.formula_version != FORMULA_VERSION:
        raise UsageError(
            f"--max-drop: the score in {file} is of formula {baseline.formula_version}, this"
            f" version has formula {FORMULA_VERSION}, so the scores cannot be compared: {remedy}."
            " What it accepts stays accepted without --max-drop"
        )
    if baseline.configuration != result.target.configuration:
        raise UsageError(
            f"--max-drop: {file} was written with another configuration"
            f" ({baseline.configuration}, now {result.target.configuration}), so the scores cannot"
            f" be compared: {remedy}, or go back to those settings and options"
        )
    if sorted(baseline.paths) != sorted(result.target.paths):
        then, now = " ".join(baseline.paths), " ".join(result.target.paths)
        raise UsageError(
            f"--max-drop: {file} has the score of {then}, this scan is of {now}: "
            f"scan the same paths, or {remedy} for these"
        )


def _renamed(
    baseline: Baseline, run: Run, file: Path, reach: Reach, tell: Callable[[str], None]
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
        tell(
            f"{run.shown(file)}: the clone is shallow, so files renamed since the baseline was "
            "written look new; fetch the history (git fetch --unshallow)"
        )
    prints = Fingerprints(Sources(run.audited.discovery.files).get)

    def former(finding: Finding) -> str | None:
        old = renamed.get(finding.path)
        return prints.of(finding, old) if old else None

    return former
