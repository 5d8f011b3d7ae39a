"""Scores of packages, folders and owners, and results of packages joined."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from exai_audit.results.stored import result_of
from tests.scratch import Ended, commit, git, repository, run

WAITS = "import requests\n\n\ndef get(url):\n    return requests.get(url)\n"
CALM = "x = 1\n" * 20


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of two packages with an owner each, and a file of nobody's."""
    top = repository(tmp_path_factory.mktemp("shop"), setup=CALM)
    for name, text in {"web": WAITS, "db": CALM}.items():
        folder = top / "packages" / name
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("")
        (folder / name / "client.py").write_text(text)
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "shop-{name}"\n\n[tool.exai-audit]\nignore = ["EXA10{len(name)}"]\n'
        )
    (top / "CODEOWNERS").write_text("/packages/web/ @web-team\n/packages/db/ @data @web-team\n")
    git(top, "remote", "add", "origin", "git@github.com:acme/shop.git")
    commit(top)
    return top


def document(ended: Ended) -> Any:  # noqa: ANN401 - whatever the report holds
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def parts(ended: Ended) -> dict[str, tuple[int, int]]:
    breakdown = document(ended)["breakdown"]
    return {part["name"]: (part["files"], part["findings"]) for part in breakdown["parts"]}


def scan(folder: Path, *arguments: str) -> Ended:
    return run(folder, "scan", "--no-cache", "-f", "json", *arguments)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("package", {"shop-web": (2, 1), "shop-db": (2, 0), "shop0": (1, 0)}),
        ("folder", {"packages": (4, 1), ".": (1, 0)}),
        ("owner", {"@web-team": (4, 1), "@data": (2, 0), "(no owner)": (1, 0)}),
    ],
)
def test_each_part_has_its_files(repo: Path, by: str, expected: dict[str, tuple[int, int]]) -> None:
    assert parts(scan(repo, "--by", by)) == expected


def test_the_folder_is_the_first_that_parts_the_files(repo: Path) -> None:
    names = parts(scan(repo, "packages", "--by", "folder"))
    assert set(names) == {"packages/web", "packages/db"}


def test_a_folder_with_nearly_all_lines_is_parted_too(tmp_path: Path) -> None:
    for name in ("src/shop/api/a", "src/shop/db/b", "src/shop/c", "tools/d"):
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n" if name == "tools/d" else CALM)
    names = parts(scan(tmp_path, "--isolated", "--by", "folder"))
    assert set(names) == {"src/shop/api", "src/shop/db", "src/shop", "tools"}


def test_a_part_without_lines_comes_last(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("" if name == "a" else WAITS)
    said = run(tmp_path, "scan", "--no-cache", "--isolated", "--by", "folder").stdout
    assert said.index("  b  5 lines") < said.index("n/a       a  0 lines")


def test_a_part_scores_as_if_it_were_alone(repo: Path) -> None:
    whole = document(scan(repo, "--by", "package"))
    web = next(part for part in whole["breakdown"]["parts"] if part["name"] == "shop-web")
    alone = document(scan(repo / "packages" / "web"))
    assert web["score"]["value"] == alone["score"]["value"] < whole["score"]["value"]
    assert web["score"]["categories"] == alone["score"]["categories"]


def test_the_worst_part_stands_first(repo: Path) -> None:
    said = run(repo, "scan", "--no-cache", "--by", "package").stdout
    assert said.index("By package, the worst first") < said.index("shop-web")
    assert said.index("shop-web") < said.index("shop-db") < said.index("What costs most")
    table = run(repo, "scan", "--no-cache", "--by", "package", "-f", "markdown").stdout
    assert "## Score of each part\n\n| package | score | lines |" in table
    assert "| <code>shop-web</code> | " in table


def test_each_part_has_its_ledger(repo: Path) -> None:
    said = run(repo, "scan", "--no-cache", "--by", "package", "--explain-score").stdout
    ledgers = said.split("\n== ")
    assert [ledger.split("\n")[0] for ledger in ledgers[1:]] == ["shop-web", "shop-db", "shop0"]
    assert "packages/web/web/client.py" in ledgers[1]
    assert "packages/web" not in ledgers[2]


def test_a_stored_result_can_be_broken_down(repo: Path, tmp_path: Path) -> None:
    stored = tmp_path / "all.json"
    stored.write_text(scan(repo).stdout)
    later = document(run(tmp_path, "report", str(stored), "--by", "owner", "-f", "json"))
    assert later["breakdown"] == document(scan(repo, "--by", "owner"))["breakdown"]


def test_results_say_where_they_are_from(repo: Path) -> None:
    target = document(scan(repo / "packages" / "web"))["target"]
    assert target["project"] == "shop-web"
    assert target["remote"] == "https://github.com/acme/shop"
    assert target["branch"] == "main"
    assert target["folder"] == "packages/web"
    text = run(repo / "packages" / "web", "scan", "--no-cache", "-f", "markdown").stdout
    assert "**Project** `shop-web` · **Target** `.`" in text
    assert f"**Revision** `{target['revision']}` of `main`" in text


def test_a_pipeline_says_the_branch(repo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(repo, copy)
    git(copy, "checkout", "-q", "--detach")
    ended = run(copy, "scan", "--no-cache", "-f", "json", CI="true", GITHUB_HEAD_REF="fix")
    assert document(ended)["target"]["branch"] == "fix"


def test_packages_of_a_repository_are_joined(repo: Path, tmp_path: Path) -> None:
    for name in ("web", "db"):
        said = scan(repo / "packages" / name).stdout
        (tmp_path / f"{name}.json").write_text(said)
    ended = run(tmp_path, "report", "web.json", "db.json", "--by", "package", "-f", "json")
    joined = document(ended)
    together = document(scan(repo, "packages/web", "packages/db", "--by", "package"))
    assert joined["target"]["paths"] == ["packages/web", "packages/db"]
    assert joined["score"]["value"] == together["score"]["value"]
    assert joined["breakdown"] == together["breakdown"]
    assert [f["path"] for f in joined["findings"]] == [f["path"] for f in together["findings"]]
    assert result_of(ended.stdout, "x").modules[0].path == "packages/web/web/__init__.py"


def test_packages_of_two_repositories_are_not_joined(repo: Path, tmp_path: Path) -> None:
    first = scan(repo / "packages" / "web").stdout
    (tmp_path / "a.json").write_text(first)
    (tmp_path / "b.json").write_text(
        first.replace("acme/shop", "acme/other").replace("packages/web", "packages/other")
    )
    ended = run(tmp_path, "report", "a.json", "b.json")
    assert ended.returncode == 2
    assert "different repositories" in ended.stderr
