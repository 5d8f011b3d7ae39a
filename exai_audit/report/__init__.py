"""Reports: pure functions from a result to text. Only the command line prints and writes."""

from __future__ import annotations

from exai_audit.report import concise, json, markdown
from exai_audit.result import AuditResult

FORMATS: tuple[str, ...] = ("terminal", "markdown", "json", "concise")


def render(
    result: AuditResult,
    name: str,
    *,
    top: int | None = 10,
    color: bool = False,
    ascii_only: bool = False,
    width: int = 80,
    max_size: int | None = None,
) -> str:
    """Render ``result`` in the format ``name``, one of ``FORMATS``.

    Args:
        top: how many bottlenecks to show in full, all when None (terminal, markdown).
        color: with ANSI colours (terminal).
        ascii_only: without any character outside ASCII (terminal).
        width: columns (terminal).
        max_size: at most this many bytes of UTF-8 (markdown).
    """
    if name == "json":
        return json.render(result)
    if name == "concise":
        return concise.render(result)
    if name == "markdown":
        return markdown.render(result, top=top, max_size=max_size)
    from exai_audit.report import terminal  # rich costs time that the others need not spend

    return terminal.render(result, top=top, color=color, ascii_only=ascii_only, width=width)
