"""Facts about pools and about blocking calls in coroutines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from exai_audit.facts.caches import Lifetime
from exai_audit.location import Place


class PoolKind(str, Enum):
    THREAD = "thread"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class PoolFact:
    """One pool made in the file.

    ``workers`` is the resolved number, None when it is the default or an expression;
    ``workers_text`` is the argument as written (empty for the default). ``lifetime`` is None for a
    pool that lives in one call. ``serves_async`` when the module also has coroutines that use it.
    """

    place: Place
    callable: str
    kind: PoolKind
    workers: int | None
    workers_text: str
    lifetime: Lifetime | None
    serves_async: bool


@dataclass(frozen=True, slots=True)
class BlockingFact:
    """A call of the blocking list inside a coroutine; ``instead`` says what to await."""

    place: Place
    operation: str
    instead: str
