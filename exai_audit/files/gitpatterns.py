"""The lines of ``.gitignore`` files, matched as git matches them (``dir.c``, ``wildmatch.c``).

Git tries every way to share a path out among the wildcards of a line, and so does a regular
expression. A line with more than two is matched here in steps that grow with line times path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import cached_property

from msgspec import Struct

_LONGEST_LINE = 4096  # as long as a path can be
_MOST_WILD = 2
_SUFFIXES = (".py", ".pyi")
_POSIX = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": "!-/:-@\\[-`{-~", "space": "\\s", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


class _Kind(Enum):
    """What a piece of a line matches; the value is the regular expression that says the same."""

    TEXT = ""
    ONE = "[^/]"
    CLASS = "class"
    STAR = "[^/]*"
    DEEP = ".*"
    FOLDERS = "(?:.*/)?"


_WILD = (_Kind.STAR, _Kind.DEEP, _Kind.FOLDERS)
_Piece = tuple[_Kind, str]


class _NeverMatchesError(Exception):
    """A line that is no pattern: git passes over it."""


class Pattern(Struct, frozen=True, dict=True):
    """One line: what it matches, and whether it takes back what earlier lines said."""

    pieces: tuple[_Piece, ...]
    includes: bool
    folders_only: bool
    whole_path: bool

    @property
    def plain_name(self) -> str | None:
        """The name that it matches and nothing else, None where there is no such name."""
        simple = len(self.pieces) == 1 and self.pieces[0][0] is _Kind.TEXT
        return self.pieces[0][1] if simple and not self.whole_path else None

    @property
    def may_name_python(self) -> bool:
        """Whether it can match a Python file itself, not only a folder around it."""
        kind, text = self.pieces[-1]
        if self.folders_only:
            return False
        if kind is _Kind.TEXT:
            return any(suffix.endswith(text) or text.endswith(suffix) for suffix in _SUFFIXES)
        return kind is not _Kind.CLASS or any(re.fullmatch(text, end) for end in "yi")

    def takes(self, is_folder: bool) -> bool:
        """Tell whether it speaks of folders, or of files."""
        return is_folder or not self.folders_only

    def matches(self, path: str, name: str, is_folder: bool) -> bool:
        """Tell whether it matches ``path``, relative to its file, with ``name`` as last part."""
        if not self.takes(is_folder):
            return False
        subject = path if self.whole_path else name
        if self._regex is not None:
            return self._regex.fullmatch(subject) is not None
        return _matches_in_steps(self.pieces, subject)

    @cached_property
    def _regex(self) -> re.Pattern[str] | None:
        if sum(kind in _WILD for kind, _ in self.pieces) > _MOST_WILD:
            return None
        return re.compile("".join(map(_as_regex, self.pieces)), re.DOTALL)


class Patterns:
    """The lines of one file; of those that match a path the last decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._names: dict[str, list[tuple[int, Pattern]]] = {}
        self._others: list[tuple[int, Pattern]] = []
        self.may_name_python = False
        for number, pattern in enumerate(filter(None, map(parsed, lines))):
            self.may_name_python = self.may_name_python or pattern.may_name_python
            name = pattern.plain_name
            place = self._others if name is None else self._names.setdefault(name, [])
            place.append((number, pattern))

    def __bool__(self) -> bool:
        return bool(self._names or self._others)

    def ignores(self, path: str, is_folder: bool) -> bool | None:
        """Tell whether the lines leave ``path`` out or take it back in, None for neither."""
        name = path.rpartition("/")[2]
        named = (one for one in reversed(self._names.get(name, ())) if one[1].takes(is_folder))
        number, plain = next(named, (-1, None))
        for later, pattern in reversed(self._others):
            if later < number:
                break
            if pattern.matches(path, name, is_folder):
                return not pattern.includes
        return None if plain is None else not plain.includes


def parsed(line: str) -> Pattern | None:
    """Return what a line says, None where it says nothing or git passes over it."""
    text = _trimmed(line.removesuffix("\r"))
    if not text or text.startswith("#") or len(text) > _LONGEST_LINE:
        return None
    includes, text = text.startswith("!"), text.removeprefix("!")
    folders_only, text = text.endswith("/"), text.removesuffix("/")
    whole_path, text = "/" in text, text.removeprefix("/")
    try:
        pieces = tuple(_joined(_pieces(text, whole_path)))
    except _NeverMatchesError:
        return None
    return Pattern(pieces, includes, folders_only, whole_path) if pieces else None


