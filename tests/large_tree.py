"""A project of very many small files."""

from __future__ import annotations

from pathlib import Path

FILES = 20_000
_FOLDERS = 200


def large_tree(folder: Path) -> Path:
    """Write ``FILES`` modules, one of them with a finding."""
    for number in range(_FOLDERS):
        package = folder / f"p{number}"
        package.mkdir(parents=True)
        for module in range(FILES // _FOLDERS):
            (package / f"m{module}.py").write_text(f"X = {number}\n\n\ndef f():\n    return X\n")
    (folder / "p0" / "m0.py").write_text("import time\n\n\nasync def wait():\n    time.sleep(1)\n")
    return folder
