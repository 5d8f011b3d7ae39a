"""``exai-audit report`` and ``exai-audit compare``: stored results, shown again or side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exai_audit.cli import options
from exai_audit.cli.deliver import (
    RenderOptions,
    add_step_summary,
    deliver,
    requested,
    supports_unicode,
    wants_color,
)
from exai_audit.cli.output import write_file, write_stdout
from exai_audit.report import COMPARISONS


def report_command(
    results: Annotated[
        list[Path],
        typer.Argument(help="JSON reports of exai-audit; several of one repository are joined."),
    ],
    output_format: options.Formats = None,
    output: options.Output = None,
    color: options.Color = "auto",
    ascii_only: options.Ascii = False,
    top: options.Top = None,
    select: options.OfRules = None,
    path: options.OfPaths = None,
    severity: options.OfSeverity = None,
    min_points: options.MinPoints = None,
    fingerprint: options.OfFingerprints = None,
    max_size: options.MaxSize = None,
    show_suppressed: options.ShowSuppressed = False,
    by: options.ByPart = None,
) -> None:
    """Show a stored JSON result, or a part of it, in another format; join several."""
    from exai_audit.audit.merging import merged  # a scan need not spend the time to load these
    from exai_audit.results.selection import selected, selection
    from exai_audit.results.stored import read_result

    reports = requested(output_format or [], output)
    plain = ascii_only or not supports_unicode()
    drawing = RenderOptions(top, wants_color(color), plain, max_size, show_suppressed)
    wanted = selection(select or (), path or (), severity, min_points, fingerprint or ())
    whole = merged([read_result(one) for one in results])
    if by is not None:
        from exai_audit.score.breakdown import broken_down

        whole = broken_down(whole, by)
    stored = selected(whole, wanted)
    deliver(stored, reports, drawing)
    add_step_summary(stored, reports, ())


def compare_command(
    old: Annotated[Path, typer.Argument(help="The earlier JSON report.")],
    new: Annotated[Path, typer.Argument(help="The later JSON report.")],
    output_format: Annotated[
        list[str] | None,
        options.formats_of(COMPARISONS),
    ] = None,
    output: options.Output = None,
    ascii_only: options.Ascii = False,
) -> None:
    """Show what is new, fixed and moved between two stored results."""
    from exai_audit.report import comparison
    from exai_audit.results.comparison import compare
    from exai_audit.results.stored import read_result

    reports = requested(output_format or [], output, COMPARISONS)
    compared = compare(read_result(old), read_result(new))
    for name, target in reports:
        text = comparison.render(compared, name, ascii_only=ascii_only or not supports_unicode())
        if target is not None:
            write_file(target, text)
        else:
            write_stdout(text)
