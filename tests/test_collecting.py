"""Whoever collects, the facts are the same: this process, workers, or the cache."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from exai_audit.audit import collecting
from exai_audit.audit.cache import FactsCache
from exai_audit.audit.discover import discover
from exai_audit.audit.engine import audit, named
from exai_audit.config import Settings


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the longest modules of asyncio: enough for workers."""
    assert asyncio.__file__ is not None
    files = sorted(Path(asyncio.__file__).parent.glob("*.py"), key=lambda path: path.stat().st_size)
    for path in files[-8:]:
        shutil.copy(path, tmp_path)
    assert sum(path.stat().st_size for path in files[-8:]) > 300_000
    return tmp_path


def facts(tree: Path, jobs: int, cache: FactsCache | None = None) -> bytes:
    seen: list[tuple[int, int]] = []
    found = audit(
        [tree], tree, Settings(), jobs, lambda done, total: seen.append((done, total)), cache
    )
    assert all(done <= total for done, total in seen)
    return msgspec.json.encode((found.collected, found.findings))


def test_neither_workers_nor_the_cache_change_a_fact(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    alone = facts(tree, 1)
    assert facts(tree, 2, FactsCache(folder, "makers", tree)) == alone
    assert facts(tree, 2, FactsCache(folder, "makers", tree)) == alone


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_a_name_that_is_no_text_crosses_from_workers(tree: Path) -> None:
    shutil.copy(tree / "tasks.py", tree / os.fsdecode(b"odd\xff.py"))
    found = audit([tree], tree, Settings(), 3, lambda done, total: None)
    assert any(facts.path == "odd\udcff.py" and facts.size for facts in found.collected)


def test_workers_that_are_started_afresh_change_no_fact(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "_WORTH_SPAWN", 0)
    found = discover([tree], tree, Settings().files)
    work = named(found.files, Settings())
    shared = [one for part in collecting.collecting(work, 2, method="spawn") for one in part]
    assert shared == collecting.collect_all(work, 1, lambda done, total: None)
