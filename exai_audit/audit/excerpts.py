"""What a finding shows of its file: the lines that it stands on, and the hash of the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from exai_audit.audit.contents import Sources
from exai_audit.files.line_hashes import line_hashes
from exai_audit.finding import Finding

_MOST_LINES = 3
_WIDTH = 200


def with_excerpts(findings: Iterable[Finding], sources: Sources) -> tuple[Finding, ...]:
    """Give each finding the lines that it stands on, the first three at most, and its line hash.

    A file that cannot be read any more has neither, one that cannot be decoded only hashes.
    """
    shown = tuple(findings)
    lines: dict[str, set[int]] = {}
    for finding in shown:
        lines.setdefault(finding.path, set()).add(finding.line)
    hashes = {path: _hashes(path, numbers, sources) for path, numbers in lines.items()}
    return tuple(
        replace(
            finding,
            excerpt=_excerpt(finding, sources),
            line_hash=hashes[finding.path].get(finding.line, ""),
        )
        for finding in shown
    )


def _hashes(path: str, numbers: set[int], sources: Sources) -> Mapping[int, str]:
    data = sources.bytes_of(path)
    return {} if data is None else line_hashes(data, numbers)


def _excerpt(finding: Finding, sources: Sources) -> tuple[str, ...]:
    source = sources.get(finding.path)
    if source is None or not finding.evidence:
        return ()
    last = min(finding.end_line, finding.line + _MOST_LINES - 1)
    return tuple(source.line(number)[:_WIDTH] for number in range(finding.line, last + 1))
