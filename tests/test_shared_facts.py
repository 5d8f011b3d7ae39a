"""What repositories of a survey share: facts by content, kept in one database."""

from __future__ import annotations

import sqlite3
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from exai_audit.audit.collecting import collect_one
from exai_audit.facts.file import FileFacts
from exai_audit.survey.shared_facts import KEPT_DAYS, SharedFacts, shared_facts

TODAY = date(2026, 1, 31)
CODE = b"import time\n\n\nasync def wait():\n    time.sleep(5)\n"


def facts_of(code: bytes) -> FileFacts:
    return collect_one("app.py", code, "app", None)[0]


def keep(folder: Path, code: bytes = CODE, day: date = TODAY) -> None:
    with shared_facts(folder, "makers", day) as known:
        assert known is not None
        facts, blob = collect_one("app.py", code, "app", None)
        known.remember("app.py", 1, len(code), blob, facts)
        known.save()


def recalled(
    folder: Path, path: str = "app.py", makers: str = "makers", day: date = TODAY
) -> FileFacts | None:
    with shared_facts(folder, makers, day) as known:
        found = known.same_content(path, 2, CODE) if isinstance(known, SharedFacts) else None
        if known is not None:
            known.save()
        return found


def test_the_same_content_says_the_same_in_any_repository(tmp_path: Path) -> None:
    keep(tmp_path / "cache")
    assert recalled(tmp_path / "cache") == facts_of(CODE)


@pytest.mark.parametrize(("path", "makers"), [("other.py", "makers"), ("app.py", "others")])
def test_another_path_or_collector_is_a_miss(tmp_path: Path, path: str, makers: str) -> None:
    keep(tmp_path / "cache")
    assert recalled(tmp_path / "cache", path, makers) is None


def test_other_content_is_a_miss(tmp_path: Path) -> None:
    keep(tmp_path / "cache", CODE + b"\n")
    assert recalled(tmp_path / "cache") is None


def test_what_nobody_asks_for_is_forgotten(tmp_path: Path) -> None:
    folder, late = tmp_path / "cache", TODAY + timedelta(days=KEPT_DAYS + 1)
    keep(folder)
    keep(folder, b"x = 1\n", late)
    assert recalled(folder, day=late) is None


def test_what_is_asked_for_stays(tmp_path: Path) -> None:
    folder, late = tmp_path / "cache", TODAY + timedelta(days=KEPT_DAYS)
    keep(folder)
    assert recalled(folder, day=late)
    keep(folder, b"x = 1\n", late + timedelta(days=5))
    assert recalled(folder)


def test_a_damaged_database_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    keep(folder)
    (folder / "facts.sqlite").write_bytes(b"no database" * 500)
    assert recalled(folder) is None
    keep(folder)
    assert recalled(folder)


def test_a_record_that_is_none_is_a_miss(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    keep(folder)
    database = sqlite3.connect(folder / "facts.sqlite")
    with database:
        database.execute("UPDATE facts SET facts = ?", (b"\xc1",))
    database.close()
    assert recalled(folder) is None


def test_a_database_that_came_with_a_repository_is_not_believed(tmp_path: Path) -> None:
    keep(tmp_path / "cache")
    (tmp_path / "cache" / ".gitignore").unlink()
    for words in (["init", "-q"], ["add", "-f", "cache"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    assert recalled(tmp_path / "cache") is None


def test_a_link_is_no_folder_of_ours(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "elsewhere")
    assert recalled(tmp_path / "cache") is None
    assert not list((tmp_path / "elsewhere").iterdir())


def test_without_a_folder_nothing_is_remembered() -> None:
    with shared_facts(None, "makers", TODAY) as known:
        assert known is None
