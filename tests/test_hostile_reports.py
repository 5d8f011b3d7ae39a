"""Stored reports of anybody: each text in them is shown as text, or the report is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from exai_audit.errors import UsageError
from exai_audit.report import FORMATS, render
from exai_audit.results.stored import result_of
from tests.scratch import run

FIXTURES = Path(__file__).parent.parent / "fixtures"
LIVE = (
    "<img src=x onerror=alert(1)>",
    "![i](http://evil.example/i.png) [l](http://evil.example)",
    "\x1b[31mred\x9b31m\u202eold\r\n::error::gone\n##[set-env]x",
    "`|</code></details>]]>--><script>x</script>",
    "```\n# head\n```mermaid\ngraph TD;",
)
_OBEYED = {"image", "link_open", "html_inline", "html_block"}
_DOCUMENTS = frozenset({"json", "sarif", "gitlab", "badge"})
_SAME = {"path", "command", "revision"}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the JSON report of a few fixtures that show all parts of a report."""
    file = tmp_path_factory.mktemp("report") / "report.json"
    folders = [str(FIXTURES / name) for name in ("EXA105", "EXA202", "EXA301", "EXA405")]
    options = ("--isolated", "--no-cache", "--by", "package", "-f", f"json={file}")
    done = run(FIXTURES, "scan", *folders, *options)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def texts(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401
    """Yield where texts are, one of each kind."""
    if isinstance(node, str):
        yield path
    for key, inner in (
        node.items()
        if isinstance(node, dict)
        else enumerate(node[:2])
        if isinstance(node, list)
        else ()
    ):
        yield from texts(inner, (*path, key))


def changed(document: dict[str, Any], path: tuple[str | int, ...], text: str) -> str:
    made: Any = deepcopy(document)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = text
    return json.dumps(made)


def kinds(document: dict[str, Any]) -> list[tuple[str | int, ...]]:
    found: dict[tuple[str, ...], tuple[str | int, ...]] = {}
    for path in texts(document):
        found.setdefault(tuple(key for key in path if isinstance(key, str)), path)
    return list(found.values())


def check(name: str, text: str) -> None:
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    if name in _DOCUMENTS:
        json.loads(text)
    elif name == "junit":
        ElementTree.fromstring(text)
    elif name == "html":
        assert "<img" not in text
        assert "<script>x" not in text
    elif name == "github":
        assert not [line for line in text.splitlines() if line.startswith("::error::gone")]


def obeyed(text: str) -> set[str]:
    """Return the markup of markdown that shows or leads to what a text names."""
    found = set()
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        for inner in (token, *(token.children or ())):
            if inner.type in _OBEYED and ("evil" in str(inner.attrs) or "onerror" in inner.content):
                found.add(inner.type)
            if inner.type in _OBEYED and "<script>" in inner.content:
                found.add(inner.type)
    return found


@pytest.mark.parametrize("text", LIVE)
def test_no_text_of_a_stored_report_is_obeyed(document: dict[str, Any], text: str) -> None:
    """Each text is changed that the report is taken back with, all at once."""
    whole, refused = document, 0
    for path in kinds(document):
        made = changed(whole, path, text)
        try:
            result_of(made, "r.json")
        except UsageError:
            refused += 1
        else:
            whole = json.loads(made)
    assert refused > 5
    result = result_of(json.dumps(whole), "r.json")
    for name in FORMATS:
        shown = render(
            result, name, top=3, color=False, ascii_only=False, width=80, max_size=None,
            suppressed=True,
        )  # fmt: skip
        check(name, shown)
        assert name != "markdown" or not obeyed(shown)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 400, "9" * 5000, "-1"])
def test_no_number_of_a_stored_report_breaks_it(document: dict[str, Any], number: str) -> None:
    marked = changed(document, ("score", "value"), "HERE").replace('"HERE"', number)
    with pytest.raises(UsageError):
        result_of(marked, "r.json")


def test_a_word_that_is_no_text_is_refused(document: dict[str, Any]) -> None:
    for path in (("findings", 0, "severity"), ("score", "categories", 0, "name")):
        with pytest.raises(UsageError, match="not a report"):
            result_of(changed(document, path, "\ud800"), "r.json")
