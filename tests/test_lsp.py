"""The language server, as editors meet it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls")

from attrs import asdict
from pygls.workspace import PositionCodec

from exai_audit.lsp.places import text_edits
from exai_audit.lsp.suppressing import suppression
from tests.editor import Editor, Message
from tests.large_tree import FILES, large_tree
from tests.scratch import git, repository, run
from tests.test_cli import CLEAN, SLEEPER
from tests.test_session import opened

WAITER = "import requests\n\n\ndef ask():\n    return requests.get('https://a.example/x')\n"
FAR = "from b import nap\n\n\nasync def serve():\n    nap()\n"
NAPPER = "import time\n\n\ndef nap():\n    time.sleep(5)\n"
MODERN: Message = {
    "workspace": {
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
        "diagnostics": {"refreshSupport": True},
    },
    "textDocument": {
        "diagnostic": {},
        "codeAction": {"resolveSupport": {"properties": ["edit"]}, "dataSupport": True},
    },
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", clean=CLEAN, sleeper=SLEEPER)


def replaced(text: str, edits: list[Message]) -> str:
    """Return a text with the edits of an editor, which name lines and UTF-16 units."""
    lines = [*re.findall(r"[^\n]*\n|[^\n]+", text), ""]

    def offset(at: Message) -> int:
        line = lines[at["line"]].encode("utf-16-le")[: 2 * at["character"]].decode("utf-16-le")
        return sum(map(len, lines[: at["line"]])) + len(line)

    for edit in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        start, end = (offset(edit["range"][key]) for key in ("start", "end"))
        text = text[:start] + edit["newText"] + text[end:]
    return text


def actions(editor: Editor, name: str, line: int) -> dict[str, Any]:
    place = {"line": line, "character": 0}
    params = {
        "textDocument": {"uri": editor.uri(name)},
        "range": {"start": place, "end": place},
        "context": {"diagnostics": []},
    }
    return {one["title"]: one for one in editor.request("textDocument/codeAction", params)}


def test_findings_are_told_while_people_type(project: Path) -> None:
    with Editor(project) as editor:
        editor.diagnostics("sleeper.py", "EXA405")
        editor.open("clean.py", CLEAN)
        editor.change("clean.py", {"text": SLEEPER})
        (found,) = editor.diagnostics("clean.py", "EXA405")
        assert found["range"] == {
            "start": {"line": 4, "character": 4},
            "end": {"line": 4, "character": 17},
        }
        assert found["message"].startswith("time.sleep blocks the event loop")
        assert found["severity"] == 2
        assert found["source"] == "exai-audit"
        assert found["codeDescription"]["href"].endswith("/rules/EXA405/")
        whole = {"start": {"line": 4, "character": 4}, "end": {"line": 4, "character": 17}}
        editor.change("clean.py", {"range": whole, "text": "pass"})
        editor.diagnostics("clean.py")
        editor.change("clean.py", {"text": "def half(:\n"})
        editor.diagnostics("clean.py", "EXA001")
        editor.close("clean.py")
        editor.diagnostics("clean.py")
        assert (project / "clean.py").read_text() == CLEAN


def test_a_change_is_seen_in_other_files(project: Path) -> None:
    (project / "a.py").write_text(FAR)
    (project / "b.py").write_text(CLEAN.replace("add(a, b)", "nap()").replace("a + b", "1"))
    with Editor(project) as editor:
        editor.open("b.py", CLEAN)
        editor.change("b.py", {"text": NAPPER})
        (found,) = editor.diagnostics("a.py", "EXA405")
        related = found["relatedInformation"]
        assert any(one["location"]["uri"] == editor.uri("b.py") for one in related)


def test_columns_are_those_of_the_editor(project: Path) -> None:
    text = SLEEPER.replace("    time.sleep(1)", "    x = '\U0001f600'; time.sleep(1)")
    with Editor(project) as editor:
        editor.open("clean.py", text)
        (found,) = editor.diagnostics("clean.py", "EXA405")
        assert found["range"]["start"]["character"] == 14
    utf8 = {"general": {"positionEncodings": ["utf-8"]}}
    with Editor(project, utf8) as editor:
        assert editor.capabilities["positionEncoding"] == "utf-8"
        editor.open("clean.py", text)
        (found,) = editor.diagnostics("clean.py", "EXA405")
        assert found["range"]["start"]["character"] == 16


def test_a_text_has_the_encoding_that_it_names(project: Path) -> None:
    text = "# -*- coding: latin-1 -*-\n" + SLEEPER.replace("time.sleep", "x = '\u00e9'; time.sleep")
    with Editor(project) as editor:
        editor.open("clean.py", text)
        (found,) = editor.diagnostics("clean.py", "EXA405")
        assert found["range"]["start"] == {"line": 5, "character": 13}


def test_files_outside_of_the_project_are_not_judged(project: Path) -> None:
    (project.parent / "other.py").write_text(SLEEPER)
    with Editor(project) as editor:
        editor.open("../other.py", SLEEPER)
        editor.open("clean.py", WAITER)
        editor.diagnostics("clean.py", "EXA205")
        params = {"textDocument": {"uri": (project.parent / "other.py").as_uri()}}
        at = {"position": {"line": 4, "character": 5}}
        assert editor.request("textDocument/hover", {**params, **at}) is None


def test_the_rule_is_shown_on_hover(project: Path) -> None:
    with Editor(project) as editor:
        params = {"textDocument": {"uri": editor.uri("sleeper.py")}}
        at = {"position": {"line": 4, "character": 6}}
        shown = editor.request("textDocument/hover", {**params, **at})
        assert "EXA405 blocking-call-in-async" in shown["contents"]["value"]
        nothing = {"position": {"line": 0, "character": 0}}
        assert editor.request("textDocument/hover", {**params, **nothing}) is None


def test_a_fix_is_offered_and_made(project: Path) -> None:
    with Editor(project, MODERN) as editor:
        editor.open("sleeper.py", SLEEPER)
        offered = actions(editor, "sleeper.py", 4)
        (title,) = [title for title in offered if "changes what the code does" in title]
        assert "edit" not in offered[title]
        resolved = editor.request("codeAction/resolve", offered[title])
        (change,) = resolved["edit"]["documentChanges"]
        assert change["textDocument"]["uri"] == editor.uri("sleeper.py")
        fixed = replaced(SLEEPER, change["edits"])
        assert "await asyncio.sleep(1)" in fixed
        editor.change("sleeper.py", {"text": fixed})
        report = editor.request(
            "textDocument/diagnostic", {"textDocument": {"uri": editor.uri("sleeper.py")}}
        )
        assert report["items"] == []


def test_a_fix_comes_at_once_where_it_cannot_be_asked_for_later(project: Path) -> None:
    with Editor(project) as editor:
        editor.open("sleeper.py", SLEEPER.replace("\n", "\r\n"))
        offered = actions(editor, "sleeper.py", 4)
        (fix,) = [one for title, one in offered.items() if "changes what" in title]
        edits = fix["edit"]["changes"][editor.uri("sleeper.py")]
        assert "await asyncio.sleep(1)\r\n" in replaced(SLEEPER.replace("\n", "\r\n"), edits)


def test_a_finding_is_suppressed_with_a_reason(project: Path) -> None:
    with Editor(project) as editor:
        editor.open("sleeper.py", SLEEPER)
        offered = actions(editor, "sleeper.py", 4)
        (silent,) = [one for title, one in offered.items() if title.startswith("Suppress EXA405")]
        edits = silent["edit"]["changes"][editor.uri("sleeper.py")]
        text = replaced(SLEEPER, edits)
        assert "time.sleep(1)  # exai: ignore[EXA405] -- why\n" in text
        editor.change("sleeper.py", {"text": text})
        editor.diagnostics("sleeper.py")


def test_the_reason_is_a_field_where_the_editor_has_fields(project: Path) -> None:
    edits = {"documentChanges": True, "snippetEditSupport": True}
    with Editor(project, {"workspace": {"workspaceEdit": edits}}) as editor:
        offered = actions(editor, "sleeper.py", 4)
        (silent,) = [one for title, one in offered.items() if title.startswith("Suppress EXA405")]
        (change,) = silent["edit"]["documentChanges"]
        assert change["edits"][0]["snippet"]["value"].endswith("-- ${1:why}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SLEEPER, "time.sleep(1)  # exai: ignore[EXA405] -- why"),
        (SLEEPER.replace("(1)", "(1)  # noqa"), "(1)  # noqa  # exai: ignore[EXA405] -- why"),
        (
            SLEEPER.replace("(1)", "(1)  # exai: ignore[EXA103] -- x"),
            "# exai: ignore[EXA103, EXA405] -- x",
        ),
        (SLEEPER.replace("sleep(1)", "sleep(\n        1\n    )"), "sleep(  # exai: ignore"),
        (SLEEPER.replace("time.sleep(1)", "time.sleep(1) or '''\n'''"), None),
        (SLEEPER.replace("time.sleep(1)", "time.sleep(1) or \\\n        2"), None),
    ],
)
def test_a_suppression_stands_where_it_counts(
    project: Path, text: str, expected: str | None
) -> None:
    held = opened(project)
    held.set_text(project / "sleeper.py", text)
    (finding,) = (one for one in held.current().result.findings if one.code == "EXA405")
    found = suppression(finding, text.splitlines(), "why")
    if expected is None:
        assert found is None
        return
    assert found is not None
    lines = text.splitlines()
    line = lines[found.line]
    added = found.before + found.reason + found.after
    lines[found.line] = line[: found.character] + added + line[found.character :]
    assert expected in lines[found.line]
    held.set_text(project / "sleeper.py", "\n".join(lines) + "\n")
    assert "EXA405" not in {one.code for one in held.current().result.findings}


def long_module() -> str:
    parts = [f"def {name}_{i}():\n    return {i}\n\n\n" for name in "ab" for i in range(90)]
    return "".join(parts)


def test_the_plan_of_a_module_is_shown(project: Path) -> None:
    (project / "long.py").write_text(long_module())
    with Editor(project, MODERN) as editor:
        offered = actions(editor, "long.py", 0)
        command = offered["Show how to split this module"]["command"]
        execute = {"command": command["command"], "arguments": command["arguments"]}
        number = editor.ask("workspace/executeCommand", execute)
        shown = editor.told("window/showDocument")
        file = Path(shown["uri"].removeprefix("file://"))
        assert "long" in file.read_text()
        assert not file.is_relative_to(project)
        assert editor.answer(number)["result"] == shown["uri"]
    assert not file.exists()


def test_a_module_is_suppressed_at_its_top(project: Path) -> None:
    text = "#!/usr/bin/env python\n" + long_module()
    with Editor(project) as editor:
        editor.open("clean.py", text)
        offered = actions(editor, "clean.py", 0)
        (silent,) = [one for title, one in offered.items() if title.startswith("Suppress EXA101")]
        changed = replaced(text, silent["edit"]["changes"][editor.uri("clean.py")])
        assert changed.splitlines()[1] == "# exai: ignore-file[EXA101] -- why"
        editor.change("clean.py", {"text": changed})
        codes = {one["code"] for one in _settled(editor, "clean.py")}
        assert "EXA101" not in codes


def _settled(editor: Editor, name: str) -> list[Message]:
    """Return what is published for a file after all that was sent."""
    editor.request("textDocument/hover", {
        "textDocument": {"uri": editor.uri(name)}, "position": {"line": 0, "character": 0}
    })  # fmt: skip
    editor.open("end.py", SLEEPER)
    editor.diagnostics("end.py", "EXA405")
    return editor.published(name)


def test_a_client_that_asks_is_sent_nothing(project: Path) -> None:
    with Editor(project, MODERN) as editor:
        editor.told("workspace/diagnostic/refresh")
        whole = editor.request("workspace/diagnostic", {"previousResultIds": []})
        (item,) = whole["items"]
        assert item["uri"] == editor.uri("sleeper.py")
        assert [one["code"] for one in item["items"]] == ["EXA405"]
        known = [{"uri": item["uri"], "value": item["resultId"]}]
        again = editor.request("workspace/diagnostic", {"previousResultIds": known})
        assert [one["kind"] for one in again["items"]] == ["unchanged"]
        editor.open("sleeper.py", SLEEPER)
        editor.change("sleeper.py", {"text": CLEAN})
        document = {"textDocument": {"uri": editor.uri("sleeper.py")}}
        report = editor.request("textDocument/diagnostic", document)
        assert report["items"] == []
        after = editor.request("workspace/diagnostic", {"previousResultIds": known})
        assert [one["items"] for one in after["items"]] == [[]]
        assert not editor.has_been_told("textDocument/publishDiagnostics")


def test_settings_are_read_again(project: Path) -> None:
    with Editor(project) as editor:
        editor.diagnostics("sleeper.py", "EXA405")
        settings = project / "exai-audit.toml"
        changed = {"changes": [{"uri": settings.as_uri(), "type": 1}]}
        settings.write_text("ignore = ['EXA405']\n")
        editor.notify("workspace/didChangeWatchedFiles", changed)
        editor.diagnostics("sleeper.py")
        settings.write_text("nonsense = 1\n")
        editor.notify("workspace/didChangeWatchedFiles", changed)
        assert "nonsense" in editor.told("window/showMessage")["message"]
        settings.unlink()
        editor.notify("workspace/didChangeConfiguration", {"settings": {}})
        editor.diagnostics("sleeper.py", "EXA405")


def test_the_client_is_asked_to_watch_the_files(project: Path) -> None:
    watches = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
    with Editor(project, watches) as editor:
        asked = editor.told("client/registerCapability")["registrations"][0]
        assert asked["method"] == "workspace/didChangeWatchedFiles"
        editor.diagnostics("sleeper.py", "EXA405")


def test_a_file_that_disappears_has_no_findings(project: Path) -> None:
    with Editor(project) as editor:
        editor.diagnostics("sleeper.py", "EXA405")
        (project / "sleeper.py").unlink()
        editor.notify("workspace/didChangeWatchedFiles", {"changes": []})
        editor.diagnostics("sleeper.py")


def test_without_a_folder_the_project_of_the_file_is_held(project: Path) -> None:
    (project / "inner").mkdir()
    with Editor(project, rooted=False) as editor:
        editor.open("inner/new.py", WAITER)
        editor.diagnostics("inner/new.py", "EXA205")
        editor.diagnostics("sleeper.py", "EXA405")


def test_folders_come_and_go(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "second"
    other.mkdir()
    (other / "late.py").write_text(SLEEPER)
    folder = {"uri": other.as_uri(), "name": "second"}
    with Editor(project) as editor:
        editor.diagnostics("sleeper.py", "EXA405")
        change = "workspace/didChangeWorkspaceFolders"
        editor.notify(change, {"event": {"added": [folder], "removed": []}})
        editor.diagnostics("../second/late.py", "EXA405")
        editor.notify(change, {"event": {"added": [], "removed": [folder]}})
        editor.diagnostics("../second/late.py")


def test_what_the_baseline_accepts_is_not_shown(project: Path) -> None:
    (project / "exai-audit.toml").write_text("baseline = 'known.json'\n")
    run(project, "baseline", "-o", "known.json")
    with Editor(project) as editor:
        editor.open("clean.py", WAITER)
        editor.diagnostics("clean.py", "EXA205")
        assert not editor.has_been_told("textDocument/publishDiagnostics")


def test_two_editors_of_one_project(project: Path) -> None:
    with Editor(project) as one, Editor(project) as other:
        one.open("clean.py", SLEEPER)
        other.open("clean.py", WAITER)
        one.diagnostics("clean.py", "EXA405")
        other.diagnostics("clean.py", "EXA205")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = large_tree(tmp_path_factory.mktemp("large"))
    git(folder, "init", "-q")
    return folder


def test_progress_is_told_and_a_cancelled_request_is_answered(large: Path) -> None:
    with Editor(large, MODERN) as editor:
        editor.told("window/workDoneProgress/create")
        begun = editor.told("$/progress", lambda one: one["value"]["kind"] == "begin")
        number = editor.ask("workspace/diagnostic", {"previousResultIds": []})
        editor.notify("$/cancelRequest", {"id": number})
        assert editor.answer(number)["error"]["code"] == -32800
        editor.told("$/progress", lambda one: f"of {FILES:,}" in one["value"].get("message", ""))
        ended = editor.told("$/progress", lambda one: one["value"]["kind"] == "end")
        assert ended["token"] == begun["token"]
        whole = editor.request("workspace/diagnostic", {"previousResultIds": []})
        assert [item["uri"] for item in whole["items"]] == [editor.uri("p0/m0.py")]


def test_reading_can_be_stopped(large: Path) -> None:
    with Editor(large, MODERN) as editor:
        begun = editor.told("$/progress", lambda one: one["value"]["kind"] == "begin")
        editor.notify("window/workDoneProgress/cancel", {"token": begun["token"]})
        editor.told("$/progress", lambda one: one["value"]["kind"] == "end")
        assert not editor.has_been_told("workspace/diagnostic/refresh")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
def test_the_server_ends_when_its_client_dies(large: Path) -> None:
    with Editor(large, MODERN) as editor:
        editor.told("$/progress", lambda one: one["value"]["kind"] == "report")
        assert editor.process.stdin is not None
        editor.process.stdin.close()
        assert editor.process.wait(60) is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("a", "a\nb"),
        ("a\x0cb\nc", "a\x0cb\nd"),
        ("a\nb\nc\n", "c\n"),
    ],
)
def test_edits_of_lines_make_one_text_of_another(before: str, after: str) -> None:
    edits = [
        {"range": asdict(one.range), "newText": one.new_text}
        for one in text_edits(before, after, PositionCodec())
    ]
    assert replaced(before, edits) == after


def test_the_recipes_for_editors_are_well_formed(project: Path) -> None:
    text = (Path(__file__).parent.parent / "docs" / "editors.md").read_text()
    blocks = dict(re.findall(r"## ([^\n]+)\n(.*?)(?=\n## |\Z)", text, re.DOTALL))
    settings, tasks = map(
        json.loads, re.findall(r"```json\n(.*?)```", blocks["VS Code"], re.DOTALL)
    )
    assert settings["glspc.server.commandArguments"] == ["lsp"]
    (task,) = tasks["tasks"]
    assert task["command"].split()[:2] == ["exai-audit", "scan"]
    done = run(project, *task["command"].split()[1:])
    pattern = task["problemMatcher"]["pattern"]
    line = re.fullmatch(pattern["regexp"], done.stdout.strip())
    assert line is not None
    groups = {key: line[number] for key, number in pattern.items() if key != "regexp"}
    assert groups == {
        "file": "sleeper.py", "line": "5", "column": "5", "code": "EXA405",
        "message": "time.sleep blocks the event loop of the coroutine wait",
    }  # fmt: skip
    for name in ("Neovim", "Helix", "Emacs", "PyCharm"):
        assert "exai-audit" in blocks[name]
        assert "lsp" in blocks[name]
