"""Which functions a project's console scripts call."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.project.console_scripts import console_scripts


def test_scripts_of_pyproject_and_setup_are_read_together(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[project.scripts]\nshop = 'shop.cli:main'\n"
        "[project.gui-scripts]\nwindow = 'shop.gui:show [gui]'\n"
        "[tool.poetry.scripts]\nold = { reference = 'shop.old:run', type = 'console' }\n"
    )
    (tmp_path / "setup.cfg").write_text(
        "[options.entry_points]\nconsole_scripts =\n    shop2 = shop.two:main\n"
    )
    assert console_scripts(tmp_path) == {
        "shop.cli.main", "shop.gui.show", "shop.old.run", "shop.two.main",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["[project", "project = 3", "[project]\nscripts = ['a']"])
def test_what_cannot_be_read_names_no_script(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "setup.cfg").write_text("no section")
    assert console_scripts(tmp_path) == frozenset()
