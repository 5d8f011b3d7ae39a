"""The caches and the recommended strategy in markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from exai_audit.report.bottlenecks import counted
from exai_audit.report.escape import cell_code, markdown, prose
from exai_audit.results.result import AuditResult, CacheRow, CacheStrategy, SharedStore

_MOST = 100
_QUESTIONS = 20


def cache_table(result: AuditResult, limit: int | None) -> Iterator[str]:
    """Yield the table of all caches, those with a verdict first; at most ``limit`` rows."""
    rows = sorted(result.cache_table, key=lambda row: row.verdict == "ok")
    if not rows:
        return
    most = _MOST if limit is None else min(limit, _MOST)
    fine = sum(row.verdict == "ok" for row in rows)
    forms = Counter(row.form for row in rows).most_common()
    said = ", ".join(f"{number} {markdown(form)}" for form, number in forms)
    title = f"{counted(len(rows), 'cache')}, {fine} without a finding: {said}"
    if not most:
        yield f"{title}."
        return
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield "| where | cache | keyed by | layer | bound | expiry | invalidation | lock | verdict |"
    yield "|---|---|---|---|---|---|---|---|---|"
    yield from map(_row, rows[:most])
    if len(rows) > most:
        yield ""
        yield f"... and {counted(len(rows) - most, 'more cache')}, listed in the JSON report."
    yield ""
    yield "</details>"


def _row(row: CacheRow) -> str:
    cells = (
        cell_code(f"{row.path}:{row.line}"),
        f"{cell_code(row.name)} ({row.form.replace('-', ' ')})",
        cell_code(row.keys),
        row.layer,
        cell_code(row.bound or "") or "none",
        cell_code(row.expiry or "") or "none",
        cell_code(row.invalidation or "") or "none",
        "yes" if row.lock else "no",
        markdown(row.verdict),
    )
    return f"| {' | '.join(cells)} |"


def cache_strategy(strategy: CacheStrategy, limit: int | None) -> Iterator[str]:
    """Yield the single strategy: which caches share a store, and what a person must decide."""
    caches, files = counted(strategy.caches, "cache"), counted(strategy.files, "file")
    title = f"Recommended: one strategy for {caches} in {files}"
    if limit is not None and limit < len(strategy.stores) + len(strategy.apart):
        yield f"{title} is in the JSON report."
        return
    most = _QUESTIONS if limit is None else min(limit, _QUESTIONS)
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield "| layers | caches | store | library | why together |"
    yield "|---|---:|---|---|---|"
    yield from map(_store, strategy.stores)
    for store in strategy.stores:
        yield from _questions(store, most)
    yield from _listed("Each in a store of its own", strategy.apart, most)
    yield ""
    yield "</details>"


def _store(store: SharedStore) -> str:
    state = "in use" if store.imported else "to add"
    library = f"{markdown(store.library)} ({state})"
    layers = ", ".join(store.layers)
    return f"| {layers} | {store.caches} | {cell_code(store.store)} | {library} | {store.reason} |"


def _questions(store: SharedStore, most: int) -> Iterator[str]:
    yield from _listed(f"Bounds to decide for {cell_code(store.store)}", store.bounds, most)
    yield from _listed(f"Expiries to decide for {cell_code(store.store)}", store.expiries, most)


def _listed(title: str, lines: Sequence[str], most: int) -> Iterator[str]:
    if not lines:
        return
    yield ""
    yield f"{title}:"
    yield ""
    for line in lines[:most]:
        yield f"- {prose(line)}"
    if len(lines) > most:
        yield f"- ... and {len(lines) - most} more"
