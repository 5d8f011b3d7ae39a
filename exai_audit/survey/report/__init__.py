"""A survey as text: pure functions. Only the command line prints and writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from exai_audit.survey.table import Survey

FORMATS: tuple[str, ...] = ("terminal", "markdown", "json", "csv", "html")


def render(
    found: Survey,
    name: str,
    *,
    ascii_only: bool = False,
    width: int = 80,
    links: Mapping[str, str] | None = None,
) -> str:
    """Render ``found`` in the format ``name``, one of ``FORMATS``.

    Args:
        ascii_only: without any character outside ASCII (terminal).
        width: columns (terminal).
        links: where the page of a repository is, by its name (html).
    """
    options: dict[str, dict[str, object]] = {
        "terminal": {"ascii_only": ascii_only, "width": width},
        "html": {"links": links or {}},
    }
    module = import_module(f"exai_audit.survey.report.{name}")
    draw: Callable[..., str] = module.render
    return draw(found, **options.get(name, {}))
