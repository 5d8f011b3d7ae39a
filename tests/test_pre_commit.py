"""The hooks under the real pre-commit, in a scratch repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scratch import git, repository, run

MANIFEST = Path(__file__).parent.parent / ".pre-commit-hooks.yaml"
BAD = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"
GOOD = "import asyncio\n\n\nasync def wait():\n    await asyncio.sleep(1)\n"
HOOK, GATE = "exai-audit", "exai-audit score gate"


def hooks() -> list[dict[str, object]]:
    """Return the hooks that the manifest offers, to be run from this environment."""
    made = []
    for text in re.split(r"^- ", MANIFEST.read_text(), flags=re.MULTILINE)[1:]:
        hook: dict[str, object] = dict(re.findall(r"^ *(\w+): (.*)$", text, re.MULTILINE))
        entry = str(hook["entry"]).replace("exai-audit", f"{sys.executable} -m exai_audit", 1)
        hook |= {"language": "system", "entry": entry, "types": ["python"]}
        hook |= {
            key: hook[key] == "true" for key in ("require_serial", "pass_filenames") if key in hook
        }
        made.append(hook)
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "project", clean="x = 1\n")
    config = {"repos": [{"repo": "local", "hooks": hooks()}]}
    (folder / ".pre-commit-config.yaml").write_text(json.dumps(config))
    (folder / "pyproject.toml").write_text("[tool.exai-audit]\nfail-under = 90\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "hooks")
    return folder


def outcome(folder: Path, *arguments: str) -> dict[str, str]:
    """Run pre-commit on what is staged; return each hook's status, and all output under ""."""
    environment = {**os.environ, "PRE_COMMIT_HOME": str(folder.parent / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color=never", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    shown = done.stdout + done.stderr
    statuses = re.findall(r"^([\w-][\w -]*?)\.+(?:\(.*\))?(Passed|Failed|Skipped)$", shown, re.M)
    return {**dict(statuses), "": shown}


def stage(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    git(folder, "add", "-A")


def test_the_manifest_is_valid() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]
    subprocess.run(command, check=True)


def test_a_clean_file_passes(project: Path) -> None:
    stage(project, other="y = 2\n")
    found = outcome(project)
    assert (found[HOOK], found[GATE]) == ("Passed", "Passed"), found[""]


def test_a_finding_fails_and_only_that_of_the_commit(project: Path) -> None:
    stage(project, legacy=BAD)
    git(project, "commit", "-qm", "legacy")
    stage(project, other="y = 2\n")
    assert outcome(project, HOOK)[HOOK] == "Passed"
    stage(project, other=BAD)
    found = outcome(project, HOOK)
    assert found[HOOK] == "Failed"
    assert "other.py:5" in found[""]
    assert "FAILED: 1 finding of severity medium or above" in found[""]


def test_the_score_gate_fails(project: Path) -> None:
    stage(project, a=BAD, b=BAD, c=BAD)
    found = outcome(project, f"{HOOK}-gate")
    assert found[GATE] == "Failed"
    assert re.search(r"FAILED: score \d+\.\d \(\w.?\) < 90", found[""])


@pytest.mark.parametrize(
    ("staged", "lying", "status"), [(GOOD, BAD, "Passed"), (BAD, GOOD, "Failed")]
)
def test_what_is_staged_counts(project: Path, staged: str, lying: str, status: str) -> None:
    stage(project, half=staged)
    (project / "half.py").write_text(lying)
    assert outcome(project, HOOK)[HOOK] == status
    assert (project / "half.py").read_text() == lying


def test_renamed_and_deleted_files(project: Path) -> None:
    stage(project, old=GOOD, gone=GOOD)
    git(project, "commit", "-qm", "x")
    git(project, "mv", "old.py", "new.py")
    git(project, "rm", "-q", "gone.py")
    found = outcome(project)
    assert (found[HOOK], found[GATE]) == ("Passed", "Passed"), found[""]
    git(project, "commit", "-qm", "x")
    git(project, "rm", "-q", "new.py")
    assert outcome(project, HOOK)[HOOK] == "Skipped"


def test_a_renamed_file_keeps_what_the_baseline_knows(project: Path) -> None:
    stage(project, legacy=BAD)
    assert run(project, "baseline", "--no-cache", "--jobs", "1").returncode == 0
    with (project / "pyproject.toml").open("a") as stream:
        stream.write('baseline = "exai-audit-baseline.json"\n')
    git(project, "add", "-A")
    assert outcome(project, HOOK)[HOOK] == "Passed"
    git(project, "commit", "-qm", "x")
    git(project, "mv", "legacy.py", "renamed.py")
    assert outcome(project, HOOK)[HOOK] == "Passed"
    stage(project, renamed=BAD + "    time.sleep(2)\n")
    found = outcome(project, HOOK)
    assert found[HOOK] == "Failed"
    assert "FAILED: 1 new finding of severity medium or above" in found[""]


def test_a_list_of_files_that_is_split_shows_each_finding_once(project: Path) -> None:
    names = [f"{'long_name_' * 20}{number:04}" for number in range(700)]
    stage(project, **dict.fromkeys(names, "x = 1\n"), aa_first=BAD, zz_last=BAD)
    found = outcome(project, HOOK)
    assert found[""].count("FAILED: 1 finding of severity medium or above") == 2, found[""][-3000:]
    assert found[""].count("time.sleep blocks") == 2
