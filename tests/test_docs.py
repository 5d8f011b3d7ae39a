"""The pages for contributors name files and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "exai_audit"
PAGES = ["docs/architecture.md", "CONTRIBUTING.md"]
_QUOTED = re.compile(r"`([\w./-]+)`")
_HAS_PLACEHOLDER = re.compile(r"NNN|NAME|exaNNN")


def named_paths(page: str) -> list[str]:
    """Return what a page quotes that looks like a file or a folder."""
    text = (ROOT / page).read_text(encoding="utf-8")
    quoted = _QUOTED.findall(text)
    return [q for q in quoted if ("/" in q or q.endswith(".py")) and not _HAS_PLACEHOLDER.search(q)]


def is_there(path: str) -> bool:
    """Tell whether a path exists below the root, the package or, for families, its collectors."""
    return any((base / path).exists() for base in (ROOT, PACKAGE, PACKAGE / "collectors"))


@pytest.mark.parametrize("page", PAGES)
def test_named_files_exist(page: str) -> None:
    named = named_paths(page)
    assert named
    assert [path for path in named if not is_there(path)] == []


def test_every_room_has_its_line() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text[text.index("| room |") : text.index("## Which room?")]
    rooms = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]
    assert len(rooms) > 10
    assert [room for room in rooms if f"`{room}/`" not in table] == []


def test_every_family_of_collectors_has_its_line() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    families = [path.parent.name for path in (PACKAGE / "collectors").glob("*/__init__.py")]
    assert [family for family in families if f"`{family}/`" not in text] == []


def test_commands_call_what_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    modules = re.findall(r"python -m ((?:exai_audit|benchmarks)[\w.]*)", text)
    scripts = re.findall(r"python ([\w/]+\.py)", text)
    assert modules
    assert scripts
    for module in modules:
        folder = ROOT.joinpath(*module.split("."))
        assert folder.with_suffix(".py").exists() or (folder / "__main__.py").exists(), module
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


def test_the_test_command_is_that_of_ci() -> None:
    command = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "python -m pytest -n auto" in command
    assert "python -m pytest -n auto" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_arrow_of_the_picture_is_an_import() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    picture = text[text.index("flowchart TD") : text.index("| room |")]
    arrows = [
        (start, end.strip())
        for start, ends in re.findall(r"^  (\w+) --> (.+)$", picture, re.MULTILINE)
        for end in ends.split("&")
    ]
    graph = grimp.build_graph("exai_audit", cache_dir=None)
    missing = []
    for start, end in arrows:
        importers = {f"exai_audit.{start}"} | graph.find_descendants(f"exai_audit.{start}")
        found = {i for one in importers for i in graph.find_modules_directly_imported_by(one)}
        if not any(i.split(".")[1:2] == [end] for i in found):
            missing.append((start, end))
    assert len(arrows) > 20
    assert missing == []
