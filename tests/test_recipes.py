"""The recipes of the documentation: against the services' schemas, and run as a shell can."""

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


def block(file: str, language: str = "yaml") -> str:
    """Return a recipe of the page about CI, by the comment on its first line."""
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```", page, re.M | re.S)
    (text,) = (one for one in blocks if one.partition("\n")[0] in {f"# {file}", f"// {file}"})
    return str(text)


def recipe(file: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(block(file))
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
        (".github/workflows/action.yml", "vendor.github-workflows"),
        (".gitlab-ci.yml", "vendor.gitlab-ci"),
        ("azure-pipelines.yml", "vendor.azure-pipelines"),
        ("bitbucket-pipelines.yml", "vendor.bitbucket-pipelines"),
    ],
)
def test_recipes_keep_to_the_schema_of_the_service(file: str, schema: str) -> None:
    rules = get_builtin_schema(schema)
    checker = validator_for(rules)(rules)
    assert [error.message for error in checker.iter_errors(recipe(file))] == []
    name = {"github": "jobs", "gitlab": "audit", "azure": "steps", "bitbucket": "pipelines"}
    broken = {**recipe(file), next(name[key] for key in name if key in schema): 5}
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


@pytest.mark.parametrize(("text", "status"), [(POOR, 1), (CLEAN, 0)])
def test_azure_pipeline(project: Path, text: str, status: int) -> None:
    (project / "app.py").write_text(text)
    pipeline = recipe("azure-pipelines.yml")
    scripts = [step["script"] for step in pipeline["steps"] if "script" in step]
    ended, _ = steps([script for script in scripts if "##vso" not in script], project)
    assert ended == status
    published = [step["inputs"] for step in pipeline["steps"] if "inputs" in step]
    files = [one.get("testResultsFiles") or one.get("PathtoPublish") for one in published]
    assert bool(junitparser.JUnitXml.fromfile(str(project / files[1])).failures) == bool(status)
    assert json.loads((project / files[2]).read_text())["version"] == "2.1.0"
    (summary,) = (script for script in scripts if "##vso" in script)
    assert (project / summary.rpartition("/")[2].strip('"')).read_text().startswith("# Audit")


@pytest.mark.parametrize(("text", "status"), [(POOR, 1), (CLEAN, 0)])
def test_bitbucket_pipeline(project: Path, text: str, status: int) -> None:
    (project / "app.py").write_text(text)
    (project / "test-reports").mkdir()
    (entry,) = recipe("bitbucket-pipelines.yml")["pipelines"]["default"]
    assert steps(entry["step"]["script"], project)[0] == status
    assert (project / "test-reports" / "audit.xml").is_file()
    assert [(project / name).is_file() for name in entry["step"]["artifacts"]] == [True]


def test_bitbucket_pull_request(tmp_path: Path) -> None:
    branch = pull_request(tmp_path, SLEEPER)
    (branch / "test-reports").mkdir()
    (entry,) = recipe("bitbucket-pipelines.yml")["pipelines"]["pull-requests"]["**"]
    script = entry["step"]["script"]
    assert steps(script, branch, BITBUCKET_PR_DESTINATION_BRANCH="main")[0] == 1
    assert "new.py:5" in (branch / "comment.md").read_text()


@pytest.mark.parametrize(("text", "status"), [(POOR, 1), (CLEAN, 0)])
def test_jenkinsfile(project: Path, text: str, status: int) -> None:
    """There is no schema: sections and braces are looked at, and its commands are run."""
    (project / "app.py").write_text(text)
    written = block("Jenkinsfile", "groovy")
    assert re.match(r"// Jenkinsfile\npipeline \{\n    agent .*\n    stages \{\n", written)
    assert written.count("{") == written.count("}")
    assert steps(re.findall(r"sh '([^']+)'", written), project)[0] == status
    for file in re.findall(r"'(audit\.\w+)'", written):
        assert (project / file).is_file()
