"""Markup, escapes and commands wherever a project may put words, looked for in every format."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from markdown_it import MarkdownIt

from benchmarks.hostile.commands import told
from benchmarks.hostile.mutation import Corpus
from exai_audit.dashboard.pages import dashboard_page
from exai_audit.dashboard.watched import Watched
from exai_audit.report import FORMATS
from exai_audit.session.open_project import OpenProject, Request
from exai_audit.trend.report import FORMATS as OF_TRENDS
from tests.scratch import git

MARK = "evil"
"""Stands in each of the payloads, and where nothing that acts may have it."""
PAYLOADS = (
    "<img src=x onerror=evil()>",
    "<script>evil()</script>",
    "</script><script>evil()",
    "-->]]><evil>",
    "![i](http:evil.example) [l](http:evil.example)",
    "[evil]: javascript:evil",
    "`|</code></details>evil",
    "\x1b]8;;http:evil\x07\x1b[31mevil\x9b31m",
    "evil\u202eold\u2066\u200b\ufeff\u0085\u2028",
    "a\r\n::error::evil\n##[set-env name=evil]x",
    "%0A::warning::evil",
    "```\n# evil\n```mermaid\ngraph TD; evil-->b",
    '"]; click evil href "javascript:evil"; x["',
    '", "evil": {"a": [',
    "=cmd|'evil'!A1",
    "@evil #1 GH-1 evil@evil.example",
    "&lt;evil&gt; &#x3c;evil&#x3e;",
    "' onmouseover='evil' x=\"evil\"",
    "${{ evil }} $(evil) `evil`",
    "{{ evil }}{% evil %}",
)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_LEADS = ("href", "src", "action", "formaction", "xlink:href", "data", "srcset", "poster")
_MENTION = re.compile(r"(^|[^\w`])@evil\b")
_ACTS = frozenset({"image", "link_open", "html_inline", "html_block"})
_COMMAND = re.compile(r"^(::|##\[)(?!(error|warning|notice) file=)", re.MULTILINE)


def markup(dice: random.Random, material: Corpus) -> None:
    """Show a project full of payloads in every format; nothing of it acts in any."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        folder = top / "trial"
        write_payloads(folder, dice)
        for form, text in shown(folder, top):
            LOOKS[form](text)


def write_payloads(folder: Path, dice: random.Random) -> None:
    """Write a project whose names, texts, comments, settings and history are payloads."""

    def payload() -> str:
        return dice.choice(PAYLOADS)

    folder.mkdir()
    git(folder, "init", "-qb", _branch(payload()))
    quoted = json.dumps(payload())
    (folder / "pyproject.toml").write_text(
        f"[project]\nname = {quoted}\n[tool.exai-audit]\nmax-module-lines = 12\n"
    )
    (folder / "CODEOWNERS").write_text(f"*.py @evil {payload()}\n", "utf-8", "surrogatepass")
    (folder / ".gitignore").write_text(".exai-audit-cache/\n")
    for number in range(4):
        place = folder / _file_name(payload()) if dice.random() < 0.6 else folder / f"m{number}.py"
        place.write_text(_code(payload, dice), "utf-8", "surrogatepass")
    for _ in range(2):
        (folder / "more.py").write_text(_code(payload, dice), "utf-8", "surrogatepass")
        git(folder, "add", "-A")
        git(folder, "-c", f"user.name={_line(payload())}", "commit", "-qm", payload())
    git(folder, "tag", _branch(payload()))
    git(folder, "remote", "add", "origin", f"https://example.com/{_line(payload())}")


def _code(payload: Callable[[], str], dice: random.Random) -> str:
    said = _line(payload())
    text = json.dumps(payload())
    return f'''"""{said.replace(chr(34), chr(39)).replace(chr(92), "/")}"""
import asyncio, time, requests, functools
from concurrent.futures import ThreadPoolExecutor
URL = {text}
CACHE = {{}}  # {said}

class Évil{dice.randint(0, 9)}:
    @functools.lru_cache(maxsize=None)
    def get(self, key):  # {said}
        CACHE[{text}] = requests.get({text}, headers={{{text}: key}})
        return requests.get(URL + {text}, timeout=5)  # {said}

async def evil_{dice.randint(0, 9)}(x={text}):
    time.sleep(1)  # {said}
    requests.post({text})  # exai: ignore[EXA205] -- {said}
    pool = ThreadPoolExecutor(1)  # exai: ignore[EXA999] {said}
    return asyncio.run(x({text}))
'''


def _line(text: str) -> str:
    return re.sub(r"[\r\n\x00]", " ", text)


def _file_name(text: str) -> str:
    return text.replace("/", "\u2215").replace("\0", "")[:80] + ".py"


