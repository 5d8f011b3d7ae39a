"""The cache of facts: what it finds is what was kept, and nothing foreign is ever believed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from exai_audit.audit.cache import MAKERS, FactsCache, facts_fingerprint
from exai_audit.collectors import collect
from exai_audit.facts.file import FileFacts
from exai_audit.git.blobs import blob_hash

SOURCE = (
    b"import time\n\n\nasync def wait(timeout: float = 5.0) -> None:\n    time.sleep(timeout)\n"
)


def facts_of(data: bytes) -> FileFacts:
    return collect("a.py", data, "a")


def filled(folder: Path) -> FactsCache:
    cache = FactsCache(folder, "ours", folder)
    cache.remember("a.py", 7, len(SOURCE), blob_hash(SOURCE), facts_of(SOURCE))
    cache.save()
    return cache


def test_unchanged_file_says_the_same(tmp_path: Path) -> None:
    filled(tmp_path)
    found = FactsCache(tmp_path, "ours", tmp_path).unchanged("a.py", 7, len(SOURCE))
    assert found == facts_of(SOURCE)


def test_touched_file_is_known_by_its_content(tmp_path: Path) -> None:
    filled(tmp_path)
    cache = FactsCache(tmp_path, "ours", tmp_path)
    assert cache.unchanged("a.py", 8, len(SOURCE)) is None
    assert cache.same_content("a.py", 8, SOURCE) == facts_of(SOURCE)
    cache.save()
    assert FactsCache(tmp_path, "ours", tmp_path).unchanged("a.py", 8, len(SOURCE)) is not None


def test_changed_file_is_a_miss(tmp_path: Path) -> None:
    filled(tmp_path)
    assert FactsCache(tmp_path, "ours", tmp_path).same_content("a.py", 8, SOURCE.swapcase()) is None


def test_other_makers_are_a_miss(tmp_path: Path) -> None:
    filled(tmp_path)
    assert FactsCache(tmp_path, "theirs", tmp_path).unchanged("a.py", 7, len(SOURCE)) is None


@given(junk=st.binary(max_size=200))
def test_corrupt_cache_is_a_miss(tmp_path_factory: object, junk: bytes) -> None:
    folder = Path(str(tmp_path_factory.getbasetemp())) / "corrupt"  # type: ignore[attr-defined]
    filled(folder)
    stored = folder / "facts.msgpack"
    stored.write_bytes(junk)
    assert FactsCache(folder, "ours", folder).unchanged("a.py", 7, len(SOURCE)) is None


def test_truncated_cache_is_a_miss(tmp_path: Path) -> None:
    filled(tmp_path)
    stored = tmp_path / "facts.msgpack"
    stored.write_bytes(stored.read_bytes()[:-9])
    assert FactsCache(tmp_path, "ours", tmp_path).unchanged("a.py", 7, len(SOURCE)) is None


def test_deleted_file_is_forgotten_and_unread_ones_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    (tmp_path / "a.py").write_bytes(SOURCE)
    filled(folder)
    cache = FactsCache(folder, "ours", tmp_path)
    cache.remember("b.py", 7, len(SOURCE), blob_hash(SOURCE), facts_of(SOURCE))
    cache.save()
    assert FactsCache(folder, "ours", tmp_path).unchanged("a.py", 7, len(SOURCE))
    (tmp_path / "a.py").unlink()
    cache = FactsCache(folder, "ours", tmp_path)
    cache.remember("c.py", 7, len(SOURCE), blob_hash(SOURCE), facts_of(SOURCE))
    cache.save()
    assert FactsCache(folder, "ours", tmp_path).unchanged("a.py", 7, len(SOURCE)) is None


def test_unwritable_folder_is_no_error(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    filled(blocker / "below")


def test_folder_tells_others_to_leave_it_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    assert (tmp_path / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172")
    assert (tmp_path / ".gitignore").read_text() == "*\n"


def test_blob_hash_is_gits() -> None:
    assert blob_hash(b"").hex() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_fingerprint_is_stable() -> None:
    assert facts_fingerprint() == facts_fingerprint()


def test_all_that_collecting_imports_is_in_the_fingerprint() -> None:
    script = (
        "import sys, exai_audit.collectors, exai_audit.syntax.lowering\n"
        "print('\\n'.join(name for name in sys.modules if name.startswith('exai_audit.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    parts = {name.split(".")[1] for name in done.stdout.decode().split()}
    assert parts == {maker.removesuffix(".py") for maker in MAKERS}


def test_a_file_changed_a_moment_ago_is_known_by_its_content_only(tmp_path: Path) -> None:
    cache = FactsCache(tmp_path, "ours", tmp_path)
    now = time.time_ns()
    cache.remember("a.py", now, len(SOURCE), blob_hash(SOURCE), facts_of(SOURCE))
    cache.save()
    again = FactsCache(tmp_path, "ours", tmp_path)
    assert again.unchanged("a.py", now, len(SOURCE)) is None
    assert again.same_content("a.py", now, SOURCE) == facts_of(SOURCE)
