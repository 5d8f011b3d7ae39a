"""What is run: this tool in its four situations, and its peers in theirs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.measure import run
from benchmarks.speed.trees import Tree

_LIKE_OURS = "C901,PLR0915,B019,ASYNC,S113"
_BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Tool:
    """One row: ``command`` gives the arguments for a tree and a scratch folder.

    ``before`` is done before each run, ``trees`` are those that it is run on.
    """

    title: str
    command: Callable[[Tree, Path], list[str]]
    before: Callable[[Tree, Path], None] = lambda tree, scratch: None
    trees: tuple[str, ...] = ("service", "stdlib", "large")

    def is_installed(self) -> bool:
        return (_BIN / Path(self.command(_NOWHERE, Path())[0]).name).exists()


_MARK = b"\n# changed at "
_NOWHERE = Tree("", "", Path(), 0, 0)
COLD, WARM, CHANGED, HOOK = "exai-audit, cold", "nothing changed", "one file changed", "the hook"
RUFF = f"ruff --select {_LIKE_OURS}"


def _ours(*options: str) -> Callable[[Tree, Path], list[str]]:
    def command(tree: Tree, scratch: Path) -> list[str]:
        report = f"json={scratch / 'report.json'}"
        arguments = ["scan", str(tree.path), "--isolated", "-f", report, *options]
        if "--no-cache" not in options:
            arguments += ["--cache-dir", str(scratch / f"cache-{tree.name}")]
        return [str(_BIN / "exai-audit"), *arguments]

    return command


def _hook(tree: Tree, scratch: Path) -> list[str]:
    return [*_ours()(tree, scratch), "--show-only", str(changed_file(tree))]


def _peer(name: str, *arguments: str) -> Callable[[Tree, Path], list[str]]:
    def command(tree: Tree, scratch: Path) -> list[str]:
        return [str(_BIN / name), *arguments, str(tree.path)]

    return command


def changed_file(tree: Tree) -> Path:
    """Return the longest file of up to 1,500 lines: what an editor saves in the worst case."""
    sizes = ((p.read_bytes().count(b"\n"), p) for p in sorted(tree.path.rglob("*.py")))
    return max(pair for pair in sizes if pair[0] <= 1500)[1]


def _change(tree: Tree, scratch: Path) -> None:
    """Give one file an end that it never had."""
    path = changed_file(tree)
    data = path.read_bytes().partition(_MARK)[0]
    path.write_bytes(data + _MARK + b"%d\n" % time.time_ns())


def _settle(tree: Tree, scratch: Path) -> None:
    """Let the next run see what it is going to see again."""
    run(_ours()(tree, scratch), scratch)


_SMALL = ("service", "stdlib")
OURS = (
    Tool(COLD, _ours("--no-cache")),
    Tool(WARM, _ours(), _settle),
    Tool(CHANGED, _ours(), _change),
    Tool(HOOK, _hook, _change),
)
PEERS = (
    Tool("pyscn analyze --json", _peer("pyscn", "analyze", "--json", "--no-open"), trees=_SMALL),
    Tool("pyscn check --skip-clones", _peer("pyscn", "check", "-q", "--skip-clones")),
    Tool("lizard", _peer("lizard")),
    Tool("radon cc -s", _peer("radon", "cc", "-s")),
    Tool("bandit -r", _peer("bandit", "-q", "-r"), trees=_SMALL),
    Tool(
        RUFF,
        _peer("ruff", "check", "--isolated", "--no-cache", "-q", "--select", _LIKE_OURS),
    ),
    Tool(
        "ruff --select ALL",
        _peer("ruff", "check", "--isolated", "--no-cache", "-q", "--select", "ALL"),
    ),
)
