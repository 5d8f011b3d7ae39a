"""``scan --watch``: audit again after each change, and print what is new and what is fixed."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from pathlib import Path

from exai_audit.audit.cache import CACHE_FOLDER
from exai_audit.cli.extras import need
from exai_audit.cli.output import inert, say, write_stdout
from exai_audit.cli.progress import progress_bar
from exai_audit.errors import AuditError
from exai_audit.files.presence import is_file
from exai_audit.files.visible import visible
from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import severity_counts
from exai_audit.report.listing import one_line
from exai_audit.results.comparison import compare
from exai_audit.results.result import AuditResult
from exai_audit.session.clock import today
from exai_audit.session.open_project import OpenProject, Request

_PAUSE = 1_000  # milliseconds
_SETTINGS = ("pyproject.toml", "exai-audit.toml")


def watch(request: Request) -> int:
    """Audit until the user interrupts; return the exit status."""
    need("watch", "watchfiles", what="scan --watch")
    gc.enable()
    project = OpenProject(request, today, say)
    with progress_bar() as progress:
        last = project.current(progress)
    write_stdout(f"{_standing(last.result)}  (watching; Ctrl-C ends it)")
    try:
        for _ in _changes(request, last.run.root):
            try:
                now = project.current()
                lines = list(_told(last.result, now.result)) if now is not last else []
            except AuditError as error:
                say(f"exai-audit: error: {error}")
                continue
            last = now
            if lines:
                write_stdout(inert("\n".join(map(visible, lines))))
    except KeyboardInterrupt:  # in the middle of an audit; between two, it ends the wait
        pass
    finally:
        project.close()
    return 0


def _changes(request: Request, root: Path) -> Iterator[None]:
    """Yield when something changed, and once at the beginning: it may have changed until then."""
    import watchfiles

    logging.getLogger("watchfiles").setLevel(logging.ERROR)
    ignored = (*watchfiles.DefaultFilter.ignore_dirs, CACHE_FOLDER)
    beside = [root / name for name in _SETTINGS if is_file(root / name)]
    changes = watchfiles.watch(
        *request.paths,
        *beside,
        watch_filter=watchfiles.DefaultFilter(ignore_dirs=ignored),
        rust_timeout=_PAUSE,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    is_first = True
    for found in changes:
        if found or is_first:
            yield
        is_first = False


def _told(before: AuditResult, after: AuditResult) -> Iterator[str]:
    """Yield what is new and what is fixed, and the score where anything is another."""
    compared = compare(before, after)
    new, fixed = _unknown(compared.new), _unknown(compared.fixed)
    yield from (f"+ {one_line(finding)}" for finding in new)
    yield from (f"- {one_line(finding)}" for finding in fixed)
    if new or fixed or compared.gained:
        moved = f" ({compared.gained:+.1f})" if compared.gained else ""
        yield f"= {_standing(after)}{moved}: {len(new)} new, {len(fixed)} fixed"


def _unknown(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.new is not False]


def _standing(result: AuditResult) -> str:
    total = result.score
    score = "no score" if total.shown is None else f"score {total.shown:.1f} ({total.grade})"
    return f"{score}, {severity_counts(_unknown(result.findings))}"
