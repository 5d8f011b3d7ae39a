"""The findings as the page lists them: in which order, in which state, and how much of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pkgutil import iter_modules
from textwrap import dedent

from msgspec import Struct
from msgspec.structs import replace

from exai_audit import fixers
from exai_audit.edits.edit import Applicability
from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import Bottleneck, evidence
from exai_audit.report.html.changes import diff
from exai_audit.report.listing import worst_first
from exai_audit.results.result import AuditResult

MOST_EXCERPTS = 2000
"""So many findings, the worst, are shown with their excerpts."""


class Row(Struct, frozen=True):
    """A finding of the list; ``number`` is its place there, ``group`` that of its bottleneck.

    ``state`` is ``open``, or ``new``, ``known`` or ``suppressed``; ``reason`` is why it is
    suppressed. ``is_whole`` tells that there is more to it than its line, ``has_fix`` that
    ``exai-audit fix`` may repair it.
    """

    number: int
    finding: Finding
    group: int
    state: str
    owners: tuple[str, ...] = ()
    reason: str = ""
    is_whole: bool = True
    has_fix: bool = False

    @property
    def change(self) -> str:
        """What the fix changes, as lines of a diff."""
        return diff(self.finding)

    @property
    def excerpt(self) -> str:
        """The code that it speaks of, with line numbers, moved to the left."""
        lines = dedent("\n".join(self.finding.excerpt) or self.finding.evidence).split("\n")
        return (
            "\n".join(evidence(replace(self.finding, excerpt=tuple(lines)))) if any(lines) else ""
        )


def rows(result: AuditResult, groups: Sequence[Bottleneck]) -> tuple[Row, ...]:
    """Return all findings, worst first, then those that are suppressed."""
    group_of = {id(f): n for n, group in enumerate(groups, 1) for f in group.findings}
    return tuple(_rows(result, group_of))


def _rows(result: AuditResult, group_of: Mapping[int, int]) -> Iterator[Row]:
    active = [
        (finding, group_of[id(finding)], _state(finding), "")
        for finding in worst_first(result.findings, result)
    ]
    silenced = [(item.finding, 0, "suppressed", item.reason) for item in result.suppressed]
    owners = {module.path: module.owners for module in result.modules}
    fixed = _fixed_codes()
    for number, (finding, group, state, reason) in enumerate((*active, *silenced), 1):
        yield Row(
            number,
            finding,
            group,
            state,
            owners.get(finding.path, ()),
            reason,
            is_whole=number <= MOST_EXCERPTS,
            has_fix=state != "suppressed" and _may_be_fixed(finding, fixed),
        )


def _may_be_fixed(finding: Finding, fixed: frozenset[str]) -> bool:
    """Tell whether the tool may repair it: as its fix says, else whether its rule has any."""
    if finding.fix is not None:
        return finding.fix.applicability is not Applicability.SHOWN
    return finding.code in fixed


def _fixed_codes() -> frozenset[str]:
    """Return the codes that have a fixer: its file has the name of the rule's."""
    names = (info.name for info in iter_modules(fixers.__path__))
    return frozenset(name.partition("_")[0].upper() for name in names)


def _state(finding: Finding) -> str:
    return "open" if finding.new is None else "new" if finding.new else "known"


def numbers_of(rows: Iterable[Row], fingerprints: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of the rows that fingerprints name, each row once."""
    waiting: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.state != "suppressed":
            waiting[row.finding.fingerprint].append(row.number)
    return tuple(waiting[one].pop(0) for one in fingerprints if waiting[one])
