"""The project's own words for the kinds of work that its limits bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.audit.engine import audit
from exai_audit.config import load
from exai_audit.errors import SettingsError
from exai_audit.facts.timeouts import Category

CODE = """\
import requests
from ledger import post


def book(url):
    post(url, timeout=5)
    requests.get(url)
    return requests.get(url, timeout=7)


def storage_probe(run):
    return run(timeout=9)
"""


def categories(folder: Path, settings: str) -> list[Category]:
    (folder / ".git").mkdir()
    (folder / "pyproject.toml").write_text(f"[tool.exai-audit.timeout-categories]\n{settings}\n")
    (folder / "code.py").write_text(CODE)
    loaded, _ = load(folder, None, False)
    (facts,) = audit([folder], folder, loaded, 1, lambda done, total: None).project.files
    return [*(f.category for f in facts.timeouts), *(f.category for f in facts.unlimited)]


def test_own_words_come_first(tmp_path: Path) -> None:
    found = categories(tmp_path, 'database = ["Ledger", "storage"]\ntool-execution = ["book"]')
    assert found[0] is found[2] is Category.DATABASE
    assert found[1] is found[3] is Category.TOOL_EXECUTION


def test_without_own_words_nothing_changes(tmp_path: Path) -> None:
    assert Category.DATABASE not in categories(tmp_path, "")


def test_unknown_category_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"databse.*did you mean 'database'"):
        categories(tmp_path, 'databse = ["x"]')
