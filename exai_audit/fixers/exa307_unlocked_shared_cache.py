"""A lock around look-up and store: who else has to hold it is for a person to say."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.facts.caches import CacheFact
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.by_hand import by_hand
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.refusal import RefusedError
from exai_audit.project.cache_remedies import stand_apart


def fix(finding: Finding, bench: Bench) -> Fix:
    """Show where the lock is made, and which lines go below it."""
    cache = _fact(finding, bench)
    library, word = ("asyncio", "async with") if cache.awaits else ("threading", "with")
    name = cache.name.rpartition(".")[2]
    lock = f"{name.removesuffix('_cache')}_lock" if name.islower() else f"{name}_LOCK"
    first, last = sorted((cache.looked_up, cache.unlocked))
    made = f"{lock} = {library}.Lock() beside {finding.path}:{finding.line}"
    lines = f"{first} and, by itself, {last}" if stand_apart(cache) else f"{first} to {last}"
    return by_hand(f"{made}, and `{word} {lock}:` around lines {lines}")


def _fact(finding: Finding, bench: Bench) -> CacheFact:
    """Return the cache of a finding.

    Raises:
        RefusedError: it keeps no lines of its own to put a lock around.
    """
    for cache in bench.facts[finding.path].caches.found:
        if cache.place.span.line == finding.line and cache.unlocked:
            return cache
    raise RefusedError(finding.remedy)


FIXER = Fixer("EXA307", Applicability.SHOWN, fix)
