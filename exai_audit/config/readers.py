"""From values of a settings file to values of ``Settings``, or to what was expected instead."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import Enum
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from exai_audit.files.glob import is_pattern
from exai_audit.finding import Family, Scope
from exai_audit.rulebook.registry import canonical_code, code_problem, nearest

Reader = Callable[[object], object]
MOST, MOST_WHOLE = 10**9, 10**12
"""The largest numbers that settings take: sums and products of them stay finite."""
_GRADE = re.compile(r"[A-F][+\-\u2212]?", re.IGNORECASE)


class InvalidValueError(Exception):
    """A value that a setting cannot take; each argument is one problem."""


def read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValueError(_expected("true or false", value))
    return value


def read_whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidValueError(_expected("a whole number from 1", value))
    if value > MOST_WHOLE:
        raise InvalidValueError(_expected(f"at most {MOST_WHOLE}", value))
    return value


def read_number(value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:  # type: ignore[operator]
        raise InvalidValueError(_expected("a number from 0", value))
    if value > MOST:  # type: ignore[operator]
        raise InvalidValueError(_expected(f"at most {MOST}", value))
    return float(value)  # type: ignore[arg-type]


def read_text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError(_expected("a text", value))
    return value


def read_texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise InvalidValueError(_expected("a list of texts", value))
    return tuple(value)


def read_paths(value: object) -> tuple[str, ...]:
    return tuple(text.replace("\\", "/") for text in read_texts(value))


def read_patterns(value: object) -> tuple[str, ...]:
    patterns = read_texts(value)
    problems = [f"{text!r} is not a path pattern" for text in patterns if not is_pattern(text)]
    if problems:
        raise InvalidValueError(*problems)
    return patterns


def read_codes(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise InvalidValueError(_expected('a list of rule codes or prefixes such as "EXA2"', value))
    given = tuple(text.strip() for text in value)
    codes = tuple(map(canonical_code, given))
    pairs = zip(given, codes, strict=True)
    problems = [code_problem(text) for text, code in pairs if code_problem(code)]
    if problems:
        raise InvalidValueError(*problems)
    return codes


def read_fail_under(value: object) -> float | str:
    if isinstance(value, str):
        text = value.strip()
        if _GRADE.fullmatch(text):
            return text
        value = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 100:  # type: ignore[operator]
        raise InvalidValueError(_expected('a score from 0 to 100 or a grade such as "B"', value))
    return float(value)  # type: ignore[arg-type]


def read_scopes(value: object) -> tuple[Scope, ...]:
    read = _items(read_choice(Scope), "a list of scopes", value)
    if not read:
        raise InvalidValueError("expected at least one scope, got none")
    return tuple(scope for scope in Scope if scope in read)


def read_per_file_ignores(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    what = "a table of path patterns to lists of rule codes"
    return _table(what, lambda pattern: read_patterns([pattern])[0], read_codes, value)


def read_words_of(kinds: type[Enum], what: str) -> Reader:
    """Return a reader of the words that sort into the members of an enum, called ``what``."""
    member = _member_of({str(kind.value): kind for kind in kinds})

    def read_words(words: object) -> tuple[str, ...]:
        return tuple(word.lower() for word in read_texts(words))

    return lambda value: _table(f"a table of {what} to lists of words", member, read_words, value)


def read_category_points(value: object) -> tuple[tuple[Family, float], ...]:
    names = {family.value: family for family in Family if family is not Family.AUDIT}
    what = f"a table of points by category ({', '.join(names)})"
    read = _table(what, _member_of(names), read_number, value)
    if len(read) == len(names) and not any(points for _, points in read):
        raise InvalidValueError("expected points for at least one category, got 0 for all")
    return tuple(sorted(read))


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _table(
    what: str,
    read_key: Callable[[str], _Key],
    read_value: Callable[[object], _Value],
    value: object,
) -> tuple[tuple[_Key, _Value], ...]:
    """Read a table, ``what`` it is of, with all its problems in one error."""
    if not isinstance(value, dict):
        raise InvalidValueError(_expected(what, value))
    read: list[tuple[_Key, _Value]] = []
    problems: list[str] = []
    for name, item in value.items():
        try:
            read.append((read_key(name), read_value(item)))
        except InvalidValueError as invalid:
            problems.extend(f"{name!r}: {problem}" for problem in invalid.args)
    if problems:
        raise InvalidValueError(*problems)
    return tuple(read)


def _member_of(names: Mapping[str, _Value]) -> Callable[[object], _Value]:
    return lambda name: names[_one_of(tuple(names), name)]


def read_choice(choices: type[Enum]) -> Reader:
    """Return a reader of the values of an enum."""
    return _member_of({str(choice.value): choice for choice in choices})


def reader_for(hint: object) -> Reader:
    """Return the reader of an options field by its type.

    Raises:
        TypeError: a type that no settings file can express.
    """
    simple: dict[Any, Reader] = {
        bool: read_flag,
        int: read_whole,
        float: read_number,
        str: read_text,
    }
    if hint in simple:
        return simple[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return read_choice(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return lambda value: _one_of(arguments, value)
    if origin in (Union, UnionType):
        given = [argument for argument in arguments if argument is not type(None)]
        if len(given) == 1:
            return reader_for(given[0])
    if origin is tuple and arguments[1:] == (...,):
        read = reader_for(arguments[0])
        return lambda value: _items(read, "a list", value)
    raise TypeError(f"options of type {hint} cannot be settings")


def _items(read: Reader, what: str, value: object) -> tuple[object, ...]:
    if not isinstance(value, (list, tuple)):
        raise InvalidValueError(_expected(what, value))
    return tuple(read(item) for item in value)


def _one_of(names: tuple[str, ...], value: object) -> str:
    if isinstance(value, str) and value in names:
        return value
    likely = nearest(value, names) if isinstance(value, str) else ""
    raise InvalidValueError(_expected(f"one of {', '.join(names)}", value) + likely)


def _expected(what: str, value: object) -> str:
    return f"expected {what}, got {_toml(value)}"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
