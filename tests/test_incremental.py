"""What is remembered changes no byte of a report, whatever has been done to a project between."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from exai_audit.audit.contents import Sources
from exai_audit.audit.engine import audit
from exai_audit.config import Settings
from exai_audit.planning.decomposition import plan_of
from exai_audit.planning.decomposition.scene import Scene
from exai_audit.results.plans import Plan
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
SHOP = "".join(
    f"def {verb}_{noun}(value):\n" + f"    {noun}_total = value\n" * 30 + "    return value\n\n\n"
    for noun in ("order", "mail", "stock")
    for verb in ("load", "store", "drop", "_count")
)
T = TypeVar("T")
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


def plan(project: Path) -> dict[str, Any]:
    """Return the only plan of a report, which is as without anything remembered."""
    document = report(project)
    assert document == report(project, "--no-cache")
    found: list[dict[str, Any]] = json.loads(document)["plans"]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a project with one module to split, whose plan is remembered."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "shop.py").write_text(SHOP)
    (project / "desk.py").write_text("import shop\n\nshop.load_mail(1)\n")
    plan(project)
    return project


def test_a_plan_changes_when_another_file_imports_a_name(shop: Path) -> None:
    before = plan(shop)
    (shop / "till.py").write_text("from shop import _count_stock\n")
    after = plan(shop)
    assert "_count_stock" not in before["facade"]
    assert "_count_stock" in after["facade"]
    assert {"path": "till.py", "names": ["_count_stock"]} in after["importers"]


def test_a_plan_changes_when_another_file_reaches_another_name(shop: Path) -> None:
    (shop / "desk.py").write_text("import shop\n\nshop._count_mail(1)\n")
    assert plan(shop)["importers"] == [{"path": "desk.py", "names": ["_count_mail"]}]


def test_a_plan_changes_when_a_test_replaces_a_name(shop: Path) -> None:
    (shop / "tests").mkdir()
    (shop / "tests" / "test_shop.py").write_text(
        "from unittest.mock import patch\n\n\n"
        "@patch('shop.load_mail')\ndef test_mail(fake):\n    assert fake\n"
    )
    assert any("`shop.load_mail`" in risk for risk in plan(shop)["risks"])


def test_a_plan_changes_when_its_names_of_modules_are_taken(shop: Path) -> None:
    taken = plan(shop)["modules"][0]["name"]
    (shop / "shop").mkdir()
    (shop / "shop" / f"{taken}.py").write_text("")
    assert taken not in {module["name"] for module in plan(shop)["modules"]}


def test_an_unchanged_plan_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    settings = Settings()
    kept: dict[tuple[str, ...], object] = {}

    def remember(parts: Sequence[str], of: type[T], make: Callable[[], T | None]) -> T | None:
        if parts[0] == "plan" and tuple(parts) not in kept:
            kept[tuple(parts)] = make()
        return cast("T | None", kept[tuple(parts)]) if parts[0] == "plan" else make()

    def planned() -> Plan:
        audited = audit([tmp_path], tmp_path, settings, 1, lambda done, whole: None)
        read = Sources(audited.discovery.files).get
        scene = Scene(audited.project, read, lambda path: 300, remember)
        files = {facts.path: facts for facts in audited.project.files}
        return plan_of(files["shop.py"], scene, in_full=False)

    first = planned()
    (tmp_path / "other.py").write_text("LIMIT = 3\n")
    assert planned() == first
    assert len(kept) == 1
    (tmp_path / "other.py").write_text("import shop\n")
    assert planned() != first
    assert len(kept) == 2
