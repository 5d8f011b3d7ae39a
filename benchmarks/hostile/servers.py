"""The servers, asked at random about projects of changed files, by clients that mean no good."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, MCPError
from mcp_types import TextContent
from starlette.testclient import TestClient

from benchmarks.hostile.markup import PAYLOADS
from benchmarks.hostile.mutation import Corpus, mutated, write_project
from exai_audit.dashboard.server import HOST, Bell, application
from exai_audit.dashboard.watched import Watched
from exai_audit.mcp.server import make_server
from exai_audit.session.open_project import OpenProject, Request
from tests.editor import Editor, Message
from tests.scratch import git

_WORDS = (
    *PAYLOADS, "", ".", "..", "/", "../../etc/passwd", "/dev/zero", "a\0b", "x" * 5000, "\ud800",
    "EXA205", "EXA", "EXA4,EXA1", "exa205", "**", "{a,b}" * 30, "[z-a]", "1-1", "999999999-0", "-1",
    "HEAD", "HEAD~1", "--output=x", "-h", "HEAD:m.py", "@{u}", "main..HEAD", "1" * 40,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (None, True, 0, -1, 10**30, 0.5, [], ["a"], {}, {"a": 1}, "high")
_TOOLS: Mapping[str, tuple[str, ...]] = {
    "audit": (),
    "findings": (
        "select", "path", "severity", "min_points", "on_the_way_up", "include_accepted", "cursor",
        "limit",
    ),
    "finding": ("fingerprint",),
    "rule": ("code",),
    "plan": ("path", "class_name"),
    "check_change": ("since",),
    "fix": ("fingerprint", "select", "path", "unsafe", "apply"),
}  # fmt: skip
_TOKEN, _PORT = "a-secret-name", 4711


def agents(dice: random.Random, material: Corpus) -> None:
    """Call the tools of the server for agents with whatever there is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "trial"
        _committed(folder, dice, material)
        held = OpenProject(Request((folder,), no_cache=True), lambda: date(2026, 6, 1), print)
        server = make_server(held, read_only=dice.random() < 0.3)

        async def session() -> None:
            async with Client(server) as client:
                words = [*_WORDS, *sorted(path.name for path in folder.glob("*.py"))]
                words += await _fingerprints(client)
                for _ in range(12):
                    tool = dice.choice(sorted(_TOOLS))
                    keys = [key for key in _TOOLS[tool] if dice.random() < 0.5]
                    any_of = (*words, *words, *_VALUES)
                    await _asked(client, tool, {key: dice.choice(any_of) for key in keys})
                    if dice.random() < 0.3:
                        _change_one(folder, dice)

        anyio.run(session)


async def _fingerprints(client: Client) -> list[str]:
    said = await client.call_tool("findings", {"limit": 20})
    assert isinstance(said.content[0], TextContent)
    if said.is_error:
        return []
    found: list[str] = [one["fingerprint"] for one in json.loads(said.content[0].text)["findings"]]
    return found


async def _asked(client: Client, tool: str, given: dict[str, Any]) -> None:
    with suppress(MCPError, UnicodeEncodeError):
        said = await client.call_tool(tool, given)
        assert isinstance(said.content[0], TextContent)
        text = said.content[0].text
        if said.is_error:
            known = ('{"error"', "validation error", "unknown rule", '"error":')
            assert any(word in text for word in known), (tool, given, text[:1000])
            assert "internal error" not in text, (tool, given, text[:1000])
        elif tool != "rule":
            json.loads(text)


