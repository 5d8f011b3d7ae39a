"""What is run over the cases: this tool, and others as their users run them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_SECONDS = 1800
_LINE = re.compile(r"^(?P<path>[^\s:]+\.py):(?P<line>\d+):(?:\d+:)? ?(?P<said>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Said:
    """One finding: ``code`` is its rule, ``name`` the rule's name where it has one.

    ``sure`` is False where the tool itself calls it a guess.
    """

    path: str
    line: int
    code: str
    name: str = ""
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Peer:
    """Another tool: ``arguments`` make it print ``path:line:column: CODE text`` of a folder.

    None of them looks further than a file, so one run sees all cases; what compares files with one
    another (copies) is off.
    """

    name: str
    command: str
    arguments: tuple[str, ...]

    def program(self, folders: tuple[str, ...]) -> str | None:
        """Return where it is installed: in one of ``folders``, beside the interpreter, on PATH."""
        for folder in (*folders, str(Path(sys.executable).parent)):
            if found := shutil.which(self.command, path=folder):
                return found
        return shutil.which(self.command)


PEERS = (
    Peer(
        "ruff",
        "ruff",
        ("check", "--isolated", "--no-cache", "--preview", "--select", "ASYNC,B,S,PLE",
         "--output-format", "concise", "."),
    ),
    Peer(
        "pylint",
        "pylint",
        ("--rcfile=", "--disable=C,I,import-error,duplicate-code", "--enable=C0302", "--score=n",
         "--msg-template={path}:{line}:{column}: {msg_id} {msg}", "--recursive=y", "."),
    ),
    Peer("flake8-async", "flake8", ("--isolated", "--select=ASYNC", ".")),
    Peer(
        "bandit",
        "bandit",
        ("-q", "-r", "-f", "custom", "--msg-template", "{relpath}:{line}:0: {test_id} {msg}", "."),
    ),
    Peer("pyscn", "pyscn", ("check", "--skip-clones", ".")),
)  # fmt: skip


def ours(folder: Path) -> tuple[Said, ...]:
    """Return what this tool says of a folder, with the folder's settings, or else the defaults."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        command = [sys.executable, "-m", "exai_audit", "scan", ".", "--no-cache"]
        _run([*command, "-f", f"json={report}"], folder)
        findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    return tuple(one for finding in findings for one in _places(finding))


def _places(finding: dict[str, object]) -> Iterator[Said]:
    """Yield a finding's place and those of the findings that it speaks for."""
    code, name = str(finding["code"]), str(finding["name"])
    sure = finding["confidence"] != "low"
    related = finding["related"]
    assert isinstance(related, list)
    for place in (finding, *related):
        yield Said(str(place["path"]), int(str(place["line"])), code, name, sure)


def of_peer(peer: Peer, program: str, folder: Path) -> dict[str, list[Said]]:
    """Return what another tool says of each ``ID/before`` and ``ID/after`` below a folder."""
    printed = _run([program, *peer.arguments], folder)
    found: dict[str, list[Said]] = {}
    for line in _LINE.finditer(printed):
        name, side, path = line["path"].removeprefix("./").split("/", 2)
        said = Said(path, int(line["line"]), _code(line["said"]))
        found.setdefault(f"{name}/{side}", []).append(said)
    return found


def _code(said: str) -> str:
    """Return the code that a line begins with, else its words without numbers."""
    first = said.partition(" ")[0].rstrip(":")
    return first if any(map(str.isdigit, first)) else re.sub(r"\d+", "", said)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    return done.stdout + done.stderr


def version_of(peer: Peer, program: str) -> str:
    """Return the version of a tool, as the environment of its program says."""
    code = f"from importlib.metadata import version; print(version({peer.name!r}))"
    interpreter = Path(program).with_name("python")
    if interpreter.exists():
        return _run([str(interpreter), "-c", code], Path.cwd()).strip()
    try:
        return version(peer.name)
    except PackageNotFoundError:
        return ""
