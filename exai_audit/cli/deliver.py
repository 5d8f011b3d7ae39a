"""Which reports are asked for, how they are drawn, and where they go."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.cli.extras import need
from exai_audit.cli.hyperlinks import supports_hyperlinks
from exai_audit.cli.output import append_to_file, inert, say, write_file, write_stdout
from exai_audit.errors import AuditError, UsageError
from exai_audit.report import FORMATS, LEDGER, render

if TYPE_CHECKING:
    from exai_audit.audit.discover import Discovered
    from exai_audit.results.result import AuditResult

_FOR_PEOPLE = frozenset({"terminal", "concise", "statistics"})
_LISTS = frozenset({"terminal", "concise", "jsonl", "github", "junit", "pr", "statistics"})
_CUT = frozenset({"json", "jsonl", "concise", "sarif", "github", "gitlab", "junit"})
"""The formats that list findings, so that ``--top`` says how many."""
_IN_FULL = 10
_EXTRAS = {"html": ("jinja2",)}
"""Formats that need an extra of their name, with what is imported of it."""
_UNCUT = 10_000
Report = tuple[str, Path | None]
"""A format, and the file that it goes to; None is the standard output."""


class RenderOptions(Struct, frozen=True):
    """How reports are drawn; see `exai_audit.report.render`.

    ``top`` is None when not asked for. ``root`` is the folder that paths count from, if known.
    """

    top: int | None
    color: bool
    ascii_only: bool
    max_size: int | None = None
    suppressed: bool = False
    root: Path | None = None

    @property
    def links(self) -> str | None:
        """The address of the root for hyperlinks, None where the terminal shows none."""
        if not supports_hyperlinks():
            return None
        return "" if self.root is None else self.root.absolute().as_uri()


def deliver(
    result: AuditResult,
    reports: Iterable[Report],
    drawing: RenderOptions,
    *,
    quiet: bool = False,
) -> None:
    """Render and write all reports; when ``quiet``, nothing to the standard output.

    Those that are read finding by finding leave out what a baseline knows.
    """
    in_full = _IN_FULL if drawing.top is None else drawing.top or None
    for name, target in reports:
        text = render(
            _listed(result, name, drawing.top or None),
            name,
            top=in_full,
            color=drawing.color and target is None,
            ascii_only=drawing.ascii_only,
            width=terminal_width(),
            max_size=drawing.max_size,
            suppressed=drawing.suppressed,
            links=drawing.links if target is None else None,
        )
        if target is not None:
            write_file(target, text)
        elif not quiet:
            write_stdout(inert(text) if name in _FOR_PEOPLE else text)


def _listed(result: AuditResult, name: str, most: int | None) -> AuditResult:
    """Return the result with the findings that a format shows, the costliest ``most`` of them."""
    findings = result.findings
    if name in _LISTS:
        findings = tuple(finding for finding in findings if finding.new is not False)
    if name in _CUT and most is not None:
        from exai_audit.results.selection import costliest  # few ask for it

        findings = costliest(findings, most)
    return replace(result, findings=findings)


def requested(
    formats: list[str], output: Path | None, known: tuple[str, ...] = FORMATS
) -> list[Report]:
    """Return the reports that ``--format`` and ``--output`` ask for, by default the first known.

    Raises:
        UsageError: an unknown format, one whose extra is missing, or more than one report for the
            standard output.
    """
    reports: list[Report] = []
    for text in formats or known[:1]:
        name, equals, target = text.partition("=")
        if name not in known:
            raise UsageError(f"--format {name!r}: choose from {', '.join(known)}")
        if equals and not target:
            raise UsageError(f"--format {text!r}: name a file behind the '=', as in {name}=FILE")
        if name in _EXTRAS:
            need(name, *_EXTRAS[name], what=f"--format {name}")
        reports.append((name, Path(target) if target else None))
    loose = [i for i, (_, target) in enumerate(reports) if target is None]
    if len(loose) > 1:
        raise UsageError("--format: only one report can go to the output; write FORMAT=FILE")
    if output is not None and loose:
        reports[loose[0]] = (reports[loose[0]][0], output)
    return reports


def refuse_scanned_files(reports: Iterable[Report], files: Iterable[Discovered]) -> None:
    """Let no report be written over a file that it is about.

    Raises:
        UsageError: one is to be.
    """
    targets = {os.path.realpath(target): target for _, target in reports if target is not None}
    if not targets:
        return
    for file in files:
        target = targets.get(os.path.realpath(file.place))
        if target is not None:
            raise UsageError(f"{target}: is a scanned file, so no report is written over it")


def ledger_first(reports: Iterable[Report]) -> tuple[list[Report], list[Report]]:
    """Return the report of the score's ledger and the others.

    The ledger takes the place of the terminal report, or is added if that is not asked for.

    Raises:
        UsageError: another report is to go to the standard output.
    """
    others = [report for report in reports if report[0] != "terminal"]
    if any(target is None for _, target in others):
        raise UsageError(
            "--explain-score goes to the standard output; write the other report to a file, for"
            " example -f json=FILE"
        )
    targets = [target for name, target in reports if name == "terminal"]
    return [(LEDGER, target) for target in targets or [None]], others


def with_statistics(reports: list[Report]) -> list[Report]:
    """Let counts per rule take the place of the report on standard output.

    Raises:
        UsageError: that report is one for programs.
    """
    for name, target in reports:
        if target is None and name not in {"terminal", "concise"}:
            raise UsageError(
                f"--statistics: takes the place of the report on standard output: "
                f"write {name} to a file, as -f {name}=FILE"
            )
    return [*(report for report in reports if report[1] is not None), ("statistics", None)]


def add_step_summary(
    result: AuditResult, reports: Iterable[Report], verdicts: Iterable[str]
) -> None:
    """Add to the summary of a GitHub step, where annotations were asked for in one.

    A summary that cannot be written is said, and fails nothing.
    """
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if not target or all(name != "github" for name, _ in reports):
        return
    try:
        from exai_audit.report import github

        append_to_file(Path(target), github.summary(result, verdicts))
    except AuditError as error:
        say(f"exai-audit: warning: GITHUB_STEP_SUMMARY: {error}")


def wants_color(choice: str) -> bool:
    """Tell whether to colour the standard output.

    Raises:
        UsageError: ``choice`` is neither ``auto``, ``always`` nor ``never``.
    """
    if choice not in {"auto", "always", "never"}:
        raise UsageError(f"--color {choice!r}: choose auto, always or never")
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    return is_terminal and os.environ.get("TERM") != "dumb"


def supports_unicode() -> bool:
    """Tell whether the standard output can show the bars."""
    try:
        "█─…".encode((sys.stdout and sys.stdout.encoding) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def terminal_width() -> int:
    """Return how many columns to draw on; in a pipe or a file nothing is cut."""
    if sys.stdout is None or not sys.stdout.isatty():
        return _UNCUT
    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 120))
