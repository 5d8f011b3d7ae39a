"""What looks something up under a key, and the key of a limit there."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

from exai_audit.knowledge.limit_names import is_timeout_key, is_timeout_like, words
from exai_audit.syntax.nodes import Argument, arguments, last_name, receiver, text_of

_DEFAULTS = frozenset({"default", "fallback", "default_value"})
_GETTERS = frozenset({
    "get", "getenv", "getint", "getfloat", "getattr", "pop", "setdefault", "env", "environ",
    "config", "conf", "setting", "lookup", "read", "load", "resolve",
})  # fmt: skip
_CASTING_GETTERS = frozenset({"int", "float", "str", "timedelta", "decimal"})
_SOURCES = frozenset({"env", "environ", "config", "conf", "settings", "options"})


def is_getter(call: ast.Call) -> bool:
    """Tell whether a call by its name looks something up under a key."""
    name = last_name(call.func)
    if not may_get(name):
        return False
    if name not in _CASTING_GETTERS:
        return True
    source = receiver(call.func)
    return source is not None and not _SOURCES.isdisjoint(words(last_name(source)))


@lru_cache(maxsize=16384)
def may_get(name: str) -> bool:
    """Tell whether a call of this name may look something up."""
    return name in _CASTING_GETTERS or not _GETTERS.isdisjoint(words(name))


def key_asked_for(call: ast.Call) -> str:
    """Return the timeout-like key that a getter looks up, empty for any other call."""
    return looked_up(call)[0]


def looked_up(call: ast.Call) -> tuple[str, int]:
    """Return the key of a limit that a getter looks up, and the position of its last part.

    Parts that are given one by one are joined by dots. Any other call has the key "".
    """
    if not is_getter(call):
        return "", 0
    given = arguments(call)
    for index, one in enumerate(given):
        if one.name or one.star or not looked_up_key(one.value):
            continue
        key = looked_up_key(one.value)
        is_text = isinstance(one.value, ast.Constant)
        return _with_its_parts(key, given, index) if is_text else (key, index)
    return "", 0


def _with_its_parts(key: str, given: Sequence[Argument], index: int) -> tuple[str, int]:
    """Return a key with the parts before and after it: ``get("http", "timeout", "read")``."""
    before = [text_of(part.value) or "" for part in given[:index]]
    after = [text_of(part.value) if not part.name else None for part in given[index + 1 :]]
    more = list(takewhile(_is_key_part, after))
    less = before if before and all(map(_is_key_part, before)) else []
    return ".".join([*less, key, *(part or "" for part in more)]), index + len(more)


def _is_key_part(text: str | None) -> bool:
    """Tell whether a text may be a part of a key that is given in several: no number."""
    return bool(text) and str(text).replace("-", "_").isidentifier()


def looked_up_key(node: ast.expr) -> str:
    """Return the key of a limit that an expression is, as text or as a constant named like it."""
    if isinstance(node, ast.Constant):
        text = text_of(node) or ""
        return text if is_timeout_key(text) else ""
    name = last_name(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
    return name if name.isupper() and is_timeout_like(_without_env(name)) else ""


def default_after(given: Sequence[Argument]) -> ast.expr | None:
    """Return the default among what is given after a key."""
    for one in given:
        if one.name in _DEFAULTS:
            return one.value
    return next((one.value for one in given[:1] if not one.name and not one.star), None)


def _without_env(name: str) -> str:
    return "_".join(part for part in name.split("_") if part not in ("ENV", "KEY", "VAR"))
