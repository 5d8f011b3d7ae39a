"""Facts about pools, bridges between threads and loops, and blocking calls in coroutines."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

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


class PoolFact(Struct, frozen=True):
    """One pool made in the file.

    ``workers`` is the resolved number, None when it is the default or an expression;
    ``workers_text`` is the argument as written (empty for the default). ``lazy`` when it is made on
    first use. ``serves_async`` when it is made in a coroutine, or a coroutine of the same class
    (for a module's pool: of the module) uses it. ``closed`` names how it is closed (``with``,
    ``shutdown``), empty when the file shows nothing; ``closed_by`` how its library closes it,
    ``at_exit`` whether the interpreter's exit does too. ``handed_on`` when the file gives it away,
    so that another may close it. ``per_call`` names what makes it again and again (``coroutine``,
    ``loop``, ``handler``, the ``wrapper`` of a decorator, a function that is ``called-again``, or
    perhaps a ``method``), or is empty. ``tasks`` is how many calls it is given in all, 0 where
    the file does not say. ``kept_as`` is the last name of what holds it. ``by_entry`` when the
    program's own start makes it, so that it ends with the program. ``left_by`` is the method of
    its class that closes the rest and not the pool, and ``left_line`` its line; ``lent`` when all
    that gives it away is to hand it to a call; ``asks_for_loop`` when a plain function makes it
    that asks whether a loop runs; ``loses_limit`` when its tasks are waited for with a limit inside
    its ``with`` block: the end of that waits for them without one. ``of_function`` is the function
    whose attribute it is.
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
    left_by: str = ""
    left_line: int = 0
    lent: bool = False
    asks_for_loop: bool = False
    loses_limit: bool = False
    of_function: str = ""


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


LOOPS = frozenset({BridgeKind.RUN, BridgeKind.RUN_UNTIL_COMPLETE})
"""The bridges that run an event loop until a coroutine is done."""


class RunsIn(str, Enum):
    """Where a function runs that is handed to a call."""

    POOL = "pool"
    THREAD_PER_CALL = "thread-per-call"
    THREAD = "thread"
    PROCESS = "process"


class Role(str, Enum):
    """What the code around a bridge is, as far as its own file shows.

    An entry starts the program. A runner has a loop that lives on after the call; an owner is
    there to run what it is given in a loop of its own.
    """

    LIBRARY = "library"
    ENTRY = "entry"
    RUNNER = "runner"
    OWNER = "owner"


class WaitDoubt(str, Enum):
    """Why a wait for another loop's coroutine may be limited although the file shows no limit.

    Its coroutine is a parameter, with the loop looked after or not; its loop is stopped here; it
    waits for the items of a queue; or nobody waits for the thread that waits.
    """

    PARAMETER = "parameter"
    LOOP_LOOKED_AFTER = "loop-looked-after"
    LOOP_ENDED = "loop-ended"
    ITEMS = "items"
    THREAD_OF_ITS_OWN = "thread-of-its-own"


class LoopHazard(str, Enum):
    """What shows that a loop made for one call does harm."""

    EACH_TURN = "each-turn"
    CLOSED_LOOP_LEFT = "closed-loop-left"
    LEFT_OPEN = "left-open"
    ERROR_SWALLOWED = "error-swallowed"
    AMONG_COROUTINES = "among-coroutines"
    OF_EITHER_KIND = "of-either-kind"


