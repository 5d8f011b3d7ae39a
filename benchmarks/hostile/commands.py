"""Every command on projects of changed files, in this process: a promised status, and no more."""

from __future__ import annotations

import json
import random
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path

from benchmarks.hostile.mutation import Corpus, mutated, with_other_value, write_project
from exai_audit.dashboard.pages import dashboard_page
from exai_audit.dashboard.watched import Watched
from exai_audit.report import FORMATS
from exai_audit.session.open_project import OpenProject, Request
from exai_audit.trend.report import FORMATS as OF_TRENDS
from tests.scratch import Ended, git, run

_CACHE = ".exai-audit-cache/"


def told(folder: Path, *words: str) -> Ended:
    """Run a command that must end as promised."""
    done = run(folder, *words)
    said = done.stdout + done.stderr
    assert done.returncode in (0, 1, 2), (words, done.returncode, said[-2000:])
    assert "internal error" not in said, (words, said[-2000:])
    assert "Traceback" not in done.stderr, (words, said[-2000:])
    return done


def commands(dice: random.Random, material: Corpus) -> None:
    """Scan, compare, plan, list and show a project in every format."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, dice, material)
        wanted = [word for form in FORMATS for word in ("-f", f"{form}=out/{form}")]
        (folder / "out").mkdir()
        told(folder, "scan", ".", *wanted, "--jobs", "1", "--explain-score")
        told(folder, "baseline", ".", "-o", "baseline.json")
        _change_one(folder, dice)
        told(folder, "scan", ".", "--baseline", "baseline.json", "--fail-on-new", "-f", "html")
        told(folder, "plan", ".")
        for file in sorted(folder.rglob("*.py"))[:2]:
            told(folder, "plan", str(file))
        told(folder, "config", ".")
        told(folder, "report", "out/json", "-f", dice.choice(FORMATS))
        _damage(folder / "out" / "json", dice)
        told(folder, "report", "out/json", "-f", dice.choice(FORMATS))


def writes(dice: random.Random, material: Corpus) -> None:
    """Write fixes, or a plan that is carried out, and undo it: every byte is as it was."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, dice, material, most=8)
        before = _contents(folder)
        words = ["fix", ".", "--unsafe"]
        if dice.random() < 0.5:
            words = ["plan", str(dice.choice(sorted(folder.rglob("*.py"))))]
        done = told(folder, *words, "--write", "--allow-dirty")
        after = _contents(folder)
        if done.returncode != 2 and after != before:
            assert told(folder, "fix", "--undo").returncode == 0
        assert _contents(folder) == before


def histories(dice: random.Random, material: Corpus) -> None:
    """Show the trend of a few commits, and survey them together."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "trial"
        folder.mkdir()
        git(folder, "init", "-qb", "main")
        (folder / ".gitignore").write_text(_CACHE)
        for number in range(dice.randint(1, 3)):
            write_project(folder, dice, material, most=3)
            (folder / ".gitignore").write_text(_CACHE)
            git(folder, "add", "-A")
            git(folder, "commit", "-qm", f"x {number}", "--allow-empty")
        wanted = [word for form in OF_TRENDS for word in ("-f", f"{form}={name}/{form}")]
        told(folder, "trend", ".", *wanted, "--alert", "score < 80")
        told(folder, "scan", ".", "--since", "HEAD", "--jobs", "1")
        told(Path(name), "survey", "--each", "t*l", "-f", "html=survey.html", "--no-cache")
        told(Path(name), "survey", "--each", "t*l", "-f", "markdown", "--resume")


def sights(dice: random.Random, material: Corpus) -> None:
    """Hold a project in memory while its files change, and draw the dashboard each time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, dice, material)
        said: list[str] = []
        opened = OpenProject(Request((folder,)), lambda: date(2026, 6, 1), said.append)
        watched = Watched(opened, lambda sight: None)
        for _ in range(3):
            watched.look()
            assert "internal error" not in watched.sight.problem, watched.sight.problem
            page = dashboard_page(watched.sight)
            assert page.rstrip().endswith("</html>")
            _change_one(folder, dice)
        watched.close()


def _change_one(folder: Path, dice: random.Random) -> None:
    file = dice.choice(sorted(folder.rglob("*.py")))
    file.write_bytes(mutated(file.read_bytes(), dice))


def _damage(file: Path, dice: random.Random) -> None:
    """Change a stored result by its bytes or by its values."""
    with suppress(OSError):
        if dice.random() < 0.3:
            file.write_bytes(mutated(file.read_bytes(), dice))
        else:
            document = with_other_value(json.loads(file.read_bytes()), dice)
            file.write_text(json.dumps(document))


def _contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        name: path.read_bytes()
        for path in found
        if not (name := path.relative_to(folder).as_posix()).startswith(_CACHE)
    }
