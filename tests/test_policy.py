"""Settings that extend a policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exai_audit.config import load
from exai_audit.errors import SettingsError
from exai_audit.finding import Severity
from tests.scratch import run

POLICY = 'fail-on = "high"\nselect = ["EXA2", "EXA4"]\noverridable = ["select"]\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a policy at its top and a service below."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "policy.toml").write_text(POLICY)
    service = tmp_path / "service"
    service.mkdir()
    (service / "app.py").write_text("")
    return service


def settings(service: Path, text: str) -> None:
    (service / "exai-audit.toml").write_text(text)


def problem(service: Path, text: str) -> str:
    settings(service, text)
    with pytest.raises(SettingsError) as raised:
        load(service, None, False)
    return str(raised.value)


def test_a_policy_gives_what_the_file_does_not(project: Path) -> None:
    settings(project, 'extends = "../policy.toml"\nmin-confidence = "low"\n')
    found, file = load(project, None, False)
    assert found.fail_on is Severity.HIGH
    assert found.min_confidence.value == "low"
    assert file == project / "exai-audit.toml"


def test_what_the_policy_lets_be_overridden(project: Path) -> None:
    settings(project, 'extends = "../policy.toml"\nselect = ["EXA1"]\n')
    assert load(project, None, False)[0].select == ("EXA1",)


def test_what_the_policy_fixes(project: Path) -> None:
    said = problem(project, 'extends = "../policy.toml"\nfail-on = "critical"\n')
    assert "exai-audit.toml: fail-on: is fixed by the policy" in said
    assert "policy.toml" in said


def test_a_policy_that_leaves_everything_open(project: Path) -> None:
    (project.parent / "policy.toml").write_text('fail-on = "high"\noverridable = ["*"]\n')
    settings(project, 'extends = "../policy.toml"\nfail-on = "critical"\n')
    assert load(project, None, False)[0].fail_on is Severity.CRITICAL


def test_a_policy_of_a_policy(project: Path) -> None:
    (project.parent / "policy.toml").write_text('extends = "base.toml"\nfail-on = "high"\n')
    (project.parent / "base.toml").write_text('max-drop = 1.0\nfail-on = "low"\n')
    said = problem(project, 'extends = "../policy.toml"\n')
    assert "policy.toml: fail-on: is fixed by the policy" in said
    (project.parent / "base.toml").write_text("max-drop = 1.0\n")
    found, _ = load(project, None, False)
    assert (found.max_drop, found.fail_on) == (1.0, Severity.HIGH)


def test_shared_files_extend_too(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.exai-audit]\nextends = "../policy.toml"\n')
    assert load(project, None, False)[0].fail_on is Severity.HIGH


def test_knowledge_counts_from_the_policy(project: Path) -> None:
    (project.parent / "policy.toml").write_text('knowledge = ["calls.toml"]\n')
    settings(project, 'extends = "../policy.toml"\n')
    assert load(project, None, False)[0].knowledge == (str(project.parent / "calls.toml"),)


def test_an_installed_distribution_brings_a_policy(project: Path) -> None:
    assert "'pytest' has no files 'no/such/policy.toml'" in problem(
        project, 'extends = "pytest:no/such/policy.toml"\n'
    )
    assert "is not installed" in problem(project, 'extends = "no-such-thing:policy.toml"\n')


def test_a_policy_in_a_distribution_is_read(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    (site / "acme_policy").mkdir(parents=True)
    (site / "acme_policy" / "policy.toml").write_text('fail-on = "medium"\n')
    (site / "acme_policy" / "__init__.py").write_text("raise SystemExit('was imported')\n")
    about = site / "acme_policy-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-policy\nVersion: 1.0\n")
    (about / "RECORD").write_text("acme_policy/policy.toml,,\nacme_policy/__init__.py,,\n")
    monkeypatch.syspath_prepend(str(site))
    settings(project, 'extends = "acme-policy:policy.toml"\n')
    assert load(project, None, False)[0].fail_on is Severity.MEDIUM


PROBLEMS = {
    'extends = "../../out.toml"\n': "leads out of the repository",
    'extends = "gone.toml"\n': "no such file",
    "extends = 1\n": "expected a path",
    'extends = "exai-audit.toml"\n': "or a circle",
    'extends = "../policy.toml"\noverridable = 1\n': "overridable: expected a list",
}


@pytest.mark.parametrize("text", PROBLEMS)
def test_what_is_wrong_is_said(project: Path, text: str) -> None:
    (project.parent.parent / "out.toml").write_text("")
    assert PROBLEMS[text] in problem(project, text)


def test_an_error_of_the_policy_names_its_file(project: Path) -> None:
    (project.parent / "policy.toml").write_text("selekt = 1\n")
    said = problem(project, 'extends = "../policy.toml"\n')
    assert "policy.toml: selekt: unknown setting" in said


def test_config_says_where_each_value_comes_from(project: Path) -> None:
    settings(project, 'extends = "../policy.toml"\nselect = ["EXA4"]\n')
    document = json.loads(run(project.parent, "config", "service", "-f", "json").stdout)
    origins = {one["key"]: one["origin"] for one in document["settings"]}
    assert origins["select"].endswith("service/exai-audit.toml: select")
    assert origins["min-confidence"] == "default"
    inside = json.loads(run(project, "config", ".", "-f", "json").stdout)
    gates = {one["key"]: one["origin"] for one in inside["settings"]}
    assert gates["fail-on"].endswith("policy.toml: fail-on")
