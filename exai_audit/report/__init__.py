"""Reports: pure functions from a result to text. Only the command line prints and writes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from exai_audit.results.result import AuditResult

FORMATS: tuple[str, ...] = (
    "terminal", "markdown", "json", "sarif", "github", "gitlab", "junit", "badge", "concise",
    "jsonl", "pr", "html",
)  # fmt: skip
_FOR_PEOPLE = frozenset({"html", "markdown"})
LEDGER = "ledger"
"""What ``--explain-score`` prints."""
COMPARISONS: tuple[str, ...] = ("terminal", "markdown", "json")
"""The formats of `exai_audit.report.comparison`."""


def render(
    result: AuditResult,
    name: str,
    *,
    top: int | None = 10,
    color: bool = False,
    ascii_only: bool = False,
    width: int = 80,
    max_size: int | None = None,
    suppressed: bool = False,
    links: str | None = None,
) -> str:
    """Render ``result`` in the format ``name``, one of ``FORMATS``, or its score as ``LEDGER``.

    Args:
        top: how many bottlenecks to show in full, all when None (terminal, markdown).
        color: with ANSI colours (terminal).
        ascii_only: without any character outside ASCII (terminal).
        width: columns (terminal).
        max_size: at most this many bytes of UTF-8 (markdown).
        suppressed: with the suppressed findings (sarif).
        links: the address of the root's folder, for hyperlinks to places, empty for hyperlinks to
            rules only (terminal).
    """
    options: dict[str, dict[str, object]] = {
        "terminal": {
            "top": top,
            "color": color,
            "ascii_only": ascii_only,
            "width": width,
            "links": links,
        },
        "markdown": {"top": top, "max_size": max_size},
        "sarif": {"suppressed": suppressed},
    }
    # Each is imported when it is asked for: rich and XML cost time that the others need not spend.
    module = import_module(f"exai_audit.report.{name}")
    draw: Callable[..., str] = module.render
    shown = _with_first_plans(result) if name in _FOR_PEOPLE else result
    return draw(shown, **options.get(name, {}))


def _with_first_plans(result: AuditResult) -> AuditResult:
    """Return the result with the plans of the worst modules and classes only."""
    from exai_audit.planning.recommend import FILES_OF_THEIR_OWN

    first = slice(FILES_OF_THEIR_OWN)
    return replace(result, plans=result.plans[first], class_plans=result.class_plans[first])
