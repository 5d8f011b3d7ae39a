"""Facts about good practice: limits and checks that the code itself enforces."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from exai_audit.location import Place


class PracticeKind(str, Enum):
    SEMAPHORE = "semaphore"
    CONNECTION_LIMIT = "connection-limit"
    HEALTH_CHECK = "health-check"
    HEARTBEAT = "heartbeat"
    LATENCY = "latency"


class PracticeFact(Struct, frozen=True):
    """One place that limits or checks something.

    ``name`` is the semaphore, the limit or the function. ``managed`` counts how often a semaphore
    is held so that it is surely released (``with``, or ``release`` in a ``finally``), ``loose``
    how often not. ``per_peer`` tells that a limit is on each peer. ``mentioned`` tells that the
    file itself uses the name elsewhere, or registers it as a route.
    """

    place: Place
    kind: PracticeKind
    name: str
    managed: int = 0
    loose: int = 0
    per_peer: bool = False
    mentioned: bool = False
