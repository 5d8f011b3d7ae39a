"""A trend as text: pure functions. Only the command line prints and writes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from exai_audit.trend.result import Trend

FORMATS: tuple[str, ...] = ("terminal", "markdown", "json", "html")


def render(found: Trend, name: str, *, ascii_only: bool = False, width: int = 80) -> str:
    """Render ``found`` in the format ``name``, one of ``FORMATS``.

    Args:
        ascii_only: without any character outside ASCII (terminal).
        width: columns (terminal).
    """
    options: dict[str, dict[str, object]] = {
        "terminal": {"ascii_only": ascii_only, "width": width},
    }
    module = import_module(f"exai_audit.trend.report.{name}")
    draw: Callable[..., str] = module.render
    return draw(found, **options.get(name, {}))
