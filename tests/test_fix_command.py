"""``exai-audit fix`` as a user calls it."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scratch import Ended, commit, git, repository, run

CLIENT = """\
import requests


def fetch_prices(url):
    return requests.get(url, timeout=5)


def send_order(url):
    return requests.post(url, timeout=2.5)
"""
FIXED = """\
import requests

from shop import timeouts


def fetch_prices(url):
    return requests.get(url, timeout=timeouts.FETCH_PRICES_SECONDS)


def send_order(url):
    return requests.post(url, timeout=timeouts.SEND_ORDER_SECONDS)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = repository(tmp_path / "project", setup="")
    (root / "pyproject.toml").write_text('[tool.exai-audit]\nmin-confidence = "low"\n')
    (root / "shop").mkdir()
    (root / "shop" / "__init__.py").write_text("")
    (root / "shop" / "client.py").write_text(CLIENT)
    (root / ".gitignore").write_text(".exai-audit-cache\n__pycache__\n")
    commit(root)
    return root


def fix(project: Path, *options: str) -> Ended:
    return run(project, "fix", ".", *options)


def client(project: Path) -> str:
    return (project / "shop" / "client.py").read_text()


def test_a_diff_is_shown_and_nothing_is_written(project: Path) -> None:
    done = fix(project)
    assert done.returncode == 1
    assert "+    return requests.get(url, timeout=timeouts.FETCH_PRICES_SECONDS)" in done.stdout
    assert done.stderr.splitlines() == ["Would fix 2 in 2 files"]
    assert git(project, "status", "--porcelain") == ""


def test_it_is_written_and_undone(project: Path) -> None:
    done = fix(project, "--write")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == ["Fixed 2 in 2 files"]
    assert client(project) == FIXED
    assert (project / "shop" / "timeouts.py").read_text().splitlines()[2:] == [
        "FETCH_PRICES_SECONDS = 5",
        "SEND_ORDER_SECONDS = 2.5",
    ]
    again = fix(project, "--write", "--allow-dirty")
    assert again.stderr.splitlines() == ["Nothing fixed"]
    undone = fix(project, "--undo")
    assert undone.stderr.splitlines() == ["Undone: 2 files are as before"]
    assert git(project, "status", "--porcelain") == ""


def test_the_patch_is_one_for_git(project: Path) -> None:
    done = fix(project, "-f", "patch")
    (project / "the.patch").write_text(done.stdout)
    git(project, "apply", "the.patch")
    assert client(project) == FIXED


def test_a_changed_file_is_refused(project: Path) -> None:
    (project / "shop" / "client.py").write_text(CLIENT + "\n\nx = 1\n")
    done = fix(project, "--write")
    assert done.returncode == 2
    assert "shop/client.py: changed since the last commit" in done.stderr
    assert fix(project, "--write", "--allow-dirty").returncode == 0


def test_a_rule_or_a_finding_is_chosen(project: Path) -> None:
    told = json.loads(fix(project, "-f", "json").stdout)
    first = told["fixes"][0]
    assert first["code"] == "EXA201"
    assert first["applicability"] == "safe"
    assert [edit["path"] for edit in first["edits"]] == ["shop/client.py"] * 2 + [
        "shop/timeouts.py"
    ] * 2
    assert first["edits"][0]["span"] == {
        "line": 5, "column": 38, "end_line": 5, "end_column": 39
    }  # fmt: skip
    one = fix(project, "--only", first["fingerprint"])
    assert one.stderr.splitlines() == ["Would fix 1 in 2 files"]
    assert "SEND_ORDER" not in one.stdout
    assert fix(project, "--select", "EXA4").stderr.splitlines() == ["Nothing to fix"]
    assert fix(project, "--select", "EXA9").returncode == 2


def test_json_maps_constants_to_their_sites(project: Path) -> None:
    told = json.loads(fix(project, "-f", "json").stdout)
    assert told["constants"][0] == {
        "name": "FETCH_PRICES_SECONDS",
        "path": "shop/timeouts.py",
        "number": "5",
        "new": True,
        "sites": [{"path": "shop/client.py", "line": 5}],
    }


