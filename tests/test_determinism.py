"""The same code has the same report, byte for byte, however and wherever the audit runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
EPOCH = "1700000000"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to audit the project's ``src``."""

    options: tuple[str, ...]
    folder: str = "."
    target: str = "src"
    seed: str = "0"


WAYS = {
    "another-hash-seed": Way(("--jobs", "1", "--no-cache"), seed="4711"),
    "workers-and-a-cold-cache": Way(("--jobs=2", "--cache-dir", "../cold"), "src", ".", "1"),
    "a-warm-cache": Way(("--cache-dir", "../warm"), "other", "../src", "2"),
    "drawn-otherwise": Way(("--no-cache", "--color", "always", "--ascii", "--quiet"), seed="3"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository of all that the fixtures hold, large enough for worker processes."""
    root = tmp_path_factory.mktemp("determinism")
    for folder in sorted((REPOSITORY / "fixtures").glob("*/firing")):
        shutil.copytree(folder, root / "src" / folder.parent.name.lower())
    for number in range(3):
        padding = "# padding\n" * 60_000
        (root / "src" / f"long_{number}.py").write_text(f"import time\n{padding}")
    (root / "other").mkdir()
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], cwd=root, check=True)
    return root


def reports(root: Path, way: Way, **variables: str) -> tuple[bytes, bytes]:
    """Return the JSON and the markdown of one run."""
    made = [root / f"report.{name}" for name in ("json", "markdown")]
    command = [sys.executable, "-m", "exai_audit", "scan", way.target, *way.options]
    command += [f"--format={path.suffix[1:]}={path}" for path in made]
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONHASHSEED": way.seed,
        **variables,
    }
    subprocess.run(command, cwd=root / way.folder, env=environment, check=True, capture_output=True)
    json, markdown = (path.read_bytes() for path in made)
    return json, markdown


@pytest.fixture(scope="module")
def expected(project: Path) -> tuple[bytes, bytes]:
    way = Way(("--jobs", "1", "--no-cache"))
    reports(project, Way(("--cache-dir", "warm")), SOURCE_DATE_EPOCH=EPOCH)
    return reports(project, way, SOURCE_DATE_EPOCH=EPOCH)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_however_it_runs(project: Path, expected: tuple[bytes, bytes], way: Way) -> None:
    json, markdown = reports(project, way, SOURCE_DATE_EPOCH=EPOCH)
    assert json == expected[0]
    assert markdown == expected[1]


def test_the_reports_say_something(expected: tuple[bytes, bytes]) -> None:
    json, markdown = expected
    assert json.count(b'"fingerprint"') > 100
    assert b"2023-11-14" in json
    assert b"2023-11-14" in markdown


def test_without_an_epoch_the_date_is_that_of_the_revision(project: Path) -> None:
    environment = {**os.environ, "TZ": "UTC"}
    environment.pop("SOURCE_DATE_EPOCH", None)
    shown = subprocess.run(
        ["git", "show", "-s", "--format=%cs"], cwd=project, check=True, capture_output=True
    )
    json, _ = reports(project, Way(("--no-cache",)))
    assert b'"date": "' + shown.stdout.strip() in json


def test_it_does_not_matter_where_the_project_lies(
    project: Path, expected: tuple[bytes, bytes], tmp_path: Path
) -> None:
    elsewhere = (
        tmp_path / "another place" / project.name
    )  # the name of the project, without a better one
    shutil.copytree(project, elsewhere, ignore=shutil.ignore_patterns("cold", "warm", "report.*"))
    again = reports(elsewhere, Way(("--no-cache",)), SOURCE_DATE_EPOCH=EPOCH)
    assert again == expected


MODULE = """
from sqlalchemy import create_engine
from elsewhere import Client, make, wrap

engine = create_engine("sqlite://")


def rename(rows):
    with engine.begin() as connection:
        for row in rows:
            connection.execute(row)
    return wrap(make(rows).one(), Client.first(), Client.second()).all()
"""
PRINT_FACTS = """
import sys, msgspec
from exai_audit.collectors import collect
print(msgspec.json.encode(collect("a.py", sys.stdin.buffer.read(), "a")).decode())
"""


def test_facts_do_not_depend_on_the_hash_seed() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", PRINT_FACTS],
            input=MODULE.encode(),
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in range(6)
    }
    assert len(said) == 1
