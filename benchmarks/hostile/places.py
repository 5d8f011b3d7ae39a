"""File systems and git repositories of strangers: nothing is run, read or written outside."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks.hostile.commands import told
from benchmarks.hostile.mutation import Corpus
from tests.scratch import git

SECRET = "s3cret_word"
_PACKAGE = str(Path(__file__).parent.parent.parent)
_NAMES = (
    "a.py", "b.py", "pyproject.toml", "exai-audit.toml", ".gitignore", "setup.cfg", "uv.lock",
    "requirements.txt", "CODEOWNERS", ".exai-audit-cache", ".git", "sub", "sub/c.py", "out.json",
    "exai-audit-baseline.json", "sub/exai-audit.toml", "sub/.gitignore",
)  # fmt: skip
_COMMANDS = (
    ("scan", ".", "-f", "json=out.json", "-f", "markdown"),
    ("scan", ".", "--jobs", "2", "-f", "html"),
    ("baseline", "."),
    ("fix", ".", "--unsafe", "--write", "--allow-dirty"),
    ("fix", "--undo"),
    ("plan", "."),
    ("plan", "a.py", "--write", "--allow-dirty"),
    ("config", "."),
    ("init",),
    ("trend", "."),
)
_SLEEPER = (
    "import time\nimport requests\n\n\nasync def f():\n    time.sleep(1)\n    requests.get('x')\n"
)


def places(dice: random.Random, material: Corpus) -> None:
    """Put links, pipes, sockets and folders where files are expected, and run a command there."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        _outside(top)
        folder = top / "trial"
        folder.mkdir()
        (folder / "a.py").write_text(_SLEEPER)
        (folder / "b.py").write_bytes(dice.choice(material.sources))
        if dice.random() < 0.5:
            git(folder, "init", "-qb", "main")
        for place in dice.sample(_NAMES, 5):
            with suppress(OSError):
                _put(folder / place, dice)
        before = _state_of(top)
        for _ in range(3):
            words = dice.choice(_COMMANDS)
            done = told(folder, *words)
            assert SECRET not in done.stdout + done.stderr, words
        assert SECRET not in _all_of(folder)
        assert _state_of(top) == before, "something outside was changed"


def _put(place: Path, dice: random.Random) -> None:
    """Put something unexpected at a place."""
    targets = (
        "../outside/secret.py", "../outside", "/dev/zero", "/dev/full", "/dev/stdin", "loop",
        str(place.name), "../outside/nothing", "../../../etc/shadow", "..", ".git/config",
        "/proc/self/environ", "../outside/tag",
    )  # fmt: skip
    kinds: tuple[Callable[[], object], ...] = (
        lambda: place.symlink_to(dice.choice(targets)),
        lambda: place.symlink_to(dice.choice(targets)),
        lambda: os.mkfifo(place),
        lambda: place.mkdir(mode=dice.choice((0o755, 0o000, 0o777))),
        lambda: _socket(place),
        lambda: place.write_text(f"gitdir: {dice.choice(targets)}\n"),
        lambda: place.write_bytes(b"\xff\xfe\x00" * 20),
        lambda: place.write_text("x = 1\n" * 200_000),
    )
    if place.is_file() or place.is_symlink():
        place.unlink()
    dice.choice(kinds)()


def _socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))


def _outside(top: Path) -> None:
    """Make what must stay as it is, and be shown to nobody."""
    outside = top / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text(f"{SECRET} = (\n")
    (outside / "tag").mkdir()
    (outside / "tag" / "facts.msgpack").write_text(SECRET)


def _state_of(top: Path) -> dict[str, str]:
    """Return what is beside the project."""
    beside = [path for path in sorted(top.rglob("*")) if "trial" not in path.parts]
    return {str(path): path.read_text() if path.is_file() else "" for path in beside}


def _all_of(folder: Path) -> str:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return "\n".join(path.read_bytes().decode("latin-1") for path in found)


