"""The timeout map: which operation waits how long, where, and what is wrong with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import Category, TimeoutFact, TimeoutForm, ValueKind
from exai_audit.finding import Finding
from exai_audit.results.result import TimeoutOperation, TimeoutRow
from exai_audit.results.tables import Limit

_MARKED = frozenset({"EXA203", "EXA204", "EXA205", "EXA206"})
_CALLS = (TimeoutForm.CALL_KEYWORD, TimeoutForm.KNOWN_API, TimeoutForm.PROJECT_CALL)
_DEFINITIONS = (TimeoutForm.MODULE_CONSTANT, TimeoutForm.CLASS_FIELD)
_Spot = tuple[str, int]
_Name = tuple[str, str]
"""What is bounded, and in what form: ``call``, or the form of the site that names it."""


class _Operation(Struct):
    """The sites of one operation while they are counted."""

    spots: list[_Spot] = field(default_factory=list)
    literal: Counter[float] = field(default_factory=Counter)
    named: Counter[float] = field(default_factory=Counter)
    references: set[str] = field(default_factory=set)
    unlimited: int = 0
    marks: set[str] = field(default_factory=set)

    @property
    def seconds(self) -> list[float]:
        return sorted({*self.literal, *self.named})


def timeout_map(
    judged: Sequence[FileFacts], findings: Iterable[Finding], constants: Mapping[str, float]
) -> tuple[TimeoutRow, ...]:
    """Return one row per category that occurs, most sites first, each with its operations.

    Args:
        findings: the active ones; those about inconsistent, inverted, missing and mismatched
            limits mark the operations at whose sites they stand.
        constants: the seconds of the project's constants by dotted name.
    """
    marks = _marks(findings)
    by_category: dict[Category, dict[_Name, _Operation]] = defaultdict(dict)
    for category, name, spot, fact in _sites(judged, marks):
        operation = by_category[category].setdefault(name, _Operation())
        operation.spots.append(spot)
        operation.marks |= marks.get(spot, frozenset())
        if fact is None or fact.value is ValueKind.NONE:
            operation.unlimited += 1
            continue
        seconds = fact.seconds if fact.seconds is not None else constants.get(fact.refers)
        if seconds is not None:
            is_named = fact.value is ValueKind.REFERENCE or fact.form in _DEFINITIONS
            (operation.named if is_named else operation.literal)[seconds] += 1
        if fact.value is ValueKind.REFERENCE and fact.refers:
            operation.references.add(fact.refers)
    rows = [_row(category, operations) for category, operations in by_category.items()]
    return tuple(sorted(rows, key=lambda row: (-row.sites, row.category)))


def _marks(findings: Iterable[Finding]) -> dict[_Spot, frozenset[str]]:
    found: dict[_Spot, frozenset[str]] = defaultdict(frozenset)
    for finding in findings:
        if finding.code in _MARKED:
            others = finding.related if finding.code == "EXA203" else ()
            spots = [(finding.path, finding.line), *((r.path, r.line) for r in others)]
            for spot in spots:
                found[spot] |= {finding.code}
    return dict(found)


def _sites(
    judged: Iterable[FileFacts], marks: Mapping[_Spot, frozenset[str]]
) -> Iterator[tuple[Category, _Name, _Spot, TimeoutFact | None]]:
    """Yield all limits, and the calls without one that a finding speaks of.

    A definition that says None only leaves the limit to others: it bounds nothing.
    """
    for file in judged:
        seen = set()
        for fact in file.timeouts:
            spot = (file.path, fact.place.span.line)
            is_call = fact.form in _CALLS
            if is_call or fact.value is not ValueKind.NONE:
                seen.add(spot)
                yield fact.category, _name(fact), spot, fact
        for missing in file.unlimited:
            spot = (file.path, missing.place.span.line)
            if "EXA205" in marks.get(spot, ()) and spot not in seen:
                yield missing.category, (missing.operation, "call"), spot, None


def _name(fact: TimeoutFact) -> _Name:
    if fact.form in _CALLS:
        return fact.operation or fact.name, "call"
    return fact.key or fact.name or fact.operation, fact.form.value


def _row(category: Category, operations: Mapping[_Name, _Operation]) -> TimeoutRow:
    listed = sorted(
        (_listed(name, operation) for name, operation in operations.items()),
        key=lambda operation: (not operation.findings, -operation.sites, operation.operation),
    )
    spots = [spot for operation in operations.values() for spot in operation.spots]
    values = {value for operation in operations.values() for value in operation.seconds}
    return TimeoutRow(
        category=category.value,
        sites=len(spots),
        files=len({path for path, _ in spots}),
        seconds=tuple(sorted(values)),
        operations=tuple(listed),
    )


def _listed(name: _Name, operation: _Operation) -> TimeoutOperation:
    path, line = min(operation.spots)
    return TimeoutOperation(
        operation=name[0],
        form=name[1],
        sites=len(operation.spots),
        files=len({path for path, _ in operation.spots}),
        seconds=tuple(operation.seconds),
        references=tuple(sorted(operation.references)),
        unlimited=operation.unlimited,
        findings=tuple(sorted(operation.marks)),
        path=path,
        line=line,
        limits=tuple(
            Limit(seconds, operation.literal[seconds], operation.named[seconds])
            for seconds in operation.seconds
        ),
    )