def editors(dice: random.Random, material: Corpus) -> None:
    """Type at random into files of a project, in an editor, and ask at random about them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "trial"
        _committed(folder, dice, material)
        names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.py"))]
        pulls: Message = {"textDocument": {"diagnostic": {}}} if dice.random() < 0.5 else {}
        with Editor(folder, pulls) as editor:
            for one in names[:3]:
                editor.open(one, _text(dice, material))
            for _ in range(15):
                _typed(editor, dice, names, material)
            editor.request("textDocument/hover", _at(editor, dice, names[0]))
            told = [one for one in editor.kept if "showMessage" in one.get("method", "")]
            assert "internal error" not in json.dumps(told), told


def _typed(editor: Editor, dice: random.Random, names: list[str], material: Corpus) -> None:
    name = dice.choice(names[:3])
    kind = dice.randrange(6)
    if kind == 0:
        editor.change(name, {"text": _text(dice, material)})
    elif kind == 1:
        new = dice.choice((*PAYLOADS, "\U0001f600", "(", "'''", "\n" * 50, ""))
        editor.change(name, {"range": _range(dice), "text": new})
    elif kind == 2:
        params = {**_at(editor, dice, name), "range": _range(dice), "context": {"diagnostics": []}}
        for action in (editor.request("textDocument/codeAction", params) or [])[:3]:
            editor.request("codeAction/resolve", action)
    elif kind == 3:
        editor.request("textDocument/hover", _at(editor, dice, dice.choice(names)))
    elif kind == 4:
        words = [editor.uri(name), dice.choice(("", "A", *_WORDS[:-1]))]
        params = {"command": "exai-audit.showPlan", "arguments": words}
        editor.answer(editor.ask("workspace/executeCommand", params))
    else:
        editor.notify("workspace/didChangeWatchedFiles", {"changes": []})


def _text(dice: random.Random, material: Corpus) -> str:
    return mutated(dice.choice(material.sources), dice).decode("utf-8", "replace")


def _range(dice: random.Random) -> Message:
    line = dice.choice((0, 1, 5, 20, 10_000))
    start = {"line": line, "character": dice.choice((0, 1, 7, 5_000))}
    end = {"line": line + dice.choice((0, 0, 1, 30)), "character": dice.choice((0, 9, 5_000))}
    return {"start": start, "end": end}


def _at(editor: Editor, dice: random.Random, name: str) -> Message:
    return {"textDocument": {"uri": editor.uri(name)}, "position": _range(dice)["start"]}


def visitors(dice: random.Random, material: Corpus) -> None:
    """Ask the dashboard for whatever there is: only who knows the name is told anything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "trial"
        _committed(folder, dice, material)
        opened = OpenProject(Request((folder,), no_cache=True), lambda: date(2026, 6, 1), print)
        watched = Watched(opened, lambda sight: None)
        watched.look()
        with closing(asyncio.new_event_loop()) as loop:
            app = application(watched, _TOKEN, _PORT, Bell(loop))
            client = TestClient(app, base_url=f"http://{HOST}:{_PORT}")
            for _ in range(30):
                _visited(client, dice)


def _visited(client: TestClient, dice: random.Random) -> None:
    own = {"host": f"{HOST}:{_PORT}"}
    foreign = {"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}
    site = dice.choice((own, own, *foreign, {"sec-fetch-site": "cross-site"}))
    token = dice.choice((_TOKEN, _TOKEN, "", "x", _TOKEN[:-1], f"{_TOKEN}x", "..", "%00"))
    path = dice.choice(("", "audit.json", "trend", "x", "../trend", "%2e%2e/audit.json", "x" * 999))
    method = dice.choice(("GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"))
    said = client.request(method, f"/{token}/{path}", headers={**own, **site})
    may = site == own and token == _TOKEN and method in ("GET", "HEAD")
    assert said.status_code in ((200, 404, 503) if may else (404, 405)), (method, token, path, site)
    assert said.status_code != 200 or "no-store" in said.headers["cache-control"]


def _committed(folder: Path, dice: random.Random, material: Corpus) -> None:
    folder.mkdir()
    git(folder, "init", "-qb", "main")
    write_project(folder, dice, material, most=5)
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-qm", dice.choice(PAYLOADS), "--allow-empty")
    _change_one(folder, dice)


def _change_one(folder: Path, dice: random.Random) -> None:
    file = dice.choice(sorted(folder.rglob("*.py")))
    file.write_bytes(mutated(file.read_bytes(), dice))
