"""The result of a run as its settings ask for it: compared with the baseline, and gated."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from exai_audit.config import Settings
from exai_audit.results.result import AuditResult
from exai_audit.session.comparing import chosen_baseline, compare_with
from exai_audit.session.gate import minimum_score, verdicts
from exai_audit.session.run import Run


def with_verdicts(run: Run, tell: Callable[[str], None]) -> AuditResult:
    """Return the result with what the settings' baseline and gates say of it.

    Args:
        tell: is given what the user should know besides.

    Raises:
        UsageError: the baseline cannot be used.
    """
    result = run.result()
    baseline = chosen_baseline(run, None)
    if baseline is not None:
        scores = run.settings.max_drop is not None
        result = compare_with(baseline, result, run, scores=scores, tell=tell)
    return gated(result, run.settings)


def gated(result: AuditResult, settings: Settings) -> AuditResult:
    """Return the result with the verdicts of all gates that it can be asked."""
    least = None if settings.fail_under is None else minimum_score(str(settings.fail_under))
    if result.baseline is None and result.since is None:
        settings = replace(settings, fail_on_new=False, max_drop=None)
    return replace(result, gate=tuple(verdicts(result, settings, least, partial=False)))
