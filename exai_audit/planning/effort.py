"""The effort model: counted work times the hours for each unit of it.

What is counted, by driver: ``once``, 1 if there is anything to do; ``finding``, the findings;
``place``, the distinct lines that they name, related ones too; ``excess``, by how much they are
over their limits; ``module-lines``, ``class-lines``, ``function-lines``, the hundreds of lines of
the modules, classes and functions that they speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import fsum

from exai_audit.facts.file import FileFacts
from exai_audit.finding import Finding
from exai_audit.planning.remedies import Work, remedy_of
from exai_audit.results.advice import Effort, Hours

Sizes = Mapping[tuple[str, str, int], int]
"""Lines by what they are of (``module``, ``class``, ``function``), path, and first line."""
_OF_LINES = {"module-lines": "module", "class-lines": "class", "function-lines": "function"}


def sizes(files: Iterable[FileFacts]) -> Sizes:
    """Return how many lines the modules, classes and functions of ``files`` have."""
    found: dict[tuple[str, str, int], int] = {}
    for file in files:
        found["module", file.path, 1] = file.lines.physical
        for one in file.size.classes:
            found["class", file.path, one.place.span.line] = one.lines
        for function in file.size.functions:
            found["function", file.path, function.place.span.line] = function.lines
    return found


def efforts(findings: Sequence[Finding], lines: Sizes) -> tuple[Effort, ...]:
    """Return the work that repairs ``findings``, in the order of the table of remedies."""
    by_row: dict[str, tuple[Work, list[Finding]]] = {}
    for finding in findings:
        for work in rows(finding.code):
            by_row.setdefault(work.unit, (work, []))[1].append(finding)
    counted = ((work, _units(work, found, lines)) for work, found in by_row.values())
    return tuple(Effort(work.unit, units, work.hours) for work, units in counted if units > 0)


def rows(code: str) -> tuple[Work, ...]:
    """Return the rows of work that a rule's findings bring."""
    return tuple(work for work in remedy_of(code).work if code in work.rules)


def hours(work: Iterable[Effort]) -> Hours:
    """Return the hours of all the work, to a tenth of an hour."""
    work = tuple(work)
    return (
        round(fsum(one.units * one.hours_each[0] for one in work), 1),
        round(fsum(one.units * one.hours_each[1] for one in work), 1),
    )


def middle(work: Iterable[Effort]) -> float:
    """Return the middle of the range of hours, unrounded."""
    return fsum(one.units * fsum(one.hours_each) / 2 for one in work)


def places(findings: Iterable[Finding]) -> frozenset[tuple[str, int]]:
    """Return the lines that the findings name, by path, related ones too."""
    return frozenset(
        place
        for finding in findings
        for place in (
            (finding.path, finding.line),
            *((related.path, related.line) for related in finding.related),
        )
    )


def _units(work: Work, findings: Sequence[Finding], lines: Sizes) -> float:
    if work.driver in _OF_LINES:
        return _hundreds(_OF_LINES[work.driver], findings, lines)
    return float(_COUNTS[work.driver](findings))


def _hundreds(what: str, findings: Iterable[Finding], lines: Sizes) -> float:
    """Return the hundreds of lines, to a tenth, that the findings are about."""
    keys = {(what, f.path, 1 if what == "module" else f.line) for f in findings}
    return round(sum(lines.get(key, 0) for key in keys) / 100, 1)


def _excess(findings: Iterable[Finding]) -> float:
    return sum(max(0.0, (f.measured or 0) - (f.threshold or 0)) for f in findings)


_COUNTS: Mapping[str, Callable[[Sequence[Finding]], float]] = {
    "once": lambda findings: 1,
    "finding": len,
    "place": lambda findings: len(places(findings)),
    "excess": _excess,
}