def repositories(dice: random.Random, material: Corpus) -> None:
    """Run commands from inside a repository that names programs wherever git and Python look."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        folder = top / "trial"
        folder.mkdir()
        git(folder, "init", "-qb", "main")
        (folder / "a.py").write_text(_SLEEPER)
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "x")
        trap = top / "was-run"
        program = top / "program"
        program.write_text(f"#!/bin/sh\necho $0 >> {trap}\n")
        program.chmod(0o755)
        _planted(folder, program, trap, dice)
        for words in dice.sample(_FROM_INSIDE, 4):
            _command(folder, words)
        assert not trap.exists(), trap.read_text()


_FROM_INSIDE = (
    ("scan", ".", "--jobs", "2"),
    ("scan", ".", "--since", "HEAD"),
    ("baseline", "."),
    ("fix", ".", "--write", "--unsafe"),
    ("trend", "."),
    ("config", "."),
    ("plan", "."),
    ("survey", "--each", "../t*l"),
    ("scan", "."),
)
_KEYS = (
    "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass",
    "diff.external", "diff.x.command", "diff.x.textconv", "filter.x.clean", "filter.x.smudge",
    "filter.x.process", "gpg.program", "credential.helper", "pager.log", "pager.diff",
    "interactive.diffFilter", "core.gitProxy", "sequence.editor", "uploadpack.packObjectsHook",
    "merge.x.driver", "browser.x.cmd", "core.alternateRefsCommand", "log.showSignature",
)  # fmt: skip
_MODULES = (
    "sitecustomize", "usercustomize", "ast", "json", "re", "typing", "multiprocessing", "pickle",
    "concurrent", "msgspec", "exai_audit", "typer", "rich", "random", "tempfile", "encodings",
)  # fmt: skip
_HOOKS = ("post-checkout", "pre-commit", "post-index-change", "fsmonitor-watchman", "pre-auto-gc")


def _planted(folder: Path, program: Path, trap: Path, dice: random.Random) -> None:
    """Name a program in the repository's configuration, attributes, hooks and modules."""
    for key in dice.sample(_KEYS, 8):
        git(folder, "config", key, "true" if key == "log.showSignature" else str(program))
    (folder / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    for hook in _HOOKS:
        place = folder / ".git" / "hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.write_text(program.read_text())
        place.chmod(0o755)
    (folder / ".gitmodules").write_text(
        f'[submodule "x"]\n\tpath = x\n\turl = ext::{program}\n\tupdate = !{program}\n'
    )
    if dice.random() < 0.5:
        alternates = folder / ".git" / "objects" / "info" / "alternates"
        alternates.write_text(f"{folder.parent}/nowhere\n/dev/zero\n")
    for name in dice.sample(_MODULES, 6):
        text = f"open({str(trap)!r}, 'a').write({name!r} + '\\n')\n"
        (folder / f"{name}.py").write_text(text)
        if dice.random() < 0.5:
            (folder / name).mkdir(exist_ok=True)
            (folder / name / "__init__.py").write_text(text)
    (folder / "a.py").write_text(_SLEEPER + "# changed\n")
    for tool in ("git", "ruff", "python3"):
        place = folder / "bin" / tool
        place.parent.mkdir(exist_ok=True)
        place.write_text(program.read_text())
        place.chmod(0o755)


def _command(folder: Path, words: tuple[str, ...]) -> None:
    """Run the installed command in the folder, with a PATH that leads into it."""
    installed = folder.parent / "exai-audit"
    installed.write_text("from exai_audit.cli import main\n\nmain()\n")
    done = subprocess.run(
        [sys.executable, str(installed), *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": _PACKAGE, "PATH": f"bin:.:{os.environ['PATH']}:"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1, 2), (words, done.stderr)
    assert "internal error" not in done.stderr, (words, done.stderr)
    assert "Traceback" not in done.stderr, (words, done.stderr)
