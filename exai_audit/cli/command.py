"""The command that a report gives for doing the audit again."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import typer

from exai_audit.cli.options import REPEATED

Words = tuple[str | Path, ...]


def again(context: typer.Context, targets: Sequence[Path]) -> Words:
    """Return the words of a command line with the same result, paths as paths.

    What only says how to run, or where and how to show, is left out: the same code then has the
    same report, however it was made.
    """
    words: list[str | Path] = ["scan"]
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        is_given = source is not None and source.name == "COMMANDLINE"
        if is_given and getattr(parameter, "rich_help_panel", None) in REPEATED:
            option = max(parameter.opts, key=len)
            words.extend(_given(option, context.params[parameter.name or ""]))
    return (*words, *targets)


def _given(option: str, value: object) -> Words:
    if value is True:
        return (option,)
    values = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(word for one in values for word in (option, _word(option, one)))


def _word(option: str, value: object) -> str | Path:
    if isinstance(value, Path) or option == "--show-only":
        return Path(str(value))
    return str(value.value) if isinstance(value, Enum) else str(value)
