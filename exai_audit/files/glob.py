"""Path patterns of the settings, with ruff's meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_SPECIAL = re.compile(r"[/*?\[{]")
_MOST_STARS = 1  # a regular expression tries all ways to share the path out among them
_LONGEST = 4096
_TOKEN = re.compile(r"\*\*/|\*+|\?|\[!?[^\]]+\]|\{[^{}]*\}|.", re.DOTALL)


def matches(pattern: str, path: str) -> bool:
    """Tell whether ``pattern`` matches ``path`` itself, relative to the root, with slashes.

    A pattern without a slash is compared with the last part of the path. ``*`` matches slashes
    too, ``**/`` any number of folders, ``{a,b}`` one of several; a backslash is a slash.
    """
    clean = _clean(pattern)
    subject = path if "/" in clean else path.rsplit("/", 1)[-1]
    tokens = _TOKEN.findall(clean)
    if "{" in clean or sum(token.startswith("*") for token in tokens) > _MOST_STARS:
        return _matches_slowly(tokens, subject)
    return _compiled(clean).fullmatch(subject) is not None


def _matches_slowly(tokens: Iterable[str], path: str) -> bool:
    """Match in time that grows with the pattern and the path, not with a power of the path."""
    reached = {0}
    for token in tokens:
        if token == "**/":
            reached |= {i for i in range(min(reached) + 1, len(path) + 1) if path[i - 1] == "/"}
        elif token.startswith("*"):
            reached = set(range(min(reached), len(path) + 1))
        else:
            pieces = token[1:-1].split(",") if token.startswith("{") and len(token) > 1 else None
            reached = {end for start in reached for end in _ends(token, pieces, path, start)}
        if not reached:
            return False
    return len(path) in reached


def _ends(token: str, pieces: Iterable[str] | None, path: str, start: int) -> Iterable[int]:
    if pieces is not None:
        return [start + len(piece) for piece in pieces if path.startswith(piece, start)]
    found = _compiled(token).match(path, start)
    return [found.end()] if found else []


class Excludes:
    """Patterns asked of many paths: plain names are looked up, the others tried one by one."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._names: dict[str, str] = {}
        self._others: list[str] = []
        for pattern in patterns:
            clean = _clean(pattern)
            if _SPECIAL.search(clean):
                self._others.append(pattern)
            else:
                self._names.setdefault(clean, pattern)

    def matching(self, path: str, name: str) -> str | None:
        """Return the pattern that matches ``path``, whose last part is ``name``."""
        found = self._names.get(name)
        return found or next((p for p in self._others if matches(p, path)), None)


def covers(pattern: str, path: str) -> bool:
    """Tell whether ``pattern`` matches ``path`` or a folder that it lies in.

    With ``!`` in front: everything that the rest of the pattern does not cover.
    """
    if pattern.startswith("!"):
        return not covers(pattern[1:], path)
    parts = path.split("/")
    return any(matches(pattern, "/".join(parts[:end])) for end in range(len(parts), 0, -1))


def any_covers(patterns: Iterable[str], path: str) -> bool:
    """Tell whether one of ``patterns`` covers ``path``."""
    return any(covers(pattern, path) for pattern in patterns)


def is_pattern(pattern: str) -> bool:
    """Tell whether ``pattern`` is well formed."""
    if len(pattern) > _LONGEST:
        return False
    try:
        _compiled(pattern)
    except re.error:
        return False
    return True


def _clean(pattern: str) -> str:
    return pattern.replace("\\", "/").removeprefix("./").rstrip("/")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(map(_as_regex, _TOKEN.findall(pattern))), re.DOTALL)


def _as_regex(token: str) -> str:
    if token == "**/":
        return "(?:.*/)?"
    if token.startswith("*"):
        return ".*"
    if token == "?":
        return "."
    if token.startswith("[") and len(token) > 2:
        inner = token[1:-1].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
        return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    if token.startswith("{") and len(token) > 1:
        return "(?:" + "|".join(re.escape(part) for part in token[1:-1].split(",")) + ")"
    return re.escape(token)
