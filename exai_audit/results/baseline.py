"""Findings that a code base has already: written down for review, left alone by the gate.

Entries are counted by fingerprint and severity. A finding matches an entry of its severity or a
graver one, so what became worse is new, and so is one more of the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from exai_audit.errors import UsageError
from exai_audit.files.presence import is_file, is_there
from exai_audit.files.source import UnreadableSourceError, read_bytes
from exai_audit.finding import Confidence, Finding, Severity
from exai_audit.results.result import AuditResult, BaselineEntry, BaselineUse

FORMAT = 1
DEFAULT_FILE = "exai-audit-baseline.json"
_ORDER = attrgetter("path", "code", "symbol", "severity", "fingerprint", "count")
_REWRITE = "write it again with `exai-audit baseline`"


class Baseline(Struct, frozen=True):
    """A baseline file: what it was made of, and its entries in order.

    ``score`` is the displayed one, of ``paths``; ``configuration`` the fingerprint of the settings.
    With ``judged_lines`` and what the entries say the score can be computed again by another
    formula; baselines written before they were noted lack them.
    """

    exai_audit_baseline: Annotated[int, msgspec.Meta(ge=1)]
    formula_version: int
    configuration: str
    score: float | None
    paths: tuple[str, ...]
    entries: tuple[BaselineEntry, ...]
    judged_lines: int | None = None


class Reach(Struct, frozen=True):
    """How far a scan sees: entries beyond it are neither found nor gone.

    ``files`` are the files read, ``judged`` those that rules speak about, ``paths`` what was
    scanned, all below the root; ``selects`` tells whether a rule runs.
    """

    files: Collection[str]
    judged: Collection[str]
    paths: Sequence[str]
    selects: Callable[[str], bool]

    def covers(self, entry: BaselineEntry) -> bool:
        """Tell whether the finding of an entry would have been found if it still occurred."""
        return self.selects(entry.code) and (
            entry.path in self.judged or (entry.path not in self.files and self._below(entry.path))
        )

    def vanished(self, entry: BaselineEntry) -> bool:
        """Tell whether the entry's file is no longer there under its name."""
        return entry.path not in self.files and self._below(entry.path)

    def _below(self, path: str) -> bool:
        return any(top == "." or path == top or path.startswith(f"{top}/") for top in self.paths)


def read_baseline(file: Path) -> Baseline:
    """Read a baseline, of whatever formula: what it accepts does not depend on that.

    Raises:
        UsageError: the file cannot be read, or is no baseline.
    """
    if is_there(file) and not is_file(file):
        raise UsageError(f"{file}: the baseline cannot be read: it is no file: {_REWRITE}")
    try:
        baseline = msgspec.convert(json.loads(read_bytes(file)), Baseline)
    except UnreadableSourceError as error:
        raise UsageError(f"{file}: the baseline cannot be read: {error}: {_REWRITE}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UsageError(f"{file}: is no baseline of exai-audit: {error}: {_REWRITE}") from error
    if baseline.exai_audit_baseline != FORMAT:
        given = baseline.exai_audit_baseline
        raise UsageError(f"{file}: has format {given}, this version reads {FORMAT}: {_REWRITE}")
    return baseline


def as_text(baseline: Baseline) -> str:
    """Return the baseline as JSON with one entry a line, sorted, for review in a diff."""
    head = msgspec.to_builtins(replace(baseline, entries=()))
    del head["entries"]
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    in_order = sorted(baseline.entries, key=_ORDER)
    entries = [json.dumps(msgspec.to_builtins(entry)) for entry in in_order]
    listed = ",\n".join(f"    {entry}" for entry in entries)
    block = f"[\n{listed}\n  ]" if entries else "[]"
    return "\n".join(("{", *lines, f'  "entries": {block}', "}")) + "\n"


def baseline_of(result: AuditResult) -> Baseline:
    """Return a baseline that accepts all findings of ``result``."""
    alike: dict[tuple[str, str, str, Severity, str], list[Confidence]] = {}
    for f in result.findings:
        key = f.path, f.code, f.symbol, f.severity, f.fingerprint
        alike.setdefault(key, []).append(f.confidence)
    found = (
        BaselineEntry(*key, len(sure), max(sure, key=lambda confidence: confidence.rank))
        for key, sure in alike.items()
    )
    return Baseline(
        FORMAT,
        result.tool.formula_version,
        result.target.configuration,
        result.score.shown,
        result.target.paths,
        tuple(sorted(found, key=_ORDER)),
        result.scale.judged_lines,
    )


def without(baseline: Baseline, gone: Iterable[BaselineEntry]) -> Baseline:
    """Return ``baseline`` without the entries that no longer occur; counts shrink likewise."""
    missing = {(entry.fingerprint, entry.severity): entry.count for entry in gone}
    left = (
        replace(entry, count=entry.count - missing.get((entry.fingerprint, entry.severity), 0))
        for entry in baseline.entries
    )
    return replace(baseline, entries=tuple(entry for entry in left if entry.count > 0))


def applied(
    result: AuditResult,
    baseline: Baseline,
    file: str,
    reach: Reach,
    former: Callable[[Finding], str | None],
) -> AuditResult:
    """Say of each finding whether the baseline lacks it, and which entries no longer occur.

    Args:
        file: the baseline's name in reports.
        former: returns the fingerprint that a finding had before git saw its file renamed, or None.
    """
    accepted = Accepted((e.fingerprint, e.severity, e.count) for e in baseline.entries)
    known: dict[int, bool] = {}
    order = sorted(range(len(result.findings)), key=lambda i: -result.findings[i].severity.rank)
    for i in order:
        finding = result.findings[i]
        known[i] = accepted.take(finding.fingerprint, finding.severity)
    for i in order:
        if not known[i] and (old := former(result.findings[i])):
            known[i] = accepted.take(old, result.findings[i].severity)
    findings = tuple(replace(f, new=not known[i]) for i, f in enumerate(result.findings))
    left = (
        replace(entry, count=min(entry.count, accepted.left(entry.fingerprint, entry.severity)))
        for entry in baseline.entries
        if reach.covers(entry)
    )
    gone = tuple(sorted((entry for entry in left if entry.count > 0), key=_ORDER))
    use = BaselineUse(file, baseline.score, sum(known.values()), gone, baseline.formula_version)
    return replace(result, findings=findings, baseline=use)


class Accepted:
    """Findings that are known: so many of each key and severity."""

    def __init__(self, items: Iterable[tuple[Hashable, Severity, int]]) -> None:
        self._left: dict[Hashable, Counter[Severity]] = {}
        for key, severity, count in items:
            self._left.setdefault(key, Counter())[severity] += count

    def take(self, key: Hashable, severity: Severity) -> bool:
        """Use one up that is as grave or graver; False when there is none."""
        waiting = self._left.get(key, Counter())
        for known in Severity:
            if known.rank >= severity.rank and waiting[known] > 0:
                waiting[known] -= 1
                return True
        return False

    def left(self, key: Hashable, severity: Severity) -> int:
        """Return how many of exactly this severity were not used up."""
        return self._left.get(key, Counter())[severity]
