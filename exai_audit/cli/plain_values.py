"""Texts and paths of a command line taken as they are given, without a load of what checks others.

Since 0.29 typer hands every value to pydantic, given or not. To load that takes 0.1 s: as long as
most of a run that reads one changed file. Numbers and choices that are given still go there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, get_args

_Process = Callable[[object, object], object]
"""What click calls with its context and what was given."""


class _Parameter(Protocol):
    """What click tells of a parameter, as far as it is asked here."""

    multiple: bool
    nargs: int
    callback: Callable[[object, object, object], object] | None


class _Command(Protocol):
    """What click tells of a command, as far as it is asked here."""

    get_params: Callable[[object], Sequence[Any]]


def take_plainly(command: _Command) -> None:
    """Let plain values of a command's parameters pass by pydantic, if typer would use it."""
    params_of = command.get_params

    def get_params(context: object) -> Sequence[Any]:
        found = params_of(context)
        for one in found:
            descriptor = getattr(one, "type_descriptor", None)
            if descriptor is None or one.required or isinstance(one.process_value, partial):
                continue
            kind = (*get_args(descriptor.annotation), descriptor.annotation)[0]
            one.process_value = partial(_taken, one, kind, one.process_value)
        return found

    command.get_params = get_params


def _taken(
    parameter: _Parameter, kind: type, process: _Process, context: object, given: object
) -> object:
    is_list = parameter.multiple or parameter.nargs == -1
    value: object
    if given is None:
        value = () if is_list else None
    elif is_list and isinstance(given, (list, tuple)) and all(_is_plain(o, kind) for o in given):
        value = [kind(one) for one in given]
    elif not is_list and _is_plain(given, kind):
        value = kind(given)
    else:
        return process(context, given)
    return parameter.callback(context, parameter, value) if parameter.callback else value


def _is_plain(given: object, kind: type) -> bool:
    """Tell whether nobody has to check a value: a text, or a path that is missing or readable."""
    if not isinstance(given, str):
        return False
    return kind is str or (
        kind is Path and (os.access(given, os.R_OK) or not os.path.lexists(given))
    )
