"""Owners of files, as GitHub finds them: the last line that matches decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.files.codeowners import CodeOwners, codeowners

# The cases of GitHub's own page about code owners.
TEXT = """\
# the default
*       @everybody @acme/all

*.js    @scripts #an inline comment
*.go    docs@example.com
/build/logs/ @logs
docs/*  docs@example.com
apps/ @apps
/docs/ @docs
/scripts/ @scripts @other
**/logs @deep
/apps/ @top
/apps/github
/with\\ blank/ @blank
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("setup.py", ("@everybody", "@acme/all")),
        ("a/b.js", ("@scripts",)),
        ("cmd/main.go", ("docs@example.com",)),
        ("build/logs/a/b.txt", ("@deep",)),
        ("lib/apps/a.py", ("@apps",)),
        ("apps/a.py", ("@top",)),
        ("apps/github/a.py", ()),
        ("docs/deep/page.py", ("@docs",)),
        ("lib/docs/page.py", ("@everybody", "@acme/all")),
        ("scripts/run.py", ("@scripts", "@other")),
        ("deeply/nested/logs/x.py", ("@deep",)),
        ("with blank/x.py", ("@blank",)),
        ("Setup.JS", ("@everybody", "@acme/all")),
    ],
)
def test_the_last_line_that_matches_decides(path: str, owners: tuple[str, ...]) -> None:
    assert CodeOwners(TEXT).of(path) == owners


def test_a_star_behind_a_folder_hands_nothing_on() -> None:
    owners = CodeOwners("docs/* @docs\n")
    assert owners.of("docs/page.py") == ("@docs",)
    assert owners.of("docs/deep/page.py") == ()


@pytest.mark.parametrize("line", ["!a.py @x", "[ab].py @x", "\\#a.py @x", "a.py nobody", "# a @x"])
def test_what_github_does_not_read_says_nothing(line: str) -> None:
    owners = CodeOwners(f"* @all\n{line}\n")
    assert owners.of("a.py") == owners.of("#a.py") == ("@all",)


def test_the_first_place_counts(tmp_path: Path) -> None:
    assert codeowners(tmp_path) is None
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "CODEOWNERS").write_text("* @docs\n")
    (tmp_path / "CODEOWNERS").write_text("* @top\n")
    found = codeowners(tmp_path)
    assert found is not None
    assert found.of("a.py") == ("@top",)
