"""The command that a report gives for doing the audit again."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def again(context: typer.Context) -> tuple[tuple[str, bool], ...]:
    """Return the words of a command line with the same result, but for its paths.

    Each with whether it is a path. What only says how to run, or where and how to show, is left
    out: the same code then has the same report, however it was made.
    """
    from exai_audit.cli.options import REPEATED

    words: list[tuple[str, bool]] = []
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        is_given = source is not None and source.name == "COMMANDLINE"
        if is_given and getattr(parameter, "rich_help_panel", None) in REPEATED:
            option = max(parameter.opts, key=len)
            words.extend(_given(option, context.params[parameter.name or ""]))
    return tuple(words)


def _given(option: str, value: object) -> list[tuple[str, bool]]:
    if value is True:
        return [(option, False)]
    values = value if isinstance(value, (list, tuple)) else (value,)
    return [word for one in values for word in ((option, False), _word(option, one))]


def _word(option: str, value: object) -> tuple[str, bool]:
    if isinstance(value, Path) or option == "--show-only":
        return str(value), True
    return str(value.value) if isinstance(value, Enum) else str(value), False
