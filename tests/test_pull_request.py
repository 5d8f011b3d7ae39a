"""The comment on a pull request: what is new, what is fixed, where, in at most 4 kB."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from exai_audit.addresses import DOCUMENTATION
from exai_audit.cli.permalinks import permalink_base
from exai_audit.finding import Family, Severity
from exai_audit.git.repository import remote_address
from exai_audit.report import render
from exai_audit.report.pr import MARKER, MOST_BYTES
from exai_audit.results.result import AuditResult, CategoryLoss, FixedFinding, SinceUse, Target
from exai_audit.results.tables import GateVerdict
from tests.scratch import git
from tests.test_cli import SLEEPER, run
from tests.test_reports import evil, finding, sample

ADDRESS = "https://git.example/acme/shop/blob/abc/"
QUICK = ("--no-cache", "--isolated")


def since(result: AuditResult, *fixed: FixedFinding) -> AuditResult:
    losses = tuple(CategoryLoss(c.name, c.lost + 1) for c in result.score.categories)
    return replace(result, since=SinceUse("main", "f" * 40, 70.0, losses, fixed, known=7, moved=2))


def addressed(result: AuditResult) -> AuditResult:
    return replace(result, target=replace(result.target, permalink=ADDRESS))


def repaired(number: int) -> FixedFinding:
    return FixedFinding("EXA405", "blocks", Severity.HIGH, f"m{number}.py", 3, "it blocked", 1.5)


def test_it_says_what_changed() -> None:
    gated = replace(sample(), gate=(GateVerdict(False, "FAILED: no"),))
    text = render(since(addressed(gated), repaired(1)), "pr")
    assert text.startswith(f"{MARKER}\n### Audit: 70.0 → ")
    for wanted in ("**FAILED: no**", "| +1.0 |", "1 fixed finding", "~~EXA405~~", "(+1.5)"):
        assert wanted in text
    assert f"]({ADDRESS}b.py#L3)" in text
    assert "7 findings known before, 2 of them in renamed files." in text
    assert "exai-audit scan src" in text


def test_without_an_address_places_are_no_links() -> None:
    text = render(since(sample()), "pr")
    assert [at for at in text.split("](")[1:] if not at.startswith(DOCUMENTATION)] == []


@pytest.mark.parametrize("number", [0, 5, 30, 400, 5000])
def test_it_fits(number: int) -> None:
    many = [
        finding("EXA405", Family.CONCURRENCY, Severity.HIGH, f"package/module_{i}.py", i + 1)
        for i in range(number)
    ]
    result = since(sample(*many), *(repaired(i) for i in range(number)))
    text = render(addressed(result), "pr")
    assert len(text.encode()) <= MOST_BYTES
    assert f"{number + 6:,} new findings" in text
    assert text.count("<details>") == text.count("</details>")


def test_nothing_of_the_code_gets_out() -> None:
    text = render(since(addressed(evil())), "pr")
    assert "<script" not in text
    assert "<img" not in text
    assert len(text.encode()) <= MOST_BYTES


def test_a_branch_that_brings_repairs_and_moves(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    for name in ("stays", "moves", "ends"):
        (tmp_path / f"{name}.py").write_text(f"NAME = '{name}'\n" + SLEEPER)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "before")
    git(tmp_path, "checkout", "-q", "-b", "work")
    git(tmp_path, "mv", "moves.py", "moved.py")
    (tmp_path / "ends.py").write_text("NAME = 'ends'\n")
    (tmp_path / "brings.py").write_text(SLEEPER)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "after")
    text = run(tmp_path, "scan", "--since", "main", "-f", "pr", *QUICK).stdout
    assert "**1 new finding**" in text
    assert "brings.py:5" in text
    assert "**1 fixed finding**" in text
    assert "ends.py:6" in text
    assert "2 findings known before, 1 of them in renamed files." in text


def test_markdown_of_a_change_leaves_the_whole_out() -> None:
    text = render(since(sample(), repaired(1)), "markdown")
    assert "## Fixed" in text
    assert "m1.py:3: EXA405" in text
    assert "## Distributions" not in text
    assert "## Distributions" in render(sample(), "markdown")


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop"),
        ("https://user:secret@github.com/acme/shop.git", "https://github.com/acme/shop"),
        ("ssh://git@gitlab.example:2222/acme/shop", "https://gitlab.example/acme/shop"),
        ("/srv/git/shop.git", None),
        ("https://github.com/acme/sh(op)", None),
    ],
)
def test_the_remote_says_where_the_repository_is(
    tmp_path: Path, remote: str, address: str | None
) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", remote)
    assert remote_address(tmp_path) == address


def test_links_lead_to_the_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "CI_PROJECT_URL"):
        monkeypatch.delenv(name, raising=False)
    bare = Target((".",), "cafe", "exai-audit scan", revision="abc")
    assert permalink_base(bare) is None
    target = replace(bare, remote="https://gitlab.com/acme/shop")
    assert permalink_base(target) == "https://gitlab.com/acme/shop/-/blob/abc/"
    assert permalink_base(replace(target, revision=None)) is None
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/shop")
    assert permalink_base(target) == "https://github.com/acme/shop/blob/abc/"
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/shop)[evil](")
    assert permalink_base(target) == "https://gitlab.com/acme/shop/-/blob/abc/"
