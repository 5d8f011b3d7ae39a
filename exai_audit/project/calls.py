"""Numbers handed to functions of other files whose parameter is a limit: sites after all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import (
    LimitParameter,
    PassedLimitFact,
    TimeoutFact,
    TimeoutForm,
    ValueKind,
)


def with_project_calls(files: Sequence[FileFacts]) -> tuple[FileFacts, ...]:
    """Return the files with the sites that only several files together show."""
    parameters = {
        (parameter.function, parameter.position): parameter
        for file in files
        for parameter in file.limit_parameters
    }
    if not parameters:
        return tuple(files)
    names = exported_names(files)
    return tuple(_with_calls(file, parameters, names) for file in files)


def exported_names(files: Iterable[FileFacts]) -> dict[str, str]:
    """Return where packages take the names from that they export: ``pkg.f`` → ``pkg.mod.f``."""
    return {
        f"{file.module}.{name.rpartition('.')[2]}": name
        for file in files
        if file.path.endswith("__init__.py")
        for name in file.imports
    }


def _with_calls(
    file: FileFacts,
    parameters: Mapping[tuple[str, int], LimitParameter],
    names: Mapping[str, str],
) -> FileFacts:
    found = []
    for handed in file.passed_limits:
        for function in spellings(handed.function, names):
            parameter = parameters.get((function, handed.position))
            if parameter is not None:
                found.append(_site(handed, function, parameter))
                break
    if not found:
        return file
    sites = sorted((*file.timeouts, *found), key=lambda fact: (fact.place.span, fact.name))
    return replace(file, timeouts=tuple(sites))


def spellings(name: str, exported: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names under which a function may be defined: where a package takes it from."""
    real = exported.get(name, name)
    owner, _, method = name.rpartition(".")
    through = f"{exported[owner]}.{method}" if owner in exported else real
    return real, through, f"{real}.__init__"


def _site(handed: PassedLimitFact, function: str, parameter: LimitParameter) -> TimeoutFact:
    scale, number = parameter.scale, handed.number
    return TimeoutFact(
        place=handed.place,
        form=TimeoutForm.PROJECT_CALL,
        value=ValueKind.LITERAL if number >= 0 else ValueKind.NONE,
        seconds=round(number * scale, 9) if scale is not None else None,
        name=parameter.name,
        operation=function,
        category=handed.category,
        is_async=handed.is_async,
        first=handed.first,
        amount=number,
        scale=scale,
        literal=handed.literal,
        literal_span=handed.place.span,
    )
