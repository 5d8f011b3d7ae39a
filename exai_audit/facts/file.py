"""Everything that one file says."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from exai_audit.facts.caches import CacheFacts, GoneOverFact
from exai_audit.facts.calls import DefinitionFacts
from exai_audit.facts.concurrency import (
    BlockingFact,
    BridgeFact,
    DroppedTaskFact,
    FanOutFact,
    LoopBoundFact,
    LoopCallbackFact,
    OffloadedFunctionFact,
    OwnLoopFacts,
    PoolFact,
    PoolWaitFact,
    UnawaitedFact,
)
from exai_audit.facts.practices import PracticeFact
from exai_audit.facts.references import ReferenceFact
from exai_audit.facts.size import LineCounts, SizeFacts
from exai_audit.facts.suppressions import SuppressionFact
from exai_audit.facts.symbols import ModuleShape
from exai_audit.facts.timeouts import (
    EnclosedFact,
    HandedLimitFact,
    HandedUnitFact,
    LimitParameter,
    MismatchFact,
    PassedLimitFact,
    TimeoutFact,
    UnlimitedFact,
)
from exai_audit.facts.waits import (
    FrameworkSettingFact,
    ShortLimitFact,
    UnforwardedFact,
    WallClockFact,
)

_NO_SIZES = SizeFacts()
_NO_CACHES = CacheFacts()
_NO_DEFINITIONS = DefinitionFacts()
_NO_OWN_LOOPS = OwnLoopFacts()


class FailureKind(str, Enum):
    SYNTAX = "syntax"
    UNREADABLE = "unreadable"


class Failure(Struct, frozen=True):
    """Why a file could not be judged, where the parser stopped."""

    kind: FailureKind
    line: int
    column: int
    reason: str
    evidence: str


class FileFacts(Struct, frozen=True):
    """What one file says. ``module`` is its dotted name below the root.

    ``shape`` is that of an oversized module in a judged scope, None for all others. ``coroutines``
    are the dotted names of its coroutine functions, ``supports_tests`` tells that it holds what
    only tests need, ``starts_tasks`` that a class of it has a method ``create_task`` of its own.
    ``task_starters`` are the dotted names of functions that start a task and only give it back.
    """

    path: str
    module: str
    lines: LineCounts
    generated: bool = False
    failure: Failure | None = None
    size: SizeFacts = _NO_SIZES
    imports: tuple[str, ...] = ()
    timeouts: tuple[TimeoutFact, ...] = ()
    unlimited: tuple[UnlimitedFact, ...] = ()
    enclosed: tuple[EnclosedFact, ...] = ()
    mismatches: tuple[MismatchFact, ...] = ()
    limit_parameters: tuple[LimitParameter, ...] = ()
    passed_limits: tuple[PassedLimitFact, ...] = ()
    handed_limits: tuple[HandedLimitFact, ...] = ()
    handed_units: tuple[HandedUnitFact, ...] = ()
    unforwarded: tuple[UnforwardedFact, ...] = ()
    short_limits: tuple[ShortLimitFact, ...] = ()
    wall_clocks: tuple[WallClockFact, ...] = ()
    gone_over: tuple[GoneOverFact, ...] = ()
    framework_settings: tuple[FrameworkSettingFact, ...] = ()
    caches: CacheFacts = _NO_CACHES
    pools: tuple[PoolFact, ...] = ()
    bridges: tuple[BridgeFact, ...] = ()
    offloaded_functions: tuple[OffloadedFunctionFact, ...] = ()
    blocking: tuple[BlockingFact, ...] = ()
    coroutines: tuple[str, ...] = ()
    own_loops: OwnLoopFacts = _NO_OWN_LOOPS
    unawaited: tuple[UnawaitedFact, ...] = ()
    dropped_tasks: tuple[DroppedTaskFact, ...] = ()
    fan_outs: tuple[FanOutFact, ...] = ()
    loop_callbacks: tuple[LoopCallbackFact, ...] = ()
    definitions: DefinitionFacts = _NO_DEFINITIONS
    semaphores: tuple[PracticeFact, ...] = ()
    health: tuple[PracticeFact, ...] = ()
    suppressions: tuple[SuppressionFact, ...] = ()
    shape: ModuleShape | None = None
    references: tuple[ReferenceFact, ...] = ()
    supports_tests: bool = False
    loop_bound: tuple[LoopBoundFact, ...] = ()
    pool_waits: tuple[PoolWaitFact, ...] = ()
    starts_tasks: bool = False
    task_starters: tuple[str, ...] = ()