def test_a_person_names_the_limits(project: Path) -> None:
    file = project.parent / "names.toml"
    assert "written: change the names" in fix(project, "--names", str(file)).stderr
    text = file.read_text()
    assert 'name = "FETCH_PRICES_SECONDS"' in text
    file.write_text(
        text.replace("FETCH_PRICES_SECONDS", "SUPPLIER_SECONDS").replace("SEND_ORDER_SECONDS", "")
    )
    done = fix(project, "--names", str(file), "--show-fixes")
    assert "timeout=timeouts.SUPPLIER_SECONDS" in done.stdout
    assert "SEND_ORDER" not in done.stdout
    assert "the file of names leaves it as it is" in done.stderr
    file.write_text(text.replace("FETCH_PRICES_SECONDS", "1st"))
    assert "'1st' is no name of a constant" in fix(project, "--names", str(file)).stderr
    file.write_text(text.replace("FETCH_PRICES", "SEND_ORDER"))
    assert "is both 5 and 2.5" in fix(project, "--names", str(file)).stderr
    file.write_text(f"limits = {'9' * 5000}")
    assert "is no file of names" in fix(project, "--names", str(file)).stderr


def test_environment_variables_override(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fix(project, "--write", "--environment").returncode == 0
    file = str(project / "shop" / "timeouts.py")
    assert runpy.run_path(file)["FETCH_PRICES_SECONDS"] == 5
    monkeypatch.setenv("SHOP_FETCH_PRICES_SECONDS", "7")
    monkeypatch.setenv("SHOP_SEND_ORDER_SECONDS", "0.5")
    told = runpy.run_path(file)
    assert (told["FETCH_PRICES_SECONDS"], told["SEND_ORDER_SECONDS"]) == (7, 0.5)
    assert isinstance(told["FETCH_PRICES_SECONDS"], int)


def test_the_fixed_code_runs(project: Path) -> None:
    fix(project, "--write")
    code = (
        "import sys, types; got = []; fake = types.ModuleType('requests');"
        "fake.get = lambda url, timeout: got.append(timeout); fake.post = fake.get;"
        "sys.modules['requests'] = fake; from shop.client import *;"
        "fetch_prices(''); send_order(''); print(got)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[5, 2.5]\n"


def test_what_is_not_sure_is_left_unless_it_is_asked_for(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    commit(project)
    assert fix(project).stderr.splitlines() == [
        "Nothing to fix (2 to decide by hand: --show-fixes)"
    ]
    assert "few places write it" in fix(project, "--show-fixes").stderr
    assert "Would fix 2" in fix(project, "--min-confidence", "low").stderr
    told = json.loads(fix(project, "--min-confidence", "low", "-f", "json").stdout)
    done = fix(project, "--only", told["fixes"][0]["fingerprint"])
    assert done.stderr.splitlines() == ["Would fix 1 in 2 files"]


def test_what_several_places_write_is_sure(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    calls = "".join(
        f"\n\ndef fetch_{n}(url):\n    return requests.get(url, timeout=8)\n" for n in range(4)
    )
    (project / "shop" / "many.py").write_text(f"import requests\n{calls}")
    commit(project)
    done = fix(project)
    assert done.stdout.count("+    return requests.get(url, timeout=timeouts.") == 4


def test_the_projects_formatter_is_named_not_run(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.ruff]\n")
    commit(project)
    done = fix(project, "--write", "--min-confidence", "low")
    assert "ruff format shop/client.py shop/timeouts.py" in done.stderr
    assert client(project) == FIXED


def test_a_file_that_cannot_be_parsed_is_passed_over(project: Path) -> None:
    (project / "shop" / "odd.py").write_text("def (:\n")
    done = fix(project)
    assert "shop/odd.py: passed over" in done.stderr
    assert "Would fix 2 in 2 files" in done.stderr
    (project / "shop" / "client.py").unlink()
    (project / "shop" / "__init__.py").unlink()
    (project / "setup.py").unlink()
    assert fix(project).returncode == 2


def test_without_a_repository_and_from_within_the_package(project: Path) -> None:
    (project / ".git").rename(project.parent / "elsewhere")
    done = run(project / "shop", "fix", "client.py")
    assert "diff --git a/shop/client.py b/shop/client.py" in done.stdout
    refused = run(project / "shop", "fix", "client.py", "--write")
    assert refused.returncode == 2
    assert "--allow-dirty" in refused.stderr


def test_a_folder_that_is_no_package_is_the_whole_project(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "client.py").write_text("x = 1  # exai: ignore[EXA201]\n")
    done = run(tmp_path / "here", "fix", ".")
    assert "diff --git a/client.py b/client.py" in done.stdout
    for words in (("--undo",), ("--write", "--allow-dirty"), ("--undo",)):
        run(tmp_path / "here", "fix", ".", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_an_unknown_format_is_an_error(project: Path) -> None:
    assert "choose from diff, patch, json" in fix(project, "-f", "html").stderr


def test_findings_carry_their_fix_where_it_is_asked_for(project: Path) -> None:
    told = json.loads(run(project, "scan", ".", "--fixes", "-f", "json").stdout)
    first = next(finding for finding in told["findings"] if finding["code"] == "EXA201")
    assert first["fixable"] is True
    assert first["fix"]["message"] == "name it timeouts.FETCH_PRICES_SECONDS"
    assert first["fix"]["edits"][0]["text"] == "timeouts.FETCH_PRICES_SECONDS"
    plain = json.loads(run(project, "scan", ".", "-f", "json").stdout)
    assert all(f["fix"] is None and f["fixable"] is False for f in plain["findings"])
    log = json.loads(run(project, "scan", ".", "--fixes", "-f", "sarif").stdout)
    fixes = [result["fixes"] for result in log["runs"][0]["results"] if "fixes" in result]
    change = fixes[0][0]["artifactChanges"][0]
    assert change["artifactLocation"]["uri"] == "shop/client.py"
    assert change["replacements"][0] == {
        "deletedRegion": {"startLine": 5, "startColumn": 38, "endLine": 5, "endColumn": 39},
        "insertedContent": {"text": "timeouts.FETCH_PRICES_SECONDS"},
    }


def test_a_stored_report_keeps_the_fixes(project: Path) -> None:
    file = project.parent / "audit.json"
    run(project, "scan", ".", "--fixes", "-f", f"json={file}")
    again = json.loads(run(project, "report", str(file), "-f", "json").stdout)
    assert again == json.loads(file.read_text())


def test_repeated_defaults_are_named_where_that_is_asked_for(project: Path) -> None:
    (project / "shop" / "client.py").write_text(
        "def price(item, supplier_timeout=1.5):\n    return item, supplier_timeout\n\n\n"
        "def stock(item, supplier_timeout=1.5):\n    return item, supplier_timeout\n"
    )
    commit(project)
    assert "--defaults names it, too" in fix(project, "--show-fixes").stderr
    assert "supplier_timeout" not in fix(project).stdout
    done = fix(project, "--defaults")
    assert done.stdout.count("supplier_timeout=timeouts.SHOP_SUPPLIER_SECONDS") == 2


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {"README.md": "Call `price(item, supplier_timeout=1.5)`.\n"},
            "README.md names the number",
        ),
        (
            {"tests/test_price.py": "import inspect\n\nSAID = inspect.signature(client.price)\n"},
            "a test reads the function's signature",
        ),
        (
            {
                "shop/other.py": "from shop.client import Client\n\n\nclass Other(Client):\n"
                "    def ask(self, item, supplier_timeout=9):\n"
                "        return item, supplier_timeout\n"
            },
            "Other.ask has another default for it",
        ),
    ],
)
def test_a_default_on_which_somebody_relies_stays(
    project: Path, files: dict[str, str], why: str
) -> None:
    (project / "shop" / "client.py").write_text(
        "def price(item, supplier_timeout=1.5):\n    return item, supplier_timeout\n\n\n"
        "class Client:\n    def ask(self, item, supplier_timeout=1.5):\n"
        "        return item, supplier_timeout\n"
    )
    for path, text in files.items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(text)
    commit(project)
    done = fix(project, "--defaults", "--show-fixes")
    assert why in done.stderr
    assert "supplier_timeout=timeouts" not in done.stdout
