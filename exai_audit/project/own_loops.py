"""Coroutines that run alone in a loop of their own, by what the whole project hands to whom."""

from __future__ import annotations

from collections.abc import Iterable

from exai_audit.facts.file import FileFacts


def alone_in_loops(files: Iterable[FileFacts]) -> frozenset[str]:
    """Return the last names of coroutines that are only ever run in loops of their own.

    They are handed to functions of the project that start a thread for a coroutine, or that run it
    themselves; these names nobody else may await, or hand to a loop that others share.
    """
    loops = [facts.own_loops for facts in files]
    threads = {name for one in loops for name in one.threads}
    inline = {name for one in loops for name in one.inline} - threads
    if not threads and not inline:
        return frozenset()
    awaited = {name for one in loops for name in one.awaited}
    alone: set[str] = set()
    shared: set[str] = set()
    for taker, work in (pair for one in loops for pair in one.handed):
        if taker in threads:
            alone.add(work)
        elif taker in inline:
            (shared if work in awaited else alone).add(work)
        else:
            shared.add(work)
    return frozenset(alone - shared)
