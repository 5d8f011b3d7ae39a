"""Limits that contradict one another are never merged: a person decides which of them holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.facts.timeouts import TimeoutFact
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.fixer import Fixer

_Places = Mapping[str, Sequence[tuple[str, TimeoutFact]]]
_LONGEST = 100


def fix(finding: Finding, bench: Bench) -> Fix:
    """Say which numbers stand where, and for each of them what the other lines would be."""
    places = _places(finding, bench)
    told = "; ".join(
        f"{number} in {', '.join(f'{path}:{_line(fact)}' for path, fact in sites)}"
        for number, sites in places.items()
    )
    message = f"decide which holds, and write it everywhere: {told}"
    choices = [
        f"for {number}: {'; '.join(lines)}"
        for number in places
        if (lines := [*_changes(number, places, bench)])
    ]
    return Fix(Applicability.SHOWN, ". ".join([message, *choices]))


def _places(finding: Finding, bench: Bench) -> _Places:
    """Return the limits that contradict one another by their numbers."""
    spots = dict.fromkeys(
        [(finding.path, finding.line), *((r.path, r.line) for r in finding.related)]
    )
    places: dict[str, list[tuple[str, TimeoutFact]]] = {}
    for path, line in spots:
        for fact in bench.facts[path].timeouts if path in bench.facts else ():
            if _line(fact) == line and fact.literal:
                places.setdefault(fact.literal.strip("\"'"), []).append((path, fact))
    return places


def _changes(number: str, places: _Places, bench: Bench) -> Iterator[str]:
    """Yield the lines with another number as they would be with this one, of the same unit."""
    scale = places[number][0][1].scale
    for other, sites in places.items():
        for path, fact in sites if other != number else ():
            span, source = fact.literal_span, bench.read(path)
            if span is None or source is None or fact.scale != scale:
                continue
            line = source.line(span.line)
            quote = fact.literal[:1] if fact.literal[:1] in ("'", '"') else ""
            before, after = line[: span.column - 1], line[span.end_column - 1 :]
            text = f"{before}{quote}{number}{quote}{after}".strip()
            yield f"{path}:{span.line} `{text[:_LONGEST]}`"


def _line(fact: TimeoutFact) -> int:
    return fact.place.span.line


FIXER = Fixer("EXA203", Applicability.SHOWN, fix)
