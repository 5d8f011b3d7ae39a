"""The recipes of the README: against the services' schemas, and run as far as a shell can."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import junitparser
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema.validators import validator_for
from ruamel.yaml import YAML

from tests.test_cli import CLEAN, SLEEPER

POOR = SLEEPER * 40 + "import requests\n" + "requests.get('https://example.org')\n" * 40
ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the services' shells are POSIX")


def recipe(file: str) -> dict[str, Any]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    (text,) = (block for block in blocks if block.startswith(f"# {file}\n"))
    loaded: dict[str, Any] = YAML(typ="safe").load(text)
    return loaded


def steps(commands: list[str], folder: Path, **variables: str) -> tuple[int, str]:
    """Run the commands as a service does, one after another, but for those that install."""
    environment = {
        **os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT), **variables,
    }  # fmt: skip
    script = "\n".join(command for command in commands if "pip install" not in command)
    assert script
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "app.py").write_text(SLEEPER)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        (".github/workflows/audit.yml", "vendor.github-workflows"),
        (".gitlab-ci.yml", "vendor.gitlab-ci"),
    ],
)
def test_recipes_keep_to_the_schema_of_the_service(file: str, schema: str) -> None:
    rules = get_builtin_schema(schema)
    checker = validator_for(rules)(rules)
    assert [error.message for error in checker.iter_errors(recipe(file))] == []
    broken = {**recipe(file), "jobs" if "github" in schema else "audit": 5}
    assert not checker.is_valid(broken)


@pytest.mark.parametrize(("text", "status"), [(POOR, 1), (CLEAN, 0)])
def test_github_workflow(project: Path, text: str, status: int) -> None:
    (project / "app.py").write_text(text)
    summary = project / "summary.md"
    summary.touch()
    job = recipe(".github/workflows/audit.yml")["jobs"]["audit"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    ended, printed = steps(commands, project, GITHUB_STEP_SUMMARY=str(summary))
    assert ended == status
    assert ("::error file=app.py," in printed) == bool(status)
    assert summary.read_text().startswith("**FAILED: score" if status else "**PASSED: score")
    (upload,) = (step for step in job["steps"] if "upload-sarif" in step.get("uses", ""))
    log = json.loads((project / upload["with"]["sarif_file"]).read_text())
    assert bool(log["runs"][0]["results"]) == bool(status)


@pytest.mark.parametrize(("text", "status"), [(POOR, 1), (CLEAN, 0)])
def test_gitlab_job(project: Path, text: str, status: int) -> None:
    (project / "app.py").write_text(text)
    job = recipe(".gitlab-ci.yml")["audit"]
    ended, printed = steps(job["script"], project)
    assert ended == status
    assert "of 100" in printed
    reports = job["artifacts"]["reports"]
    quality = json.loads((project / reports["codequality"]).read_text())
    assert {entry["location"]["path"] for entry in quality} == ({"app.py"} if status else set())
    suites = junitparser.JUnitXml.fromfile(str(project / reports["junit"]))
    assert suites.failures == len(quality)
