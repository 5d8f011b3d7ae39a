"""Names of methods and functions that say nothing of what they are called on, or never wait."""

from __future__ import annotations

OF_ANYTHING = frozenset({
    "get", "pop", "update", "keys", "values", "items", "join", "read", "write", "close", "index",
    "count", "copy", "append", "add", "remove", "clear", "split", "strip", "encode", "decode",
    "open", "start", "set",
})  # fmt: skip
"""Methods that so many objects have that an argument's call of one says nothing."""
OF_PLAIN_OBJECTS = frozenset({
    "append", "extend", "items", "keys", "values", "strip", "rstrip", "lstrip", "lower", "upper",
    "startswith", "endswith", "format", "split", "rsplit", "join", "encode", "decode",
    "isdigit", "setdefault", "title", "splitlines", "partition", "rpartition", "sort",
    "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "getLogger",
    "isinstance", "issubclass", "len", "str", "int", "float", "bool", "repr", "print", "getattr",
    "setattr", "hasattr", "super", "type", "field", "Field", "cast", "TypeVar", "deepcopy", "copy",
    "create_task", "ensure_future", "set_result", "set_exception", "done", "cancel", "cancelled",
    "add_done_callback", "wraps", "partial", "dumps", "loads", "model_dump", "model_validate",
    "to_dict", "from_dict", "isoformat", "total_seconds", "group", "sub", "casefold", "hex",
    "digest", "hexdigest", "setLevel", "addHandler", "get_logger",
})  # fmt: skip
"""Methods and functions that wait for nothing, whatever class they are of."""
