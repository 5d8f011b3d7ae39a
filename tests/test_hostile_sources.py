"""Sources made to harm: each ends as facts or as a finding, and nothing else is lost."""

from __future__ import annotations

import sys

import msgspec
import pytest

from exai_audit.audit.collecting import collect_one
from exai_audit.facts.file import Failure, FailureKind, FileFacts
from exai_audit.files.source import decode
from exai_audit.syntax.nesting import may_be_too_deep
from exai_audit.syntax.trial import survives

REFUSED = "\nx = '\\N{no such character}'\n"
"""A line that every interpreter refuses, and libcst's grammar does not."""


def said(text: str) -> FileFacts:
    facts, _ = collect_one("a.py", text.encode(), "a", 100)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=FileFacts) == facts
    return facts


def failed(text: str) -> Failure:
    failure = said(text).failure
    assert failure is not None
    return failure


@pytest.mark.parametrize(
    "text",
    [
        "if a:\n  b\n" + "elif a:\n  b\n" * 20_000,
        "if a:\n  b\n" + "elif a:\n  b\n" * 300,
        "x = (\n" + "lambda:\n" * 8_000 + "a)",
        "x = (\n" + "lambda a, b:\n" * 8_000 + "a)",
        "x = (\n" + "a if b else\n" * 8_000 + "a)",
        "x = (a\n" + "and a\n" * 20_000 + ")",
        "x = (a\n" + "+ a\n" * 20_000 + ")",
        "x = (a\n" + ".a\n" * 20_000 + ")",
        "x = (a\n" + "(a)\n" * 20_000 + ")",
        "x = (a\n" + "#)\n+ a\n" * 20_000 + ")",
        "x = (a\n" + "+ ')'\n" * 20_000 + ")",
        "x = (\n" + "'a'\n" * 20_000 + ")",
        "x = \\\n" + "not \\\n" * 20_000 + "a",
        "".join(" " * depth + "if a:\n" for depth in range(1_000)) + " " * 1_000 + "a",
        "x = " + "[" * 5_000 + "]" * 5_000,
        "x = '''" + "(" * 5_000,
        '"""' * 20_001,
    ],
    ids=lambda text: text[:24],
)
def test_what_is_nested_deeply_and_refused_is_a_syntax_error(text: str) -> None:
    assert failed(text + REFUSED).kind in (FailureKind.SYNTAX, FailureKind.UNREADABLE)


def test_commas_that_only_look_like_some_are_no_way_around_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exai_audit.syntax.trial._MOST_SECONDS", 1)
    text = "x = (a\n" + "+ f\"{'\"'}\" ','\n" * 8_000 + ")"
    assert failed(text + REFUSED).kind is FailureKind.SYNTAX


def test_a_long_file_of_short_statements_is_not_deep() -> None:
    lines = [f"value_{n} = make(a.b.c + {n}, key={{'a': [{n}, -{n}]}})" for n in range(5_000)]
    table = "TABLE = {\n" + "".join(f"    'k{n}': a.b[{n}] + 'x',\n" for n in range(5_000)) + "}"
    assert not may_be_too_deep("\n".join(lines) + "\n" + table)


def test_work_that_ends_its_process_is_told() -> None:
    def die() -> None:
        import os

        os._exit(3)

    def fail() -> None:
        raise ValueError

    assert survives(lambda: None)
    assert not survives(die)
    assert not survives(fail)


TEMPLATES = pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads them")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = t'a' t'b'", marks=TEMPLATES),
        "x = '\\N{none}'",
        "x = b'\\xz'",
        "x = '\\U99999999'",
        "x = f'{a}\\N{none}'",
        "x = b'a' 'b'",
        "x = 1__0",
        "x = 0777",
        "(a): int = (yield",
    ],
)
def test_what_no_reader_takes_is_a_syntax_error(text: str) -> None:
    assert failed(text).kind is FailureKind.SYNTAX


def test_an_integer_of_very_many_digits_does_not_hide_the_rest() -> None:
    text = f"import time\nLIMIT = {'9' * 5000}\n\n\nasync def wait():\n    time.sleep(1)\n"
    facts = said(text)
    assert facts.failure is None
    assert facts.blocking


@pytest.mark.parametrize("size", ["1e999", "-1e999", "10**300", "1e999 - 1e999", "9" * 5000, "1e5"])
def test_pools_of_any_size_are_facts(size: str) -> None:
    text = (
        f"from concurrent.futures import ThreadPoolExecutor\n\npool = ThreadPoolExecutor({size})\n"
    )
    facts = said(text)
    assert facts.failure is None
    assert len(facts.pools) == 1


def test_a_form_of_newer_grammar_is_read() -> None:
    text = "import time\nx = f'{'a' + f\"{'b'}\"}'\n\n\nasync def wait():\n    time.sleep(1)\n"
    assert said(text).blocking
    assert decode("a.py", text.encode()).lines[1].startswith("x = f")


BOUND_TO_ITSELF = """
import requests


class Client:
    def __init__(self, timeout):
        self.timeout = float(self.timeout or timeout)

    def get(self, url, timeout):
        timeout = min(timeout, 5)
        wait = round(wait)
        limit_timeout = int(limit_timeout) * 1000
        return requests.get(url, timeout=timeout), requests.get(url, timeout=self.timeout), wait


def _get(url, **options):
    if url.startswith("retry:"):
        return _get(url[6:], **options)
    options = _more(**options)
    return requests.get(url, **options)


def _more(**options):
    return _more(**dict(options)) if options else _given()


def _given():
    return _given()


def _put(url):
    options = {"verify": False}
    options.update(**options)
    other = dict(**options)
    options.update(other, **_given())
    return requests.put(url, **options)


_get("x", verify=False)
"""


def test_a_name_that_is_bound_to_what_it_says_itself_is_followed_to_an_end() -> None:
    facts, _ = collect_one("a.py", BOUND_TO_ITSELF.encode(), "a", None)
    assert facts.failure is None


def test_a_null_character_is_a_syntax_error_whatever_stands_beside() -> None:
    text = "x = 1  # exai: ignore[EXA205]\ny = 2  # \0\nz = 3  # exai: ignore[EXA201]\n"
    found = said(text)
    assert found.failure is not None
    assert (found.failure.kind, found.failure.line) == (FailureKind.SYNTAX, 2)
    assert [one.codes for one in found.suppressions] == [("EXA205",)]