def _trimmed(line: str) -> str:
    """Return a line without the blanks at its end that no backslash keeps."""
    bare = line.rstrip(" ")
    backslashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if backslashes % 2 and len(bare) < len(line) else bare


def _joined(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Yield pieces, texts that follow each other as one."""
    text = ""
    for kind, more in pieces:
        if kind is _Kind.TEXT:
            text += more
            continue
        if text:
            yield _Kind.TEXT, text
            text = ""
        yield kind, more
    if text:
        yield _Kind.TEXT, text


def _pieces(text: str, whole_path: bool) -> Iterator[_Piece]:
    at = 0
    literal_so_far = True
    while at < len(text):
        char = text[at]
        if char == "*":
            end = at + len(text[at:]) - len(text[at:].lstrip("*"))
            is_deep = end - at > 1 and whole_path and _stands_alone(text, at, end, literal_so_far)
            if is_deep and text[end : end + 1] == "/":
                yield _Kind.FOLDERS, ""
                end += 1
            else:
                yield (_Kind.DEEP if is_deep else _Kind.STAR), ""
            at = end
        elif char == "?":
            yield _Kind.ONE, ""
            at += 1
        elif char == "[":
            at, pattern = _class(text, at + 1)
            yield _Kind.CLASS, pattern
        else:
            at += char == "\\"
            if at == len(text):
                raise _NeverMatchesError
            yield _Kind.TEXT, text[at]
            at += 1
        literal_so_far = literal_so_far and char not in "*?[\\"


def _stands_alone(text: str, at: int, end: int, literal_so_far: bool) -> bool:
    """Tell whether stars are all of a part of the path.

    Git compares the text before the first wildcard by itself and then forgets it: stars that come
    first may follow anything.
    """
    return (literal_so_far or text[at - 1] == "/") and (end == len(text) or text[end] == "/")


def _class(text: str, at: int) -> tuple[int, str]:
    """Return where a set of characters ends, and it as a regular expression.

    Raises:
        _NeverMatchesError: it never ends.
    """
    negated = text[at : at + 1] in ("!", "^")
    at += negated
    first, items, previous = at, [], ""
    while at < len(text) and (text[at] != "]" or at == first):
        if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
            items.append(_POSIX.get(text[at + 2 : end], ""))
            at, previous = end + 2, ""
        elif text[at] == "-" and previous and text[at + 1 : at + 2] not in ("", "]"):
            at, last = _character(text, at + 1)
            items.append(f"{re.escape(previous)}-{re.escape(last)}" if previous <= last else "")
            previous = ""
        else:
            at, previous = _character(text, at)
            items.append(re.escape(previous))
    if at >= len(text):
        raise _NeverMatchesError
    inside = "".join(items)
    if negated:
        return at + 1, f"[^/{inside}]"
    return at + 1, f"(?!/)[{inside}]" if inside else "(?!)"


def _character(text: str, at: int) -> tuple[int, str]:
    at += text[at] == "\\"
    if at >= len(text):
        raise _NeverMatchesError
    return at + 1, text[at]


def _as_regex(piece: _Piece) -> str:
    kind, text = piece
    if kind is _Kind.TEXT:
        return re.escape(text)
    return text if kind is _Kind.CLASS else str(kind.value)


def _matches_in_steps(pieces: Sequence[_Piece], path: str) -> bool:
    reached = {0}
    for kind, text in pieces:
        if kind is _Kind.FOLDERS:
            first = min(reached)
            reached |= {i for i in range(first + 1, len(path) + 1) if path[i - 1] == "/"}
        elif kind is _Kind.DEEP:
            reached = set(range(min(reached), len(path) + 1))
        elif kind is _Kind.STAR:
            reached = set(_upto_slashes(reached, path))
        elif kind is _Kind.TEXT:
            reached = {i + len(text) for i in reached if path.startswith(text, i)}
        else:
            one = re.compile(_as_regex((kind, text)), re.DOTALL)
            reached = {i + 1 for i in reached if one.match(path, i)}
        if not reached:
            return False
    return len(path) in reached


def _upto_slashes(reached: set[int], path: str) -> Iterator[int]:
    """Yield each place that is reached from others without passing a slash."""
    inside = False
    for place in range(min(reached), len(path) + 1):
        inside = inside or place in reached
        if inside:
            yield place
        inside = inside and path[place : place + 1] != "/"