def _branch(text: str) -> str:
    return MARK + re.sub(r"[^\w<>()'\"`|!&;={}%$#-]", "", text)


def shown(folder: Path, top: Path) -> Iterator[tuple[str, str]]:
    """Yield all that is said of a project, each with its format."""
    wanted = [word for form in FORMATS for word in ("-f", f"{form}={top}/{form}")]
    first = told(folder, "scan", ".", *wanted, "--show-files", "-v", "--fixes", "--by", "owner")
    yield "terminal", first.stdout + first.stderr
    for form in FORMATS:
        yield form, _read(top / form)
    for words in (("--explain-score",), ("--statistics",), ("-q",)):
        said = told(folder, "scan", ".", *words)
        yield "terminal", said.stdout + said.stderr
    done = told(folder, "fix", ".", "--unsafe", "--show-fixes")
    yield "terminal", done.stderr
    wanted = [word for form in OF_TRENDS for word in ("-f", f"{form}={top}/trend.{form}")]
    told(folder, "trend", ".", *wanted)
    for form in OF_TRENDS:
        yield form, _read(top / f"trend.{form}")
    yield "terminal", told(folder, "trend", ".", "--tags").stdout
    for form in ("terminal", "markdown", "json", "csv", "html"):
        out = f"survey.{form}"
        told(top, "survey", "--each", "t*l", "-f", f"{form}={out}", "--no-cache")
        yield form, _read(top / out)
    for file in sorted(folder.glob("*.py"))[:3]:
        for form in ("terminal", "markdown", "json"):
            yield form, told(folder, "plan", str(file), "-f", form).stdout
    yield "terminal", told(folder, "config", ".").stdout
    told(folder, "baseline", ".", "-o", str(top / "b.json"))
    yield "json", _read(top / "b.json")
    yield "html", _dashboard(folder)


def _dashboard(folder: Path) -> str:
    opened = OpenProject(Request((folder,), no_cache=True), lambda: date(2026, 6, 1), print)
    watched = Watched(opened, lambda sight: None)
    watched.look()
    return dashboard_page(watched.sight)


def _read(file: Path) -> str:
    return file.read_bytes().decode("utf-8")


def _plain(text: str) -> None:
    found = _UNSEEN.search(text)
    assert found is None, repr(text[max(0, found.start() - 80) : found.end() + 40])


def _markdown(text: str) -> None:
    _plain(text)
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        for inner in (token, *(token.children or ())):
            acts = inner.type in _ACTS and MARK in f"{inner.attrs} {inner.content}"
            assert not acts, (inner.type, inner.attrs, inner.content[:300])
            is_drawn = inner.type == "fence" and inner.info.startswith("mermaid")
            assert not is_drawn or MARK not in re.sub(r'"[^"\n]*"', "", inner.content)
            assert inner.type != "text" or not _MENTION.search(inner.content), inner.content


class _Page(HTMLParser):
    """Refuses whatever acts and has the mark in it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag
        assert MARK not in tag, tag
        for name, value in attrs:
            assert MARK not in name, (tag, attrs)
            acts = name.startswith("on") or name in _LEADS
            is_inside = name in _LEADS and (value or "").startswith(("#", "https://example.com/"))
            assert not acts or is_inside or MARK not in (value or ""), (tag, name, value)

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in in ("script", "style") and MARK in data:
            json.loads(data)  # a block of data, and nothing else
            assert "<" not in data


def _html(text: str) -> None:
    page = _Page()
    page.feed(text)
    page.close()
    _plain(text)


def _json(text: str) -> None:
    json.loads(text)
    _plain(text)


def _lines_of_json(text: str) -> None:
    for line in text.splitlines():
        _json(line)


def _sarif(text: str) -> None:
    _json(text)
    for run in json.loads(text)["runs"]:
        for rule in run["tool"]["driver"]["rules"]:
            _markdown(rule.get("help", {}).get("markdown", ""))
        for result in run["results"]:
            said = result["message"]["text"]
            assert not re.search(r"(?<!\\)\[[^\]]*\]\([^)]*evil", said), said


def _github(text: str) -> None:
    _plain(text)
    assert not _COMMAND.search(text), text


def _xml(text: str) -> None:
    root = ElementTree.fromstring(text)
    assert not [one for one in root.iter() if MARK in one.tag]
    _plain(text)


def _csv(text: str) -> None:
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), row
    _plain(text)


LOOKS: Mapping[str, Callable[[str], Any]] = {
    "terminal": _plain, "concise": _plain, "markdown": _markdown, "pr": _markdown, "json": _json,
    "jsonl": _lines_of_json, "sarif": _sarif, "gitlab": _json, "badge": _json, "junit": _xml,
    "github": _github, "html": _html, "csv": _csv,
}  # fmt: skip
