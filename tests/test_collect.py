"""Any bytes become facts or a failure with its reason; the process survives all of them."""

from __future__ import annotations

import ast
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_audit.collectors import collect
from exai_audit.facts.file import FailureKind, FileFacts
from exai_audit.syntax import numbers
from exai_audit.syntax import resolver as names


def read(data: bytes) -> FileFacts:
    return collect("package/module.py", data, "package.module")


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", 0),
        (b"x = 1", 1),
        (b"x = 1\n", 1),
        (b"\xef\xbb\xbfx = 1\n", 1),
        (b"x = 1\r\ny = 2\r\n", 2),
        (b"x = 1\ry = 2\r", 2),
        (b"x = 1\n\x0cy = 2\n", 2),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), 2),
        ("x = 'a\u2028b'\n".encode(), 1),
    ],
)
def test_any_text_is_read(data: bytes, lines: int) -> None:
    facts = read(data)
    assert facts.failure is None
    assert facts.lines.physical == lines


@pytest.mark.parametrize(
    ("data", "kind", "line"),
    [
        (b"x = 1\ndef f(:\n", FailureKind.SYNTAX, 2),
        (b"print 'two'\n", FailureKind.SYNTAX, 1),
        (b"x = \x00\n", FailureKind.SYNTAX, 1),
        (b"x = '\xff'\n", FailureKind.UNREADABLE, 1),
        (b"# coding: klingon\n", FailureKind.UNREADABLE, 1),
        (b"# coding: rot13\n", FailureKind.UNREADABLE, 1),
        (b"# coding: zlib_codec\n", FailureKind.UNREADABLE, 1),
        (b"if x:\npass\n", FailureKind.SYNTAX, 2),
    ],
)
def test_failures_carry_kind_and_line(data: bytes, kind: FailureKind, line: int) -> None:
    failure = read(data).failure
    assert failure is not None
    assert (failure.kind, failure.line) == (kind, line)
    assert failure.reason


def test_what_libcst_cannot_read_is_read_by_the_interpreters_parser() -> None:
    text = b"import time\ndef f(timeout=3):\n    (x): int\n    print(x)\n"
    facts = read(text)
    assert facts.failure is None
    assert [function.name for function in facts.size.functions] == ["f"]
    assert facts == collect("package/module.py", text, "package.module", exhaustive=True)


DEEP = 20_000


@pytest.mark.parametrize(
    "text",
    [
        "(" * DEEP + ")" * DEEP,
        "x = " + "-" * DEEP + "1",
        "x = " + "not " * DEEP + "1",
        "x = " + "lambda: " * DEEP + "1",
        "if a: pass\n" + "elif b: pass\n" * DEEP,
        "print 'two'\nx = " + "-" * DEEP + "1",
        "print 'two'\nx = " + "[" * DEEP,
        "print 'two'\nif a: pass\n" + "elif b: pass\n" * DEEP,
    ],
)
def test_deep_nesting_is_a_failure_and_no_crash(text: str) -> None:
    assert read(f"cache = {{}}\ntimeout = 5\n{text}\n".encode()).failure is not None


@pytest.mark.parametrize(
    "text",
    ["x = " + "1 + " * DEEP + "1", "x = a" + ".b" * DEEP, "x = a" + "()" * DEEP],
)
def test_long_chains_are_read_or_said_to_be_deep(text: str) -> None:
    facts = read(f"cache = {{}}\ntimeout = 5\n{text}\n".encode())
    if facts.failure is None:  # some interpreters build such trees, some give up
        assert [fact.amount for fact in facts.timeouts] == [5.0]
    else:
        assert "too deeply" in facts.failure.reason


def test_a_long_chain_is_not_deep() -> None:
    facts = read(f"timeout = 5\nx = {'a and ' * DEEP}timeout\n".encode())
    assert facts.failure is None
    assert [fact.amount for fact in facts.timeouts] == [5.0]


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    assert read(data).path == "package/module.py"


RICH = b"""
import time, requests
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

POOL = ThreadPoolExecutor(2)
_cache = {}

class Shop:
    @lru_cache(maxsize=None)
    def price(self, article, timeout=5):
        return requests.get(article, timeout=7)

async def wait(key):  # exai: ignore[EXA405] -- fixture
    time.sleep(1)
    if key not in _cache:
        _cache[key] = compute(key)
    return _cache[key]
"""


def test_sums_of_sums_are_added_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    added = []

    def counting(
        node: ast.UnaryOp | ast.BinOp, value_of: Callable[[ast.expr], float | None]
    ) -> float | None:
        added.append(node)
        return numbers.calculate(node, value_of)

    monkeypatch.setattr(names, "calculate", counting)
    sums = "".join(f"t{i + 1} = t{i} + t{i}\n" for i in range(12))
    facts = read(f"import requests\nt0 = 5\n{sums}requests.get(u, timeout=t12)\n".encode())
    assert facts.failure is None
    assert 12 <= len(added) < 500


def test_one_file_says_all_it_has() -> None:
    facts = read(RICH)
    assert [fact.name for fact in facts.size.functions] == ["price", "wait"]
    assert [fact.name for fact in facts.size.classes] == ["Shop"]
    assert [fact.amount for fact in facts.timeouts] == [5.0, 7.0]
    assert [fact.name for fact in facts.caches.found] == ["_cache", "price"]
    assert [fact.workers for fact in facts.pools] == [2]
    assert [fact.operation for fact in facts.blocking] == ["time.sleep"]
    assert [fact.codes for fact in facts.suppressions] == [("EXA405",)]
    assert "requests" in facts.imports


def test_facts_survive_json_both_ways() -> None:
    facts = read(RICH)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=FileFacts) == facts


def test_generated_files_and_stubs_are_counted_only() -> None:
    generated = read(b"# Generated by a tool. DO NOT EDIT.\ntimeout = 5\n")
    assert generated.generated
    assert generated.lines.physical == 2
    licence = b"# A licence.\n" * 15
    assert read(licence + b'"""\n    Generated by: https://maker.example\n"""\n').generated
    assert not read(
        licence + b'"""Reads reports."""\n' + b"x = 1\n" * 12 + b"# do not edit\n"
    ).generated
    assert collect("a.pyi", b"def f() -> int: ...\n", "a").size.functions == ()
