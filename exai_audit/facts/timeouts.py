"""Facts about limits on how long to wait."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from exai_audit.location import Place


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


@dataclass(frozen=True, slots=True)
class TimeoutFact:
    """One site where code supplies or names a limit.

    ``seconds`` is None unless the value is known; ``name`` is the parameter, constant, key or
    keyword; ``operation`` the callee that is bounded, fully qualified where its origin is known,
    empty when unknown. ``key`` is the environment or configuration key that the literal stands in
    for, ``first`` the first argument of the call if that is a literal, as written.
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
