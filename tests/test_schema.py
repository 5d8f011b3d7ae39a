"""JSON Schema of settings and report: against what is really read and written."""

from __future__ import annotations

import json
import re
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from exai_audit.config import EXTENDS, OVERRIDABLE
from exai_audit.config.keys import KEYS, OVERRIDE_KEYS, read_settings
from exai_audit.errors import SettingsError
from exai_audit.report import render
from exai_audit.results.result import AuditResult
from exai_audit.rulebook.registry import default_settings, rules
from exai_audit.schema import report_schema, settings_schema
from exai_audit.schema.values import value_schema
from tests.test_cli import run
from tests.test_reports import empty, evil, sample

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
OPTIONS = {key: value for rule in rules() for key, value in default_settings(rule).items()}
VALUES: tuple[Any, ...] = (
    True, 0, 1, 7, -1, 1.5, 101, "", "x", "B", "high", "EXA2", "EXA999", "source",
    [], ["EXA2"], ["EXA", "EXA999"], ["x"], [1], [["EXA2"]], ["production"], ["production", "x"],
    {}, {"a/*.py": ["EXA2"]}, {"a/*.py": ["EXA999"]}, {"a/*.py": "EXA2"}, {"file": ["x"]},
    {"file": "x"}, {"no-layer": ["x"]}, {"size": 30}, {"size": -1}, {"size": ["x"]}, {"audit": 1},
    {"database": ["x"]},
)  # fmt: skip


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that takes no member which it does not know."""
    made: dict[str, Any] = {}
    for key, value in schema.items():
        items = value if isinstance(value, list) else []
        parts = [closed(item) if isinstance(item, dict) else item for item in items]
        made[key] = closed(value) if isinstance(value, dict) else parts or value
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


REPORT = Draft7Validator(closed(report_schema()))
SETTINGS = Draft7Validator(settings_schema())


@pytest.mark.parametrize("schema", [report_schema(), settings_schema()])
def test_they_are_schemas(schema: dict[str, Any]) -> None:
    Draft7Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("result", [sample(), evil(), empty(5), empty(0)])
def test_reports_keep_to_it(result: AuditResult) -> None:
    assert list(REPORT.iter_errors(json.loads(render(result, "json")))) == []


@pytest.mark.parametrize("facts", [(), ("--facts",)])
@pytest.mark.parametrize("paths", [("fixtures",), ("exai_audit/report",), ("fixtures/EXA101",)])
def test_real_reports_keep_to_it(paths: tuple[str, ...], facts: tuple[str, ...]) -> None:
    done = run(ROOT, "scan", *paths, *facts, "-f", "json", "--isolated", "--no-cache", "--jobs=1")
    document = json.loads(done.stdout)
    assert [error.json_path for error in REPORT.iter_errors(document)] == []
    assert ("facts" in document) == bool(facts)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 1),
        (("score", "value"), "good"),
        (("findings", 0, "severity"), "grave"),
        (("findings", 0, "line"), None),
        (("findings", 0, "related"), {}),
        (("target", "scopes"), ["everything"]),
        (("facts", "timeouts", 0, "async"), "no"),
        (("facts", "modules", 0, "physical"), "many"),
    ],
)
def test_what_is_no_report_fails(path: tuple[Any, ...], value: object) -> None:
    document = json.loads(render(sample(), "json"))
    within = document
    for step in path[:-1]:
        within = within[step]
    assert path[-1] in within or isinstance(path[-1], int)
    within[path[-1]] = value
    assert not REPORT.is_valid(document)


def test_every_member_is_required() -> None:
    document = json.loads(render(sample(), "json"))
    del document["findings"][0]["fingerprint"]
    assert not REPORT.is_valid(document)


def test_a_later_version_may_add_members() -> None:
    document = json.loads(render(sample(), "json"))
    document["findings"][0]["mood"] = "grim"
    assert Draft7Validator(report_schema()).is_valid(document)


def test_every_setting_is_there() -> None:
    assert set(settings_schema()["properties"]) == {
        *KEYS,
        *OPTIONS,
        "overrides",
        EXTENDS,
        OVERRIDABLE,
    }


@pytest.mark.parametrize("key", [*KEYS, *OPTIONS])
def test_settings_that_are_read_keep_to_it_and_others_fail(key: str) -> None:
    for value in VALUES:
        assert SETTINGS.is_valid({key: value}) == is_read({key: value}), (key, value)


@pytest.mark.parametrize("key", [*OVERRIDE_KEYS, *OPTIONS, "fail-under", "unknown"])
def test_overrides_that_are_read_keep_to_it_and_others_fail(key: str) -> None:
    for value in VALUES:
        table = {"overrides": [{"paths": ["a/"], key: value}]}
        assert SETTINGS.is_valid(table) == is_read(table), (key, value)
    assert not SETTINGS.is_valid({"overrides": [{"ignore": ["EXA2"]}]})
    assert not SETTINGS.is_valid({"unknown": 1})


def is_read(table: dict[str, Any]) -> bool:
    try:
        read_settings(deepcopy(table), "x.toml")
    except SettingsError:
        return False
    return True


def test_the_documented_settings_keep_to_it() -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    tables = [tomllib.loads(block).get("tool", {}).get("exai-audit") for block in blocks]
    assert any(tables)
    for table in filter(None, tables):
        assert list(SETTINGS.iter_errors(table)) == []


def test_defaults_are_those_in_force() -> None:
    properties = settings_schema()["properties"]
    for key, default in OPTIONS.items():
        assert properties[key]["default"] == default
    given = {key: schema["default"] for key, schema in properties.items() if "default" in schema}
    assert SETTINGS.is_valid(given)
    assert is_read(given)


def test_a_type_without_a_form_in_json_is_told() -> None:
    with pytest.raises(TypeError, match="no JSON Schema for"):
        value_schema(complex, {})


@pytest.mark.parametrize(
    ("subject", "schema"), [("config", settings_schema()), ("report", report_schema())]
)
def test_command_prints_it(tmp_path: Path, subject: str, schema: dict[str, Any]) -> None:
    done = run(tmp_path, "schema", subject)
    assert done.returncode == 0
    assert json.loads(done.stdout) == schema
