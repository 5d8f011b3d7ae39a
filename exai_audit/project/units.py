"""Units that only several files together show: of what is handed over, and of what is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import TimeoutFact, TimeoutForm, ValueKind
from exai_audit.project.calls import exported_names, spellings

_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)
_DEFINED = (TimeoutForm.MODULE_CONSTANT, TimeoutForm.CLASS_FIELD)


class _Known(Struct, frozen=True):
    """Scales by dotted name: of parameters and fields that take limits, of names in use."""

    takers: Mapping[str, float]
    used: Mapping[str, float]
    keys: Mapping[str, float]
    exported: Mapping[str, str]


def with_units(files: Sequence[FileFacts]) -> tuple[FileFacts, ...]:
    """Return the files with the seconds of those limits whose unit another file shows."""
    if not any(map(_is_open, (fact for file in files for fact in file.timeouts))):
        return tuple(files)
    known = _Known(
        _agreed(_takers(files)), _agreed(_used(files)), _agreed(_keys(files)), exported_names(files)
    )
    return tuple(_completed(file, known) for file in files)


def _is_open(fact: TimeoutFact) -> bool:
    return fact.amount is not None and fact.scale is None


def _takers(files: Sequence[FileFacts]) -> Iterable[tuple[str, float]]:
    for file in files:
        for parameter in file.limit_parameters:
            if parameter.scale is not None:
                yield f"{parameter.function}.{parameter.name}", parameter.scale
        for fact in file.timeouts:
            if fact.form is TimeoutForm.CLASS_FIELD and fact.scale is not None:
                yield _name(file, fact), fact.scale


def _used(files: Sequence[FileFacts]) -> Iterable[tuple[str, float]]:
    for file in files:
        for fact in file.timeouts:
            given = fact.form in _CALLS and fact.value is ValueKind.REFERENCE
            if given and fact.refers and fact.scale is not None:
                yield fact.refers, fact.scale


def _keys(files: Sequence[FileFacts]) -> Iterable[tuple[str, float]]:
    """Yield the units of what stands in for a variable of the environment."""
    for file in files:
        for fact in file.timeouts:
            if fact.key.isupper() and fact.scale is not None:
                yield fact.key, fact.scale


def _agreed(said: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, set[float]] = {}
    for name, scale in said:
        found.setdefault(name, set()).add(scale)
    return {name: min(scales) for name, scales in found.items() if len(scales) == 1}


def _name(file: FileFacts, fact: TimeoutFact) -> str:
    return ".".join(part for part in (file.module, fact.place.symbol, fact.name) if part)


def _completed(file: FileFacts, known: _Known) -> FileFacts:
    if not any(map(_is_open, file.timeouts)):
        return file
    facts = tuple(_scaled(file, fact, known) if _is_open(fact) else fact for fact in file.timeouts)
    return replace(file, timeouts=facts)


def _scaled(file: FileFacts, fact: TimeoutFact, known: _Known) -> TimeoutFact:
    scale = _scale(file, fact, known)
    if scale is None or fact.amount is None:
        return fact
    return replace(fact, scale=scale, seconds=round(fact.amount * scale, 9))


def _scale(file: FileFacts, fact: TimeoutFact, known: _Known) -> float | None:
    if fact.key in known.keys:
        return known.keys[fact.key]
    if fact.form in _DEFINED:
        return known.used.get(_name(file, fact))
    if fact.form in _CALLS and fact.operation:
        names = (f"{one}.{fact.name}" for one in spellings(fact.operation, known.exported))
        return next((known.takers[name] for name in names if name in known.takers), None)
    return None
