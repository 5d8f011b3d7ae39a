"""Facts about limits on how long to wait."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from exai_audit.location import Place, Span


class TimeoutForm(str, Enum):
    CALL_KEYWORD = "call-keyword"
    KNOWN_API = "known-api"
    PROJECT_CALL = "project-call"
    PARAMETER_DEFAULT = "parameter-default"
    MODULE_CONSTANT = "module-constant"
    CLASS_FIELD = "class-field"
    INSTANCE_ATTRIBUTE = "instance-attribute"
    LOCAL = "local"
    MAPPING_ENTRY = "mapping-entry"
    FALLBACK = "fallback"
    COMMAND_OPTION = "command-option"


class ValueKind(str, Enum):
    LITERAL = "literal"
    REFERENCE = "reference"
    NONE = "none"


class Category(str, Enum):
    WEBSOCKET = "websocket"
    DATABASE = "database"
    HTTP_API = "http-api"
    SUBPROCESS = "subprocess"
    TOOL_EXECUTION = "tool-execution"
    LOCK_OR_QUEUE = "lock-or-queue"
    CIRCUIT_BREAKER = "circuit-breaker"
    GENERAL_ASYNC = "general-async"
    OTHER = "other"


class TimeoutFact(Struct, frozen=True):
    """One site where code supplies or names a limit.

    ``amount`` is the number as it is written, ``scale`` how many seconds its unit is where the code
    says so, ``seconds`` their product; each is None where it is unknown. ``name`` is the parameter,
    constant, key or keyword; ``operation`` the callee that is bounded, fully qualified where its
    origin is known, empty when unknown. ``key`` is the environment or configuration key that the
    literal stands in for, ``first`` the first argument of the call if that is a literal, as
    written, with the texts that are given beside it, ``target`` whom a request goes to, if the file
    shows that: a host, or the constant that names one. ``refers`` is the dotted name of the
    constant that a reference denotes, where its origin is known. ``fallback`` tells that the
    literal only stands in for what may be given otherwise.

    ``phases`` are the parts of a compound limit, each with its name and seconds, where they differ
    and their unit is known; ``choices`` are the amounts, as written, of which a condition chooses
    one. ``call`` is the line and column of the call that is given the limit. ``literal`` is the
    number as it is written, at ``literal_span``, where it is written at one place.

    ``role`` says why it is no policy although it stands in the code, and is empty where it is one:
    ``tick``, ``teardown``, ``lease``, ``setting``, ``defaults``, ``override``, ``person``,
    ``fallback`` of a setting that its class or module reads once; or ``mirror`` for a default that
    is handed on under its own name.
    """

    place: Place
    form: TimeoutForm
    value: ValueKind
    seconds: float | None
    name: str
    operation: str
    category: Category
    is_async: bool
    key: str = ""
    first: str = ""
    refers: str = ""
    fallback: bool = False
    amount: float | None = None
    scale: float | None = None
    role: str = ""
    phases: tuple[tuple[str, float], ...] = ()
    choices: tuple[float, ...] = ()
    call: tuple[int, int] = (0, 0)
    literal: str = ""
    literal_span: Span | None = None
    target: str = ""


ADDRESS_MAY = "its address may set a limit"
OF_A_SESSION = " (a session of requests)"
"""How the operation of a call ends whose receiver is only taken for such a session."""


class UnlimitedFact(Struct, frozen=True):
    """A call that by its library's documentation may wait for ever, as it is written.

    ``argument`` would limit it, ``waits`` is what it waits for (``network``, ``process``,
    ``in-process``), ``given`` tells that its code says None itself. It waits for ever only below
    version ``forever_below`` of ``package`` unless that is empty. ``doubt`` says why the limit may
    be there all the same, ``elsewhere`` tells that the client is made out of sight, ``guarded``
    tells that a limit stands around it, ``served`` that a coroutine or a request handler makes the
    call. ``rest_of`` is the function that hands all its other keywords on to the call, by its name
    in the module: what they are only its callers show. ``lifted`` tells that a parameter which is
    None by default lifts the library's own limit.
    """

    place: Place
    operation: str
    argument: str
    category: Category
    waits: str
    given: bool = False
    package: str = ""
    forever_below: str = ""
    doubt: str = ""
    elsewhere: bool = False
    guarded: bool = False
    served: bool = False
    rest_of: str = ""
    lifted: bool = False


class EnclosedFact(Struct, frozen=True):
    """A limit, or a call that may hold one, inside another limit.

    ``seconds`` and ``refers`` are those of the inner limit; both are empty for a call of the
    function ``operation`` that gives none itself. The limit around it has ``outer_seconds`` or
    ``outer_refers`` and stands at ``outer_line``. ``phase`` tells that both belong to one limit
    object, the outer being the limit on the whole.
    """

    place: Place
    operation: str
    name: str
    seconds: float | None
    refers: str
    outer: str
    outer_line: int
    outer_seconds: float | None
    outer_refers: str
    phase: bool = False


class Clue(str, Enum):
    """What tells that a unit is wrong: a magnitude alone is less sure than a likely one.

    An amount is one that a name says and its value contradicts: ``FIVE_MINUTES = 30``.
    """

    NAME = "name"
    CONVERSION = "conversion"
    MAGNITUDE = "magnitude"
    LIKELY = "likely"
    AMOUNT = "amount"


class MismatchFact(Struct, frozen=True):
    """A value of one unit where another is expected.

    ``given`` is the expression as written, in ``given_unit``; ``target`` the argument, name or key
    that takes ``target_unit``, of the call ``operation`` if it is an argument.
    """

    place: Place
    operation: str
    target: str
    target_unit: str
    given: str
    given_unit: str
    clue: Clue


BY_NAME = -1


class LimitParameter(Struct, frozen=True):
    """A parameter of a function of the file that is a limit.

    ``position`` counts without self, and is `BY_NAME` where it is given by keyword only.

    ``scale`` is how many seconds its unit is, None where its function's code leaves that open.
    """

    function: str
    name: str
    position: int
    scale: float | None


class HandedLimitFact(Struct, frozen=True):
    """A default, at ``place``, that reaches a function which another file may define.

    It is handed on at ``position`` or, where that is `BY_NAME`, as ``name``.
    """

    place: Place
    function: str
    position: int
    name: str
    number: float


class HandedUnitFact(Struct, frozen=True):
    """An argument, at ``place``, whose own words say in what unit it counts.

    It is handed to a function of the project at ``position`` or, where that is `BY_NAME`, as
    ``name``; ``given`` is the expression as written, ``scale`` how many seconds its unit is.
    """

    place: Place
    function: str
    position: int
    name: str
    given: str
    scale: float


class PassedLimitFact(Struct, frozen=True):
    """A number, ``literal`` as it is written, given by position to a function elsewhere."""

    place: Place
    function: str
    position: int
    number: float
    category: Category
    is_async: bool
    first: str = ""
    literal: str = ""
