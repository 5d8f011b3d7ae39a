"""What runs in pools that other files make: bridges and functions handed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from exai_audit.facts.concurrency import BridgeFact, PoolFact, PoolKind, PoolLifetime
from exai_audit.facts.file import FileFacts
from exai_audit.project.calls import exported_names, spellings

_DEEPEST = 4
_OF_CLASSES = (PoolLifetime.INSTANCE, PoolLifetime.CLASS)


def with_foreign_pools(files: Sequence[FileFacts]) -> tuple[FileFacts, ...]:
    """Return the files without what would hold if something were a pool of threads, and is none."""
    if not any(map(_is_open, files)):
        return tuple(files)
    pools = _Pools(files)
    return tuple(pools.completed(file) if _is_open(file) else file for file in files)


def _is_open(file: FileFacts) -> bool:
    handed = any(fact.pool for fact in file.offloaded_functions)
    return handed or any(fact.pool for fact in file.bridges)


class _Pools:
    """The pools of threads of a project by their dotted names."""

    def __init__(self, files: Sequence[FileFacts]) -> None:
        self._exported = exported_names(files)
        self._names = frozenset(name for file in files for name in _names(file))
        self._bases = {
            f"{file.module}.{one.name}": one.bases
            for file in files
            for one in file.definitions.classes
        }

    def completed(self, file: FileFacts) -> FileFacts:
        """Return a file with what is known of its bridges and of what it hands over."""
        handed = (f for f in file.offloaded_functions if not f.pool or self._is_pool(f.pool))
        bridges = tuple(self._known(file.bridges))
        return replace(file, bridges=bridges, offloaded_functions=tuple(handed))

    def _known(self, facts: Sequence[BridgeFact]) -> Iterator[BridgeFact]:
        """Yield bridges as they are, or, without the pool that is none, as they are else."""
        for fact in facts:
            if not fact.pool or self._is_pool(fact.pool):
                yield fact
            elif not fact.itself:
                yield replace(fact, runs_in=None, handed_line=0, pool="")

    def _is_pool(self, name: str, deepest: int = _DEEPEST) -> bool:
        """Tell whether a name is that of a pool, or of one that a base of its class keeps."""
        if not self._names.isdisjoint(spellings(name, self._exported)):
            return True
        owner, _, kept = name.rpartition(".")
        bases = self._bases.get(self._exported.get(owner, owner), ()) if deepest else ()
        return any(self._is_pool(f"{base}.{kept}", deepest - 1) for base in bases)


def _names(file: FileFacts) -> Iterator[str]:
    for pool in file.pools:
        holder = _holder(pool)
        if pool.kind is PoolKind.THREAD and pool.kept_as and holder is not None:
            yield ".".join(part for part in (file.module, holder, pool.kept_as) if part)


def _holder(pool: PoolFact) -> str | None:
    """Return the class or function whose attribute a pool is; None for one of a single call."""
    if pool.lifetime is PoolLifetime.MODULE:
        return ""
    if pool.lifetime is PoolLifetime.FUNCTION_ATTRIBUTE:
        return pool.of_function
    return pool.place.symbol.partition(".")[0] if pool.lifetime in _OF_CLASSES else None
