"""Sources are read when asked for, and few are kept at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_audit.audit import contents as sources
from exai_audit.audit.contents import Sources
from exai_audit.audit.discover import Discovered
from exai_audit.finding import Scope


def discovered(folder: Path, name: str, text: str) -> Discovered:
    path = folder / name
    path.write_text(text)
    status = path.stat()
    return Discovered(name, str(path), Scope.PRODUCTION, status.st_size, status.st_ctime_ns)


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_MOST_BYTES", 25)
    files = [discovered(tmp_path, f"m{n}.py", f"x = {n}{n}{n}{n}{n}\n") for n in range(9)]
    known = Sources(files)
    for file in (*files, *files):
        source = known.get(file.path)
        assert source is not None
        assert source.text.encode() == known.bytes_of(file.path) == file.read()
    assert sum(len(data or b"") for data in known._bytes.values()) <= 25
    assert known._texts.keys() <= known._bytes.keys()


def test_a_file_that_is_gone_has_no_content(tmp_path: Path) -> None:
    file = discovered(tmp_path, "m.py", "x = 1\n")
    (tmp_path / "m.py").unlink()
    known = Sources([file])
    assert known.bytes_of("m.py") is None
    assert known.get("m.py") is None
    assert known.get("other.py") is None
