"""Facts about pools, bridges between threads and loops, and blocking calls in coroutines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from exai_audit.location import Place


class PoolKind(str, Enum):
    THREAD = "thread"
    PROCESS = "process"


class Workers(str, Enum):
    """Where the number of workers comes from."""

    LITERAL = "literal"
    CONSTANT = "constant"
    PARAMETER_DEFAULT = "parameter-default"
    EXPRESSION = "expression"
    DEFAULT = "default"


class PoolLifetime(str, Enum):
    """How long a pool lives: as what it is kept in, else one call or one turn of a loop."""

    MODULE = "module"
    CLASS = "class"
    INSTANCE = "instance"
    FUNCTION_ATTRIBUTE = "function-attribute"
    CALL = "call"
    LOOP_TURN = "loop-turn"


@dataclass(frozen=True, slots=True)
class PoolFact:
    """One pool made in the file.

    ``workers`` is the resolved number, None when it is the default or an expression;
    ``workers_text`` is the argument as written (empty for the default). ``lazy`` when it is made on
    first use. ``serves_async`` when it is made in a coroutine, or a coroutine of the same class
    (for a module's pool: of the module) uses it. ``closed`` names how it is closed (``with``,
    ``shutdown``), empty when the file shows nothing; ``closed_by`` how its library closes it,
    ``at_exit`` whether the interpreter's exit does too. ``handed_on`` when the file gives it away,
    so that another may close it. ``per_call`` names what makes it again and again (``coroutine``,
    ``loop``, ``handler``), or is empty. ``tasks`` is how many calls it is given in all, 0 where
    the file does not say. ``kept_as`` is the last name of what holds it. ``by_entry`` when the
    program's own start makes it, so that it ends with the program.
    """

    place: Place
    callable: str
    kind: PoolKind
    workers: int | None
    workers_text: str
    sized_by: Workers
    lifetime: PoolLifetime
    serves_async: bool
    lazy: bool = False
    closed: str = ""
    closed_by: tuple[str, ...] = ()
    at_exit: bool = False
    handed_on: bool = False
    per_call: str = ""
    tasks: int = 0
    kept_as: str = ""
    by_entry: bool = False
    default: str = ""
    with_four: int | None = None


class BridgeKind(str, Enum):
    RUN = "run"
    RUN_UNTIL_COMPLETE = "run-until-complete"
    NEW_EVENT_LOOP = "new-event-loop"
    RUN_COROUTINE_THREADSAFE = "run-coroutine-threadsafe"
    RUN_IN_EXECUTOR = "run-in-executor"
    TO_THREAD = "to-thread"
    NEST_ASYNCIO = "nest-asyncio"
    ASYNC_TO_SYNC = "async-to-sync"
    SYNC_TO_ASYNC = "sync-to-async"
    OWN = "own"


class RunsIn(str, Enum):
    """Where a function runs that is handed to a call."""

    POOL = "pool"
    THREAD_PER_CALL = "thread-per-call"
    THREAD = "thread"
    PROCESS = "process"


class Role(str, Enum):
    """What the code around a bridge is, as far as its own file shows.

    An entry starts the program. A runner has a loop that lives on after the call; an owner makes
    and closes a loop in the same function.
    """

    LIBRARY = "library"
    ENTRY = "entry"
    RUNNER = "runner"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class BridgeFact:
    """A call that leads from synchronous code to coroutines, or back.

    ``function`` is the dotted name of the function it stands in, empty at module level; ``callers``
    are the functions through which the file itself calls that one, and that it does not call.
    ``new_loop`` when the loop is made for the call, not the thread's own. ``runs_in`` says where
    the function is run, ``handed_line`` on which line of the file that is said; both are empty
    where the file does not show it. ``itself`` when the bridge is not called but handed over.
    ``unlimited`` is where the result is waited for without a limit.
    """

    place: Place
    kind: BridgeKind
    operation: str
    is_async: bool
    role: Role
    function: str = ""
    callers: tuple[str, ...] = ()
    runs_in: RunsIn | None = None
    handed_line: int = 0
    itself: bool = False
    unlimited: Place | None = None
    new_loop: bool = False


@dataclass(frozen=True, slots=True)
class OffloadedFunctionFact:
    """A function of another file, by its dotted name, that this file has run elsewhere."""

    place: Place
    function: str
    runs_in: RunsIn


@dataclass(frozen=True, slots=True)
class BlockingFact:
    """A call of the blocking list that a coroutine makes; ``instead`` says what to await.

    ``via`` is the line of the blocking call in the synchronous function ``via_symbol`` of the same
    file that the coroutine calls, 0 when the coroutine blocks itself. ``file_system`` when all it
    waits for is the file system.
    """

    place: Place
    operation: str
    instead: str
    via: int = 0
    via_symbol: str = ""
    file_system: bool = False


@dataclass(frozen=True, slots=True)
class UnawaitedFact:
    """A call whose result its statement throws away, of a coroutine function or perhaps of one.

    ``function`` is its dotted name. ``shown`` when the file itself or the knowledge table shows
    that it is a coroutine function; else the file that defines it tells (``FileFacts.coroutines``).
    ``in_coroutine`` when a coroutine makes the call, ``in_loop`` when it is made in a loop.
    """

    place: Place
    function: str
    shown: bool
    in_coroutine: bool
    in_loop: bool = False


@dataclass(frozen=True, slots=True)
class DroppedTaskFact:
    """A task that is started and that nothing keeps.

    ``operation`` starts it, ``work`` is what it runs, as written, empty where that is no call.
    ``watched`` when a callback is told of its end.
    """

    place: Place
    operation: str
    work: str
    watched: bool = False


@dataclass(frozen=True, slots=True)
class FanOutFact:
    """All coroutines of a collection run at once by ``gather``, with no limit in sight.

    ``items`` is the collection as written, ``work`` what is done with each of them. ``reaches``
    is the operation by which the file shows that the work waits for another machine or process,
    empty where it does not.
    """

    place: Place
    items: str
    work: str
    reaches: str = ""


@dataclass(frozen=True, slots=True)
class LoopCallbackFact:
    """A function that a coroutine awaits if it is a coroutine function, and else calls itself.

    ``callback`` is what is called, as written; ``work`` when it is handed in, and its name
    speaks of work (a tool, a task), not of a callback, a hook or the like.
    """

    place: Place
    callback: str
    work: bool
