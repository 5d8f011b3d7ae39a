"""Blocking chains: from a coroutine, hop by hop, to the call that blocks its event loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from exai_audit.finding import Finding, Related

_CODE = "EXA405"


class Chain(Struct, frozen=True):
    """The way to what blocks; ``others`` are further calls that lead there."""

    finding: Finding
    hops: tuple[Related, ...]
    others: tuple[Related, ...]


def chains(findings: Iterable[Finding]) -> Iterator[Chain]:
    """Yield the chains of findings that are not themselves what blocks, the costliest first."""
    for finding in sorted(findings, key=lambda f: (-f.points, f.path, f.line)):
        if finding.code == _CODE and finding.related and not finding.project_wide:
            start, *rest = finding.related
            ends = (n for n, one in enumerate(rest, 1) if " blocks in " in one.message)
            end = next(ends, len(rest))
            code = finding.evidence.strip().replace("`", "'")
            call = Related(finding.path, finding.line, f"`{code}`")
            yield Chain(finding, (start, call, *rest[:end]), tuple(rest[end:]))
