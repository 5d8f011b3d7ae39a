"""What only looks like a limit: reports of one, how long a cache keeps things, socket options."""

from __future__ import annotations

import ast

from exai_audit.knowledge.limit_names import words
from exai_audit.knowledge.table import table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import last_name, receiver, text_of

_LOGGING = frozenset({
    "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "msg", "bind",
})  # fmt: skip
_LOGGERS = frozenset({"log", "logger", "logging", "structlog", "slog", "loguru"})
_METRICS = frozenset({
    "metric", "metrics", "statsd", "counter", "gauge", "histogram", "telemetry", "span", "tracer",
    "stats", "labels",
})  # fmt: skip
_EXCEPTION = ("Error", "Exception", "Warning", "Timeout", "TimedOut")
# How long a cache keeps an entry is called its timeout too.
_KEEPERS = frozenset({
    "set", "add", "get_or_set", "set_many", "touch", "expire", "cached", "memoize", "cache_page",
})  # fmt: skip
_CACHES = frozenset({"cache", "caches", "cached", "memoize", "memoized"})
_LIFETIMES = (("timeout",), ("default", "timeout"))
# Numbers of socket options, which the socket module does not define everywhere.
_SOCKET_OPTIONS = frozenset({"TCP_USER_TIMEOUT", "SO_RCVTIMEO", "SO_SNDTIMEO"})


def says_only(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call only reports: an exception, a log line, a metric."""
    name = last_name(call.func)
    source = receiver(call.func)
    around = set(words(last_name(source))) if source is not None else set()
    if name in _LOGGING and around & _LOGGERS:
        return True
    if around & _METRICS or set(words(name)) & _METRICS:
        return True
    if isinstance(tree.parent(call), ast.Raise):
        return True
    if not name.lstrip("_")[:1].isupper():
        return False
    return name.endswith(_EXCEPTION[:3]) or (
        name.endswith(_EXCEPTION[3:])
        and table().call(tree.qualified(call.func) or "") is None
        and not any(words(given.arg) for given in call.keywords if given.arg)
    )


def is_lifetime(name: str, at: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a bare ``timeout`` of a cache class says how long it keeps its entries."""
    owner = tree.class_of(at) if words(name) in _LIFETIMES else None
    named = words(owner.name) if owner is not None else ()
    return bool({*named[:1], *named[-1:]} & _CACHES)


def is_the_longest(target: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether a name is there to find the longest, or shortest, of several limits."""
    if not isinstance(target, ast.Name):
        return False
    found = (value for value in tree.bindings(target.id, target) if isinstance(value, ast.Call))
    return any(
        last_name(call.func) in ("max", "min")
        and any(isinstance(one, ast.Name) and one.id == target.id for one in call.args)
        for call in found
    )


def names_no_limit(name: str, target: ast.expr) -> bool:
    """Tell whether a name is that of a class (``Timeout = Union[...]``) or a socket option."""
    is_class = name[:1].isupper() and not name.isupper() and isinstance(target, ast.Name)
    return is_class or name in _SOCKET_OPTIONS


def keeps_entries(mapping: ast.Dict) -> bool:
    """Tell whether a mapping sets up a cache by naming its class: ``"BACKEND": "...Cache"``."""
    texts = (text_of(value) or "" for value in mapping.values)
    return any(text.count(".") and _CACHES & set(words(text)) for text in texts)


def gives_lifetime(call: ast.Call, tree: ModuleTree) -> bool:
    """Tell whether a call gives the time that a cache keeps something."""
    if not any(given.arg and words(given.arg) in _LIFETIMES for given in call.keywords):
        return False
    callee = words(last_name(call.func))
    if {*callee[:1], *callee[-1:]} & _CACHES:
        return True
    return last_name(call.func) in _KEEPERS and bool(set(_owner(call, tree)) & _CACHES)


def _owner(call: ast.Call, tree: ModuleTree) -> tuple[str, ...]:
    """Return the last word of what a function is called on, or of the module it comes from."""
    source = receiver(call.func)
    name = last_name(source) if source is not None else ""
    if not name:
        name = (tree.qualified(call.func) or "").rpartition(".")[0].rpartition(".")[2]
    return words(name)[-1:]
