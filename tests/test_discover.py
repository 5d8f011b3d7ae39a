"""Discovery: which files, which scope, why not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exai_audit.audit.discover import Discovery, discover
from exai_audit.audit.engine import audit
from exai_audit.audit.scopes import scope_of
from exai_audit.config import Settings
from exai_audit.errors import UsageError
from exai_audit.finding import Scope


def tree(root: Path, *files: str) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def ignore(root: Path, folder: str, *lines: str) -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / ".gitignore").write_text("\n".join(lines) + "\n")


def found(discovery: Discovery) -> list[str]:
    return [file.path for file in discovery.files]


def reasons(discovery: Discovery) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in discovery.skipped}


def test_python_files_and_stubs_are_found_in_order(tmp_path: Path) -> None:
    tree(tmp_path, "b.py", "a/z.py", "a/y.pyi", "a/notes.txt", "build.py")
    assert found(discover([tmp_path], tmp_path, Settings().files)) == [
        "a/y.pyi",
        "a/z.py",
        "b.py",
        "build.py",
    ]


def test_default_excludes_say_which_pattern(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "x/venv/b.py", "build/c.py")
    discovery = discover([tmp_path], tmp_path, Settings().files)
    assert found(discovery) == ["a.py"]
    assert reasons(discovery) == {"x/venv": "excluded by 'venv'", "build": "excluded by 'build'"}


def test_folders_of_installed_packages_are_left_out_unless_named(tmp_path: Path) -> None:
    tree(tmp_path, "app.py", "libs/jinja2/utils.py", "libs/jinja2-3.1.dist-info/METADATA")
    discovery = discover([tmp_path], tmp_path, Settings().files)
    assert found(discovery) == ["app.py"]
    assert reasons(discovery) == {"libs": "installed packages, as its .dist-info folders say"}
    named = discover([tmp_path / "libs"], tmp_path, Settings().files)
    assert found(named) == ["libs/jinja2/utils.py"]


def test_patterns_of_the_settings_exclude(tmp_path: Path) -> None:
    tree(tmp_path, "src/gen/a.py", "src/b_pb.py", "src/c.py", "build/d.py")
    settings = Settings(exclude=("src/gen",), extend_exclude=("*_pb.py",))
    assert found(discover([tmp_path], tmp_path, settings.files)) == ["build/d.py", "src/c.py"]


def test_named_path_is_taken_though_excluded_and_ignored(tmp_path: Path) -> None:
    tree(tmp_path, ".git/HEAD", "build/a.py", "build/venv/b.py", "c.py")
    ignore(tmp_path, "", "build/", "c.py")
    paths = [tmp_path / "build", tmp_path / "c.py"]
    assert found(discover(paths, tmp_path, Settings().files)) == ["build/a.py", "c.py"]


def test_force_exclude_holds_for_named_paths(tmp_path: Path) -> None:
    tree(tmp_path, "build/a.py", "c.py")
    paths = [tmp_path / "build" / "a.py", tmp_path / "c.py"]
    discovery = discover(paths, tmp_path, Settings(force_exclude=True).files)
    assert found(discovery) == ["c.py"]
    assert reasons(discovery) == {"build/a.py": "excluded by 'build'"}


def test_nested_gitignores_deepest_decides(tmp_path: Path) -> None:
    tree(tmp_path, ".git/HEAD", "gen_a.py", "pkg/gen_b.py", "pkg/local.py", "local.py", "out/x.py")
    ignore(tmp_path, "", "gen_*.py", "/out/", "[z-a", "# a comment")
    ignore(tmp_path, "pkg", "!gen_b.py", "local.py")
    discovery = discover([tmp_path], tmp_path, Settings().files)
    assert found(discovery) == ["local.py", "pkg/gen_b.py"]
    assert reasons(discovery)["out"] == "ignored by .gitignore"


def test_gitignores_above_the_scanned_folder_count(tmp_path: Path) -> None:
    tree(tmp_path, ".git/HEAD", "pkg/sub/gen.py", "pkg/sub/a.py")
    ignore(tmp_path, "", "/pkg/sub/gen.py")
    assert found(discover([tmp_path / "pkg" / "sub"], tmp_path, Settings().files)) == [
        "pkg/sub/a.py"
    ]


def test_info_exclude_counts(tmp_path: Path) -> None:
    tree(tmp_path, ".git/info/exclude", "mine.py", "a.py")
    (tmp_path / ".git" / "info" / "exclude").write_text("mine.py\n")
    discovery = discover([tmp_path], tmp_path, Settings().files)
    assert found(discovery) == ["a.py"]
    assert reasons(discovery)["mine.py"] == "ignored by .git/info/exclude"


def test_worktree_finds_info_exclude_of_its_repository(tmp_path: Path) -> None:
    tree(tmp_path, "main/.git/info/exclude", "main/.git/worktrees/w/commondir", "w/a.py", "w/b.py")
    (tmp_path / "main" / ".git" / "info" / "exclude").write_text("b.py\n")
    (tmp_path / "main" / ".git" / "worktrees" / "w" / "commondir").write_text("../..\n")
    (tmp_path / "w" / ".git").write_text("gitdir: ../main/.git/worktrees/w\n")
    assert found(discover([tmp_path / "w"], tmp_path / "w", Settings().files)) == ["a.py"]


def test_gitignore_can_be_disregarded(tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    ignore(tmp_path, "", "a.py")
    assert found(discover([tmp_path], tmp_path, Settings().files)) == []
    assert found(discover([tmp_path], tmp_path, Settings(respect_gitignore=False).files)) == [
        "a.py"
    ]


def test_links(tmp_path: Path) -> None:
    tree(tmp_path, "real/a.py")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "broken.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "again.py").symlink_to(tmp_path / "real" / "a.py")
    discovery = discover([tmp_path], tmp_path, Settings().files)
    assert found(discovery) == ["real/a.py"]
    assert reasons(discovery) == {
        "folder": "symbolic link to a folder",
        "broken.py": "broken symbolic link",
        "again.py": "symbolic link to real/a.py",
    }


def test_links_to_themselves_are_left_out(tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    for name in ("round.py", "round"):
        (tmp_path / name).symlink_to(tmp_path / name)
    discovery = discover([tmp_path], tmp_path, Settings().files)
    assert found(discovery) == ["a.py"]
    assert reasons(discovery) == {"round.py": "symbolic link that leads back to itself"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_that_is_called_gitignore_is_not_waited_for(tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    os.mkfifo(tmp_path / ".gitignore")
    assert found(discover([tmp_path], tmp_path, Settings().files)) == ["a.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_is_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    discovery = discover([tmp_path], tmp_path, Settings().files)
    assert reasons(discovery) == {"pipe.py": "not a regular file"}


def test_path_given_twice_counts_once(tmp_path: Path) -> None:
    tree(tmp_path, "pkg/a.py")
    paths = [tmp_path, tmp_path / "pkg" / "a.py", tmp_path / "pkg" / ".." / "pkg"]
    assert found(discover(paths, tmp_path, Settings().files)) == ["pkg/a.py"]


def test_missing_paths_are_told_together_with_the_nearest(tmp_path: Path) -> None:
    tree(tmp_path, "service/a.py")
    with pytest.raises(UsageError) as caught:
        discover([tmp_path / "servce", tmp_path / "zz"], tmp_path, Settings().files)
    message = str(caught.value)
    assert "servce: no such file or folder, did you mean 'service'?" in message
    assert "zz: no such file or folder" in message


def test_named_file_must_be_python(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# hello\n")
    (tmp_path / "tool").write_text("#!/usr/bin/env python3\n")
    (tmp_path / "shell").write_text("#!/bin/sh\n")
    paths = [tmp_path / name for name in ("README.md", "tool", "shell")]
    discovery = discover(paths, tmp_path, Settings().files)
    assert found(discovery) == ["tool"]
    assert set(reasons(discovery)) == {"README.md", "shell"}


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("src/app.py", Scope.PRODUCTION),
        ("src/testing/app.py", Scope.PRODUCTION),
        ("src/contest.py", Scope.PRODUCTION),
        ("tests/app.py", Scope.TESTS),
        ("a/unit_tests/app.py", Scope.TESTS),
        ("a/smoke-test/app.py", Scope.TESTS),
        ("a/test_app.py", Scope.TESTS),
        ("a/app_test.py", Scope.TESTS),
        ("conftest.py", Scope.TESTS),
        ("docs/tests/x.py", Scope.TESTS),
        ("docs_src/x.py", Scope.EXAMPLES),
        ("a/demos/x.py", Scope.EXAMPLES),
        ("demos.py", Scope.PRODUCTION),
        ("web/cypress/x.py", Scope.TESTS),
        ("scan/testcase/one/x.py", Scope.TESTS),
        ("scan/test_cases/x.py", Scope.TESTS),
        ("api_e2e/x.py", Scope.TESTS),
        ("app/mocks/x.py", Scope.TESTS),
        ("src/pkg/pytest/plugin.py", Scope.TESTS),
        ("src/pytest/plugin.py", Scope.PRODUCTION),
        (".github/tools/x.py", Scope.EXAMPLES),
        ("../x.py", Scope.PRODUCTION),
        ("evals/x.py", Scope.EXAMPLES),
        ("a/notebooks/x.py", Scope.EXAMPLES),
        ("cookbook/teams/x.py", Scope.EXAMPLES),
        ("sample/x.py", Scope.EXAMPLES),
        ("benchmark/x.py", Scope.EXAMPLES),
        ("a/_vendor/x.py", Scope.EXAMPLES),
        ("third_party/a/x.py", Scope.EXAMPLES),
        ("vendored/x.py", Scope.EXAMPLES),
        ("a/vendors/x.py", Scope.PRODUCTION),
        ("a/scripts/x.py", Scope.SCRIPTS),
        ("ci/x.py", Scope.SCRIPTS),
        ("shop/scripts/management/commands/x.py", Scope.PRODUCTION),
    ],
)
def test_scope_by_segments(path: str, scope: Scope) -> None:
    assert scope_of(path) is scope


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("*.py[cod]", True),
        ("*.log", True),
        ("build/", True),
        ("*", False),
        ("a.p?", False),
        ("*.py", False),
        ("*[!x]", False),
        ("a.p[a-z]", False),
        ("**/a*", False),
        ("a.py  ", False),
        ("b.py", True),
    ],
)
def test_patterns_that_name_no_python_file_are_passed_over(
    tmp_path: Path, pattern: str, taken: bool
) -> None:
    (tmp_path / ".gitignore").write_text(f"{pattern}\n")
    (tmp_path / "a.py").write_text("")
    found = discover([tmp_path], tmp_path, Settings().files).files
    assert [file.path for file in found] == (["a.py"] if taken else [])


def scopes_in(tmp_path: Path, files: dict[str, str]) -> dict[str, str]:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    audited = audit([tmp_path], tmp_path, Settings(), 1, lambda done, total: None)
    return {path: scope.value for path, scope in audited.project.scope_of.items()}


def test_what_supports_tests_is_not_production(tmp_path: Path) -> None:
    fixtures = "import pytest\n\n\n@pytest.fixture\ndef shop():\n    return 1\n"
    cases = "from django.test import TestCase\n\n\nclass ShopCase(TestCase):\n    pass\n"
    mixed = f"{cases}\n\ndef a():\n    pass\n\n\ndef b():\n    pass\n"
    found = scopes_in(
        tmp_path, {"shop/testing.py": fixtures, "shop/base.py": cases, "shop/mixed.py": mixed}
    )
    assert found == {
        "shop/base.py": "tests", "shop/mixed.py": "production", "shop/testing.py": "tests",
    }  # fmt: skip


def test_scripts_are_what_production_does_not_import(tmp_path: Path) -> None:
    found = scopes_in(tmp_path, {
        "shop/app.py": "from scripts.shared import read\n",
        "scripts/shared.py": "from scripts.deep import x\n\n\ndef read(): return x\n",
        "scripts/deep.py": "x = 1\n",
        "scripts/load.py": "from scripts.only import y\n",
        "scripts/only.py": "y = 1\n",
        "shop/__init__.py": "",
        "shop/tools/__init__.py": "",
        "shop/tools/search.py": "",
        "tools/release.py": "",
    })  # fmt: skip
    assert {path for path, scope in found.items() if scope == "scripts"} == {
        "scripts/load.py", "scripts/only.py", "tools/release.py",
    }  # fmt: skip


def test_findings_in_scripts_are_one_step_lower(tmp_path: Path) -> None:
    text = "import time\n\n\nasync def wait():\n    time.sleep(5)\n"
    for name in ("shop.py", "scripts/wait.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    audited = audit([tmp_path], tmp_path, Settings(), 1, lambda done, total: None)
    found = {f.path: f.severity for f in audited.findings if f.code == "EXA405"}
    assert found["scripts/wait.py"] is found["shop.py"].lowered


def test_links_out_of_the_project_are_left_out_unless_named(tmp_path: Path) -> None:
    root = tmp_path / "project"
    tree(root, "a.py", ".env", ".git/config", "run")
    (root / "run").write_text("#!/usr/bin/env python3\n")
    tree(tmp_path, "secret", "other.py")
    for name, target in {
        "b.py": "../secret",
        "c.py": "../other.py",
        "d.py": ".env",
        "e.py": ".git/config",
        "f.py": "/dev/null",
        "g.py": "run",
    }.items():
        (root / name).symlink_to(target)
    discovery = discover([root], root, Settings().files)
    assert found(discovery) == ["a.py", "g.py"]
    assert reasons(discovery) == {
        "b.py": "symbolic link out of the project",
        "c.py": "symbolic link out of the project",
        "d.py": "symbolic link to what is no Python file",
        "e.py": "symbolic link out of the project",
        "f.py": "not a regular file",
    }
    assert found(discover([root / "c.py"], root, Settings().files)) == ["c.py"]
