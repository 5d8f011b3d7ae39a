"""Bytes, tokens and documents changed a little, and projects made of what comes of it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")
_PIECES = (
    b"(", b")", b"[", b"]", b"{", b"}", b":", b",", b"\n", b"    ", b"\t", b"\\", b"'", b'"',
    b"'''", b'"""', b"f'{", b"lambda", b"async ", b"await ", b"yield ", b"elif a:", b"match a:",
    b"case _:", b"*", b"**", b"@", b":=", b"->", b"=", b"#", b"1e999", b"9" * 5000, b"\x00",
    b"\xff", b"\xe2\x80\xae", b"\r", b"\x0c", b"\\N{x}", b"\xef\xbb\xbf", b"# coding: utf-16\n",
    b"global x", b"del x", b"import *", b"[z-a]", b"{a,b", b"null", b"-1", b"true",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**400, 1e308, float("nan"), "", "x" * 10_000, "\ud800", "a\0b", "../../x",
    "\x1b[31m", [], [None], {}, {"a": {}}, [[[[]]]],
)  # fmt: skip
_LONGEST = 60_000
_SIDE = (".toml", ".json", ".txt", ".cfg", ".lock", ".msgpack")


@dataclass(frozen=True)
class Corpus:
    """What is changed: contents of Python files, and of files that stand beside them."""

    sources: tuple[bytes, ...]
    beside: tuple[bytes, ...]


def corpus(folders: Sequence[Path]) -> Corpus:
    """Return what the files below some folders hold, but for long ones."""
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    short = [path for path in found if path.stat().st_size < _LONGEST]
    sources = tuple(path.read_bytes() for path in short if path.suffix == ".py")
    beside = tuple(path.read_bytes() for path in short if path.suffix in _SIDE)
    return Corpus(sources or (b"",), beside or (b"",))


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Return ``data`` with a few bytes or tokens changed, moved, doubled or cut."""
    for _ in range(dice.randint(1, 4)):
        if dice.random() < 0.3:
            data = _with_other_bytes(data, dice)
        else:
            data = _with_other_tokens(data, dice)
    return data


def _with_other_bytes(data: bytes, dice: random.Random) -> bytes:
    at = dice.randint(0, len(data))
    end = min(len(data), at + dice.choice((0, 1, 1, 8, 200)))
    return data[:at] + bytes(dice.choices(range(256), k=dice.randint(0, 3))) + data[end:]


def _with_other_tokens(data: bytes, dice: random.Random) -> bytes:
    tokens = _TOKEN.findall(data)
    at, other = dice.randint(0, len(tokens)), dice.randint(0, len(tokens))
    first, last = sorted((at, min(len(tokens), at + dice.randint(0, 20))))
    new: Sequence[bytes] = dice.choice(
        (
            [dice.choice(_PIECES)],
            [dice.choice(_PIECES)] * dice.choice((2, 30, 300)),
            tokens[other : other + 20],
            tokens[first:last] * 2,
            [],
        )
    )
    return b"".join((*tokens[:first], *new, *tokens[last:]))


def with_other_value(document: Any, dice: random.Random) -> Any:  # noqa: ANN401
    """Return a document of JSON with one of its values, at any depth, of another kind."""
    if isinstance(document, dict) and document and dice.random() < 0.85:
        key = dice.choice(sorted(document))
        if dice.random() < 0.08:
            return {name: value for name, value in document.items() if name != key}
        return {**document, key: with_other_value(document[key], dice)}
    if isinstance(document, list) and document and dice.random() < 0.85:
        at = dice.randrange(len(document))
        changed = with_other_value(document[at], dice)
        return [*document[:at], *([changed] * dice.choice((1, 1, 1, 2, 0))), *document[at + 1 :]]
    return dice.choice(_VALUES)


def write_project(folder: Path, dice: random.Random, material: Corpus, most: int = 6) -> None:
    """Write a few changed files, and settings and manifests of which some are changed, too."""
    packages = ("", "", "app/", "app/inner/", "tests/")
    for number in range(dice.randint(2, most)):
        data = dice.choice(material.sources)
        data = mutated(data, dice) if dice.random() < 0.7 else data
        name = f"{dice.choice(packages)}{dice.choice(('m', 'jobs', 'conftest', '__init__'))}"
        place = folder / f"{name}{number if dice.random() < 0.8 else ''}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (folder / "pyproject.toml").write_text(_SETTINGS.format(lines=dice.choice((20, 60, 300))))
    for name in ("uv.lock", "requirements.txt", ".gitignore", "CODEOWNERS", "setup.cfg"):
        if dice.random() < 0.3:
            (folder / name).write_bytes(mutated(dice.choice(material.beside), dice))


_SETTINGS = """[project]
name = "trial"
dependencies = ["requests", "redis>=5", "httpx"]
requires-python = ">=3.10"
[tool.exai-audit]
max-module-lines = {lines}
extend-select = ["EXA"]
"""
