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
    pool that lives in one call. ``serves_async`` when it is made in a coroutine, or a coroutine of
    the same class (for a module's pool: of the module) uses it. ``closed`` names how it is closed
    (``with``, ``shutdown``), empty when the file shows nothing. ``handed_on`` when the file gives
    it away, so that another may close it. ``per_call`` names what makes it again and again
    (``coroutine``, ``loop``), or is empty.
    """

    place: Place
    callable: str
    kind: PoolKind
    workers: int | None
    workers_text: str
    lifetime: Lifetime | None
    serves_async: bool
    closed: str = ""
    handed_on: bool = False
    per_call: str = ""


@dataclass(frozen=True, slots=True)
class BlockingFact:
    """A call of the blocking list that a coroutine makes; ``instead`` says what to await.

    ``via`` is the line of the blocking call in the synchronous function ``via_symbol`` of the same
    file that the coroutine calls, 0 when the coroutine blocks itself.
    """

    place: Place
    operation: str
    instead: str
    via: int = 0
    via_symbol: str = ""
