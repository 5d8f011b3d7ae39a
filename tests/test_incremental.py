"""What is remembered changes no byte of a report, whatever has been done to a project between."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.scratch import run

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(
    path
    for path in FIXTURES.glob("EXA*/firing/**/*.py")
    if path.stat().st_size < 6_000 and "EXA003" not in path.parts
)
NAMES = ("app.py", "clients.py", "core/__init__.py", "core/app.py", "tests/test_app.py", "work.py")
SETTINGS = (
    "",
    "max-module-lines = 30\nmax-class-lines = 20\nmax-methods = 3\n",
    'ignore = ["EXA4"]\nscope = ["production", "tests"]\n',
    'max-module-lines = 12\nmin-confidence = "low"\nbridge-functions = ["work.run"]\n',
)
Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "write", "append", "cut", "rename", "delete", "touch", "set"]),
        st.integers(0, 500),
        st.integers(0, 500),
    ),
    min_size=2,
    max_size=7,
)


def change(project: Path, step: Step) -> None:
    """Do something to a project: to its settings, or to one of its files."""
    kind, one, other = step
    there = sorted(project.rglob("*.py"))
    chosen = there[one % len(there)]
    place = project / NAMES[other % len(NAMES)]
    place.parent.mkdir(exist_ok=True)
    if kind == "take":  # a whole fixture: its files know each other
        for path in FILES[one % len(FILES)].parent.glob("*.py"):
            shutil.copyfile(path, project / path.name)
    elif kind == "write":
        shutil.copyfile(FILES[one % len(FILES)], place)
    elif kind == "append":
        chosen.write_text(chosen.read_text() + f"\n\nLIMIT_{other % 3} = {other}.0\n")
    elif kind == "cut":
        lines = chosen.read_text().splitlines(keepends=True)
        chosen.write_text("".join(lines[: other % (len(lines) + 1)]))
    elif kind == "rename":
        chosen.replace(place)
    elif kind == "delete" and len(there) > 1:
        chosen.unlink()
    elif kind == "touch":
        chosen.touch()
    elif kind == "set":
        (project / "exai-audit.toml").write_text(SETTINGS[one % len(SETTINGS)])


def report(project: Path, *options: str) -> bytes:
    """Return the whole report of a project, with the facts of its files."""
    to = project.parent / "report.json"
    ended = run(project, "scan", "--facts", "--exit-zero", "-qf", f"json={to}", *options)
    assert ended.returncode == 0, ended.stderr
    return to.read_bytes()


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=STEPS)
def test_what_is_remembered_changes_nothing(steps: Sequence[Step]) -> None:
    with TemporaryDirectory() as folder:
        project = Path(folder, "project")
        project.mkdir()
        (project / "main.py").write_text("import time\n")
        for step in steps:
            change(project, step)
            assert report(project) == report(project, "--no-cache")


def test_plans_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "exai-audit.toml").write_text("max-module-lines = 30\nmax-methods = 3\n")
    for path in (FIXTURES / "EXA105" / "firing").rglob("*.py"):
        shutil.copyfile(path, tmp_path / path.name)
    first = report(tmp_path)
    remembered = (tmp_path / ".exai-audit-cache" / "plans.msgpack").read_bytes()
    assert remembered
    assert report(tmp_path) == first == report(tmp_path, "--no-cache")
