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

from tests.scratch import commit, git, repository
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


@pytest.mark.parametrize(
    "file", sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / ".github").rglob("*.yml"))
)
def test_own_workflows_and_forms_keep_to_their_schema(file: str) -> None:
    loaded = YAML(typ="safe").load((ROOT / file).read_text())
    if "workflows" in file:
        rules = get_builtin_schema("vendor.github-workflows")
        errors = validator_for(rules)(rules).iter_errors(loaded)
        assert [error.message for error in errors] == []
    else:
        assert loaded["name"]
        assert all(one["type"] in {"input", "textarea"} for one in loaded["body"])


def commands_on(event: str, job: dict[str, Any]) -> list[str]:
    """Return the commands of a job's steps on an event."""
    wanted = (None, f"github.event_name == '{event}'")
    return [step["run"] for step in job["steps"] if "run" in step and step.get("if") in wanted]


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
def test_github_workflow_on_a_push(project: Path, text: str, status: int) -> None:
    (project / "app.py").write_text(text)
    summary = project / "summary.md"
    summary.touch()
    job = recipe(".github/workflows/audit.yml")["jobs"]["audit"]
    commands = commands_on("push", job)
    ended, printed = steps(commands, project, GITHUB_STEP_SUMMARY=str(summary))
    assert ended == status
    assert ("::error file=app.py," in printed) == bool(status)
    assert summary.read_text().startswith("**FAILED: score" if status else "**PASSED: score")
    (upload,) = (step for step in job["steps"] if "upload-sarif" in step.get("uses", ""))
    log = json.loads((project / upload["with"]["sarif_file"]).read_text())
    assert bool(log["runs"][0]["results"]) == bool(status)


@pytest.mark.parametrize(("added", "status"), [(SLEEPER, 1), (CLEAN, 0)])
def test_github_workflow_on_a_pull_request(tmp_path: Path, added: str, status: int) -> None:
    branch = pull_request(tmp_path, added)
    job = recipe(".github/workflows/audit.yml")["jobs"]["audit"]
    ended, printed = steps(commands_on("pull_request", job), branch, GITHUB_BASE_REF="main")
    assert ended == status
    assert "old.py" not in printed
    assert ("::error file=new.py," in printed) == bool(status)
    assert ("new.py:5" in (branch / "comment.md").read_text()) == bool(status)


def pull_request(folder: Path, added: str) -> Path:
    """Return a clone with a branch that adds a file to one that has a finding already."""
    origin = repository(folder / "origin", old=SLEEPER)
    git(folder, "clone", "-q", str(origin), "clone")
    clone = folder / "clone"
    git(clone, "checkout", "-qb", "work")
    commit(clone, new=added)
    return clone


GH = """#!/bin/sh
echo "$@" >> "$GH_LOG"
case "$*" in *--paginate*) cat "$GH_COMMENTS";; esac
"""


@pytest.mark.parametrize("comments", ["[]", '[{"id": 1, "body": "x"}][{"id": 7, "body": "MARK"}]'])
@pytest.mark.parametrize(("added", "status"), [(SLEEPER, 1), (CLEAN, 0)])
def test_action(tmp_path: Path, added: str, status: int, comments: str) -> None:
    branch = pull_request(tmp_path, added)
    programs, outputs = tmp_path / "bin", tmp_path / "outputs"
    programs.mkdir()
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    known = comments.replace("MARK", "<!-- exai-audit: audit --> and more")
    (tmp_path / "comments.json").write_text(known)
    (tmp_path / "event.json").write_text('{"number": 12}')
    action = YAML(typ="safe").load((ROOT / "action.yml").read_text())
    environment = {
        "GITHUB_BASE_REF": "main", "GITHUB_OUTPUT": str(outputs), "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "RUNNER_TEMP": str(tmp_path),
        "GH_LOG": str(tmp_path / "gh.log"), "GH_COMMENTS": str(tmp_path / "comments.json"),
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AUDIT_PATHS": ".", "AUDIT_ARGUMENTS": "", "AUDIT_COMMENT": "audit",
    }  # fmt: skip
    install, *others, gate = [step["run"] for step in action["runs"]["steps"]]
    assert "pip install" in install
    ended, printed = steps(others, branch, **environment)
    assert ended == 0, printed
    said = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert said["status"] == str(status)
    assert json.loads(Path(said["sarif"]).read_text())["version"] == "2.1.0"
    assert steps([gate], branch, AUDIT_STATUS=said["status"])[0] == status
    *_, written = (tmp_path / "gh.log").read_text().splitlines()
    where = "PATCH repos/acme/shop/issues/comments/7" if "MARK" in comments else "POST repos"
    assert where in written
    comment = (tmp_path / "exai-audit-comment.md").read_text()
    assert comment.startswith("<!-- exai-audit: audit -->")
    assert ("new.py:5" in comment) == bool(status)


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
