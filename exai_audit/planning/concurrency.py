"""The tables of pools and of bridges between threads and event loops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from exai_audit.facts.concurrency import BridgeFact, PoolFact
from exai_audit.facts.file import FileFacts
from exai_audit.finding import Family, Finding
from exai_audit.location import Place
from exai_audit.results.tables import BridgeRow, PoolRow

_Verdicts = Mapping[tuple[str, int], set[str]]


def concurrency_tables(
    judged: Sequence[FileFacts], findings: Iterable[Finding]
) -> tuple[tuple[PoolRow, ...], tuple[BridgeRow, ...]]:
    """Return one row per pool and one per bridge, in the order of the files.

    Args:
        findings: the active ones; those about a pool or a bridge are its verdict.
    """
    verdicts: dict[tuple[str, int], set[str]] = {}
    for finding in findings:
        if finding.family is Family.CONCURRENCY:
            verdicts.setdefault((finding.path, finding.line), set()).add(finding.code)
    pools = (_pool(file.path, pool, verdicts) for file in judged for pool in file.pools)
    bridges = (_bridge(file.path, one, verdicts) for file in judged for one in file.bridges)
    return tuple(pools), tuple(bridges)


def _pool(path: str, pool: PoolFact, verdicts: _Verdicts) -> PoolRow:
    return PoolRow(
        path=path,
        line=pool.place.span.line,
        symbol=pool.place.symbol,
        callable=pool.callable,
        kind=pool.kind.value,
        workers=pool.workers,
        sized_by=pool.sized_by.value,
        lifetime=pool.lifetime.value,
        serves_async=pool.serves_async,
        closed=pool.closed,
        verdict=_verdict(path, pool.place, verdicts),
    )


def _bridge(path: str, bridge: BridgeFact, verdicts: _Verdicts) -> BridgeRow:
    return BridgeRow(
        path=path,
        line=bridge.place.span.line,
        symbol=bridge.place.symbol,
        operation=bridge.operation,
        kind=bridge.kind.value,
        runs_in=bridge.runs_in.value if bridge.runs_in else "",
        verdict=_verdict(path, bridge.place, verdicts),
    )


def _verdict(path: str, place: Place, verdicts: _Verdicts) -> str:
    return ", ".join(sorted(verdicts.get((path, place.span.line), ()))) or "ok"