class BridgeFact(Struct, frozen=True):
    """A call that leads from synchronous code to coroutines, or back.

    ``function`` is the dotted name of the function it stands in, empty at module level; ``callers``
    are the functions through which the file itself calls that one, and that it does not call.
    ``new_loop`` when the loop is made for the call, not the thread's own. ``runs_in`` says where
    the function is run, ``handed_line`` on which line of the file that is said; both are empty
    where the file does not show it. ``itself`` when the bridge is not called but handed over.
    ``unlimited`` is where the result is waited for without a limit, ``doubt`` why it may end;
    ``stuck`` is where it is waited for in the very thread whose loop is to bring it. ``generic``
    when what is run is a parameter: the function is a bridge for others.
    ``guarded`` when a running loop is asked for first; ``fails`` when one surely runs already.
    ``runs`` is the dotted name of the coroutine function that is run, where the file says.
    ``pool`` is the dotted name of something of another file, or of a function: ``runs_in`` holds if
    that is a pool of threads.
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
    guarded: bool = False
    fails: bool = False
    hazard: LoopHazard | None = None
    runs: str = ""
    doubt: WaitDoubt | None = None
    stuck: Place | None = None
    generic: bool = False
    pool: str = ""


class OffloadedFunctionFact(Struct, frozen=True):
    """A function of another file, by its dotted name, that this file has run elsewhere.

    ``pool`` as in `BridgeFact`.
    """

    place: Place
    function: str
    runs_in: RunsIn
    pool: str = ""


class BlockingKind(str, Enum):
    """What a blocking call waits for; of ``TWIN`` only that a coroutine like it awaits it."""

    NETWORK = "network"
    PROCESS = "process"
    SLEEP = "sleep"
    DATABASE = "database"
    DNS = "dns"
    INPUT = "input"
    IN_PROCESS = "in-process"
    WORK = "work"
    FILE_SYSTEM = "file-system"
    TWIN = "twin"


class Moment(str, Enum):
    """When a coroutine runs in the life of its program, as far as its own file shows.

    ``ALONE`` when the program is that one coroutine.
    """

    SERVING = "serving"
    START = "start"
    END = "end"
    ALONE = "alone"


class BlockingFact(Struct, frozen=True):
    """A call of the blocking list; ``instead`` says what a coroutine awaits.

    ``seconds`` is how long it sleeps or waits at most, None where that is not known or not
    limited; ``loopback`` when it asks its own machine. ``needs`` are parameters of the function
    around it, each with whether it must be true for the call to be reached; ``queue`` is the last
    name of what it waits on, for queues. ``excused`` when a comment says that it is meant to block.
    ``callee`` is the term of what is called, of twins alone.
    ``untyped`` when it is known by its method and arguments alone, which ``operation`` quotes.
    """

    place: Place
    operation: str
    instead: str
    kind: BlockingKind
    seconds: float | None = None
    loopback: bool = False
    moment: Moment = Moment.SERVING
    needs: tuple[tuple[str, bool], ...] = ()
    queue: str = ""
    excused: bool = False
    callee: str = ""
    untyped: bool = False

    @property
    def file_system(self) -> bool:
        """Whether all it waits for is the file system."""
        return self.kind is BlockingKind.FILE_SYSTEM


BY_OBJECT = "?."
"""Begins the name of a method of which the file tells only how its object is called."""


class UnawaitedFact(Struct, frozen=True):
    """A call that nothing awaits, of a coroutine function or perhaps of one.

    Its statement throws it away, or, ``as_result``, it is used for what it would give if awaited.

    ``function`` is its dotted name, or ``?.object.method``. ``shown`` when the file itself or the
    knowledge table shows that it is a coroutine function; else the file that defines it tells
    (``FileFacts.coroutines``).
    ``in_coroutine`` when a coroutine makes the call, ``in_loop`` when it is made in a loop.
    """

    place: Place
    function: str
    shown: bool
    in_coroutine: bool
    in_loop: bool = False
    as_result: bool = False


class DroppedTaskFact(Struct, frozen=True):
    """A task that is started and that nothing keeps.

    ``operation`` starts it, ``work`` is what it runs, as written, empty where that is no call.
    ``watched`` when a callback is told of its end. ``by_name`` when its name alone says that a
    loop starts it, ``excused`` when a comment for another linter allows it, ``catches`` when what
    it runs catches all its own errors. ``starter`` is the dotted name of what is called, if that
    is not asyncio's own: it may start a task. ``elsewhere`` when another thread's loop runs it.
    """

    place: Place
    operation: str
    work: str
    watched: bool = False
    by_name: bool = False
    excused: bool = False
    catches: bool = False
    starter: str = ""
    elsewhere: bool = False


class FanOutFact(Struct, frozen=True):
    """All coroutines of a collection run at once by ``gather``, with no limit in sight.

    ``items`` is the collection as written, ``work`` what is done with each of them. ``reaches``
    is the operation by which the file shows that the work waits for another machine or process,
    empty where it does not.
    """

    place: Place
    items: str
    work: str
    reaches: str = ""


class LoopCallbackFact(Struct, frozen=True):
    """A function that a coroutine awaits if it is a coroutine function, and else calls itself.

    ``callback`` is what is called, as written; ``work`` when it is handed in, and its name
    speaks of work (a tool, a task), not of a callback, a hook or the like.
    """

    place: Place
    callback: str
    work: bool


class LoopBoundFact(Struct, frozen=True):
    """A lock, queue or client that belongs to the event loop that first uses it.

    ``kept_as`` is what it is kept as, in the words of the file; ``at_import`` when it is made as
    the module is imported, else it is its object's. ``users`` are the dotted names of the
    coroutine functions of the file that use it, directly or through others of the file.
    """

    place: Place
    callable: str
    kept_as: str
    at_import: bool
    users: tuple[str, ...]


class PoolWaitFact(Struct, frozen=True):
    """A task of a pool that hands work to its own pool, at ``place``, and waits for it.

    ``handed_line`` is where the task itself is handed over, ``wait_line`` where it waits,
    ``limited`` when that wait has a limit.
    """

    place: Place
    pool: str
    handed_line: int
    wait_line: int
    limited: bool = False


class OwnLoopFacts(Struct, frozen=True):
    """Who runs coroutines in loops of their own, and which coroutines are handed to whom.

    ``threads`` are the plain functions of the file that start a thread in which a coroutine that
    they are given runs alone, ``inline`` those that run it themselves. ``handed`` are the calls
    that may take a coroutine with the name of what is called for it, ``awaited`` the names of the
    functions whose calls are awaited. All are last names.
    """

    threads: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    handed: tuple[tuple[str, str], ...] = ()
    awaited: tuple[str, ...] = ()
