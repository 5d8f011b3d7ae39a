"""``exai-audit survey``: many repositories, each audited alone, and what they have in common."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import tarfile
import zipfile
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exai_audit.errors import UsageError
from exai_audit.survey import processes
from exai_audit.survey.manifest import Repository, folders_matching, read_manifest
from exai_audit.survey.work import Outcome, Work, audited
from tests.scratch import Ended, commit, git, repository, run

CALM = "import asyncio\n\n\nasync def wait():\n    await asyncio.sleep(1)\n"
SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
FETCH = "import requests\n\n\ndef fetch(url):\n    return requests.get(url)\n"


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """Three services: one calm, two that fetch without a limit, of which one sleeps."""
    for name, text in (("calm", CALM), ("fetcher", FETCH), ("worse", FETCH + SLEEPER)):
        folder = tmp_path / "services" / name
        folder.mkdir(parents=True)
        (folder / "app.py").write_text(text)
    return tmp_path


def surveyed(folder: Path, *options: str) -> Ended:
    return run(folder, "survey", *options, "--jobs", "2")


def document(folder: Path, *options: str) -> dict[str, Any]:
    done = surveyed(folder, *options, "-f", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_each_folder_is_a_row(services: Path) -> None:
    found = document(services, "--each", "services/*")
    assert [row["name"] for row in found["rows"]] == ["calm", "fetcher", "worse"]
    scores = [row["score"] for row in found["rows"]]
    assert scores[0] == 100.0
    assert scores[0] > scores[1] > scores[2]
    assert [row["better_than"] for row in found["rows"]] == [100.0, 50.0, 0.0]


def test_a_row_is_what_a_scan_of_that_repository_says(services: Path) -> None:
    document(services, "--each", "services/*")
    stored = json.loads((services / "exai-audit-survey" / "worse.json").read_text())
    scanned = json.loads(
        run(services / "services" / "worse", "scan", "--no-cache", "-f", "json").stdout
    )
    assert stored["findings"] == scanned["findings"]
    assert stored["score"] == scanned["score"]


def test_what_repositories_have_in_common(services: Path) -> None:
    shared = document(services, "--each", "services/*")["rules"]
    (calls,) = (one for one in shared if one["code"] == "EXA205")
    assert calls["subject"] == "requests.get"
    assert calls["repositories"] == ["fetcher", "worse"]
    assert calls["findings"] == 2


def test_the_hours_that_gain_most(services: Path) -> None:
    tasks = document(services, "--each", "services/*")["tasks"]
    assert {task["repository"] for task in tasks} == {"fetcher", "worse"}
    rates = [task["gain"] / sum(task["hours"]) for task in tasks]
    assert rates == sorted(rates, reverse=True)
    assert sum(sum(task["hours"]) / 2 for task in tasks) <= 10


def test_a_manifest_names_owners_and_tags(services: Path) -> None:
    (services / "fleet.toml").write_text(
        '[[repository]]\nsource = "services/worse"\nname = "billing"\nowner = "payments"\n'
        'tags = ["python", "old"]\n'
    )
    (row,) = document(services, "fleet.toml")["rows"]
    assert (row["name"], row["owner"], row["tags"]) == ("billing", "payments", ["python", "old"])


def test_a_list_is_a_manifest(services: Path) -> None:
    (services / "fleet.txt").write_text("# ours\nservices/calm\nservices/worse  # not ours\n")
    assert [row["name"] for row in document(services, "fleet.txt")["rows"]] == ["calm", "worse"]


def test_one_that_cannot_be_audited_is_a_row(services: Path) -> None:
    broken = services / "services" / "broken"
    broken.mkdir()
    (broken / "exai-audit.toml").write_text("selekt = 1\n")
    (services / "fleet.txt").write_text("services/broken\nservices/calm\nservices/gone\n")
    rows = document(services, "fleet.txt")["rows"]
    assert "unknown setting, did you mean 'select'?" in rows[0]["reason"]
    assert rows[1]["reason"] == ""
    assert "no folder" in rows[2]["reason"]


def test_own_settings_or_the_policy(services: Path) -> None:
    (services / "services" / "worse" / "exai-audit.toml").write_text('ignore = ["EXA405"]\n')
    (services / "policy.toml").write_text('ignore = ["EXA205"]\n')
    own = document(services, "--each", "services/worse")
    assert "EXA405" not in {one["code"] for one in own["rules"]}
    policy = document(services, "--each", "services/worse", "--policy", "policy.toml")
    codes = {one["code"] for one in policy["rules"]}
    assert "EXA405" in codes
    assert "EXA205" not in codes


def test_bare_repositories_and_revisions(services: Path) -> None:
    made = repository(services / "made", app=SLEEPER)
    first = git(made, "rev-parse", "HEAD")
    commit(made, app=CALM)
    git(services, "clone", "-q", "--bare", str(made), "bare.git")
    (services / "fleet.toml").write_text(
        '[[repository]]\nsource = "bare.git"\n\n'
        f'[[repository]]\nsource = "made"\nname = "then"\nrevision = "{first}"\n'
    )
    rows = document(services, "fleet.toml")["rows"]
    assert [row["name"] for row in rows] == ["bare", "then"]
    assert rows[0]["score"] == 100.0
    assert rows[1]["score"] < 100.0
    assert rows[1]["revision"] == first


def test_git_addresses_by_protocols_that_are_allowed(services: Path) -> None:
    made = repository(services / "made", app=SLEEPER)
    (services / "fleet.txt").write_text(f"file://{made}\n")
    (refused,) = document(services, "fleet.txt")["rows"]
    assert "--allow-protocol file" in refused["reason"]
    (row,) = document(services, "fleet.txt", "--allow-protocol", "file")["rows"]
    assert row["reason"] == ""
    assert row["revision"] == git(made, "rev-parse", "HEAD")


def test_a_clone_runs_nothing_of_the_repository(services: Path) -> None:
    made = repository(services / "made", app=SLEEPER)
    witness = services / "witness"
    for hook in ("post-checkout", "post-upload", "reference-transaction"):
        file = made / ".git" / "hooks" / hook
        file.write_text(f"#!/bin/sh\ntouch {witness}\n")
        file.chmod(0o755)
    (made / ".gitattributes").write_text("*.py filter=evil\n")
    commit(made)
    witness.unlink(missing_ok=True)  # git runs some of them for our own commit
    (services / "fleet.txt").write_text(f"file://{made}\n")
    assert document(services, "fleet.txt", "--allow-protocol", "file")["rows"][0]["score"]
    assert not witness.exists()


def test_archives(services: Path) -> None:
    with zipfile.ZipFile(services / "one.whl", "w") as packed:
        packed.writestr("app.py", SLEEPER)
    with tarfile.open(services / "two.tar.gz", "w:gz") as packed_tar:
        packed_tar.add(services / "services" / "calm", "two-1.0")
    (services / "fleet.txt").write_text("one.whl\ntwo.tar.gz\n")
    rows = document(services, "fleet.txt")["rows"]
    assert [(row["name"], row["files"]) for row in rows] == [("one", 1), ("two", 1)]


def test_the_package_of_a_wheel_keeps_its_name(services: Path) -> None:
    with zipfile.ZipFile(services / "one-1.0-py3-none-any.whl", "w") as packed:
        packed.writestr("one/__init__.py", "")
        packed.writestr("one/app.py", SLEEPER)
    (services / "fleet.txt").write_text("one-1.0-py3-none-any.whl\n")
    document(services, "fleet.txt")
    stored = json.loads((services / "exai-audit-survey" / "one-1.0.json").read_text())
    assert {finding["path"] for finding in stored["findings"]} == {"one/app.py"}


def test_a_file_that_two_repositories_have_is_read_once(services: Path) -> None:
    for name in ("one", "two"):
        (services / "twins" / name).mkdir(parents=True)
        (services / "twins" / name / "app.py").write_text(SLEEPER)
    assert surveyed(services, "--each", "twins/*", "--jobs", "1").returncode == 0
    with closing(sqlite3.connect(services / "exai-audit-survey/cache/facts.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM facts").fetchone() == (1,)


def test_an_archive_writes_nothing_outside(services: Path) -> None:
    with tarfile.open(services / "evil.tar", "w") as packed:
        for name in ("../out.py", "/tmp/exai-absolute.py", "a/../../out.py", "in.py"):
            entry = tarfile.TarInfo(name)
            entry.size = len(CALM)
            packed.addfile(entry, io.BytesIO(CALM.encode()))
        link = tarfile.TarInfo("link.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    (services / "fleet.txt").write_text("evil.tar\n")
    (row,) = document(services, "fleet.txt")["rows"]
    assert row["files"] == 1
    assert not Path("/tmp/exai-absolute.py").exists()
    assert not list(services.rglob("out.py"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip"])
def test_an_archive_that_is_none(services: Path, content: bytes) -> None:
    (services / "bad.zip").write_bytes(content)
    (services / "fleet.txt").write_text("bad.zip\n")
    assert "cannot be unpacked" in document(services, "fleet.txt")["rows"][0]["reason"]


def test_changes_since_the_survey_before(services: Path) -> None:
    document(services, "--each", "services/*")
    (services / "services" / "worse" / "app.py").write_text(FETCH)
    rows = {row["name"]: row for row in document(services, "--each", "services/*")["rows"]}
    assert rows["calm"]["before"] == rows["calm"]["score"]
    assert rows["worse"]["before"] < rows["worse"]["score"]


def test_a_run_that_was_stopped_goes_on(services: Path) -> None:
    first = document(services, "--each", "services/*")
    journal = services / "exai-audit-survey" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:2]) + lines[2][:10])
    done = [json.loads(line)[0] for line in lines[:2]]
    stamps = {
        name: (services / "exai-audit-survey" / f"{name}.json").stat().st_mtime_ns for name in done
    }
    again = document(services, "--each", "services/*", "--resume")
    assert [row["score"] for row in again["rows"]] == [row["score"] for row in first["rows"]]
    for name, stamp in stamps.items():
        file = services / "exai-audit-survey" / f"{name}.json"
        assert file.stat().st_mtime_ns == stamp


def test_resuming_with_another_policy_audits_again(services: Path) -> None:
    document(services, "--each", "services/worse")
    (services / "policy.toml").write_text('ignore = ["EXA2", "EXA4"]\n')
    found = document(services, "--each", "services/worse", "--resume", "--policy", "policy.toml")
    assert found["rows"][0]["score"] == 100.0


def killed(work: Work) -> Outcome:
    """Audit, but for one repository that kills its process."""
    if work.repository.name == "fetcher":
        os.kill(os.getpid(), signal.SIGKILL)
    return audited(work)


def test_work_that_kills_its_process_is_a_row(services: Path) -> None:
    found = folders_matching([str(services / "services" / "*")])
    works = [Work(one, date(2026, 1, 1), ()) for one in found]
    outcomes = {one.name: one for one in processes.outcomes(works, 2, killed)}
    assert outcomes["fetcher"].reason == "its process was killed by SIGKILL"
    assert [bool(outcomes[name].report) for name in ("calm", "worse")] == [True, True]


@pytest.mark.parametrize("name", ["terminal", "markdown", "csv"])
def test_every_format_names_all_repositories(services: Path, name: str) -> None:
    shown = surveyed(services, "--each", "services/*", "-f", name).stdout
    assert all(service in shown for service in ("calm", "fetcher", "worse"))


def test_a_table_for_spreadsheets_holds_no_formula(services: Path) -> None:
    (services / "fleet.toml").write_text(
        "[[repository]]\nsource = \"services/worse\"\nowner = '=cmd|calc!A1'\n"
    )
    text = surveyed(services, "fleet.toml", "-f", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["owner"] == "'=cmd|calc!A1"
    assert row["worst_rule"].startswith("EXA")


def test_hostile_names_stay_text(services: Path) -> None:
    (services / "services" / "worse" / "a<img src=x>\x1b[31m.py").write_text(SLEEPER)
    (services / "fleet.toml").write_text(
        "[[repository]]\nsource = \"services/worse\"\nowner = '<script>x</script> | [a](b)'\n"
    )
    for name in ("terminal", "markdown", "csv"):
        shown = surveyed(services, "fleet.toml", "-f", name).stdout
        assert "\x1b" not in shown
        assert name != "markdown" or ("<script" not in shown and "<img" not in shown)


MANIFESTS = {
    "": "names no repository",
    "[[repository]]\n": "repository 1: Object missing required field `source`",
    '[[repository]]\nsource = "a"\nsauce = 1\n': "repository 1: sauce: choose from",
    "[[repository]]\nsource = 1\n": "repository 1: Expected `str`",
    '[[repository]]\nsource = "a"\nname = "../x"\n': "name '../x': expected letters",
    '[[repository]]\nsource = "x/a"\n[[repository]]\nsource = "y/a"\n': "two repositories",
    "repository = 1\n": "expected [[repository]] tables",
    "other = 1\n": "other: expected [[repository]] tables",
    "x = [\n": "is not valid TOML",
}


@pytest.mark.parametrize("text", MANIFESTS)
def test_a_manifest_with_errors(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        read_manifest(file)
    assert str(file) in str(raised.value)
    assert MANIFESTS[text] in str(raised.value)


@pytest.mark.parametrize("options", [(), ("fleet.txt", "--each", "x"), ("--each", "none/*")])
def test_nothing_to_survey(services: Path, options: tuple[str, ...]) -> None:
    assert surveyed(services, *options).returncode == 2


def test_names_come_from_sources(tmp_path: Path) -> None:
    file = tmp_path / "fleet.txt"
    sources = ["https://example.org/team/billing.git", "git@example.org:team/mail.git"]
    file.write_text("\n".join([*sources, "aim-3.29.1-cp311-cp311-linux.whl", "x-2.0.tar.gz"]))
    found = [(one.name, one.protocol) for one in read_manifest(file)]
    assert found == [("billing", "https"), ("mail", "ssh"), ("aim-3.29.1", ""), ("x-2.0", "")]


def test_a_repository_is_what_it_says() -> None:
    assert Repository("ext::sh -c touch% x").protocol == ""
    assert Repository("ext::https://x").protocol == ""
    assert Repository("a.whl").is_archive
