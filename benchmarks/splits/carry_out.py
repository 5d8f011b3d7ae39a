"""Carry out the plan of each case on a copy of its release, and import the module again.

    python benchmarks/splits/carry_out.py [--folder DIR] [--pythons DIR] [--clones DIR]

A module that this Python cannot import before (old releases, missing requirements) is split and
compiled only. What the command refuses is printed with the reason.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from subprocess import CalledProcessError

import tomllib
from histories import clone_of
from releases import STANDARD_LIBRARY, sources

_HERE = Path(__file__).parent


def cases() -> Iterator[tuple[str, str, str, str]]:
    """Yield the package, its old release, the module, and the Python to ask a wheel for."""
    for row in tomllib.loads((_HERE / "cases.toml").read_text(encoding="utf-8"))["case"]:
        yield row["package"], row["old"], row["module"], row.get("pythons", ("",))[0] or "3.8"
    for row in json.loads((_HERE / "placed.json").read_text(encoding="utf-8"))["cases"]:
        yield row["package"], row["old"], row["file"], "3.8"


def imports(root: Path, module: str) -> bool:
    """Tell whether a module can be imported in a process of its own."""
    name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import {name}"],
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def carried_out(release: Path, module: str) -> str:
    """Split a module in a copy of its release, and say how that went."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "release")
        shutil.copytree(release, root)
        before = imports(root, module)
        command = [sys.executable, "-m", "exai_audit", "plan", module, "--write", "--allow-dirty"]
        done = subprocess.run(
            [*command, "--isolated", "--no-cache"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return "refused: " + done.stderr.strip().splitlines()[-1].rpartition("not split: ")[2]
        if before:
            return "imports" if imports(root, module) else "BROKEN"
        new = {path.relative_to(root) for path in root.rglob("*.py")}
        new -= {path.relative_to(release) for path in release.rglob("*.py")}
        compiled = [compileall.compile_file(root / path, quiet=2) for path in sorted(new)]
        return "compiles" if all(compiled) else "BROKEN"


def of_histories(clones: Path) -> Iterator[tuple[str, str]]:
    """Yield the reported cases of histories whose clones are there, and how each went."""
    for row in json.loads((_HERE / "histories.json").read_text(encoding="utf-8")):
        clone = clone_of(row["repository"], clones)
        if row["use"] != "report" or not clone.exists():
            continue
        command = ["git", "-C", str(clone), "archive", row["old"], "*.py"]
        packed = subprocess.run(command, capture_output=True, check=False).stdout
        with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(packed)) as tar:
            tar.extractall(folder, filter="data")
            yield f"{row['repository']} {row['file']}", carried_out(Path(folder), row["file"])


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".releases"))
    parser.add_argument("--pythons", type=Path, default=Path.home() / ".pyenv" / "versions")
    parser.add_argument("--clones", type=Path, help="those of the histories of use report")
    given = parser.parse_args()
    if given.clones is not None:
        for name, done in of_histories(given.clones):
            print(f"{name}: {done}", flush=True)
    for package, old, module, python in cases():
        if package == STANDARD_LIBRARY:
            continue
        try:
            release = sources(package, old, python, given.folder, given.pythons)
        except CalledProcessError:
            print(f"{package} {old} {module}: its release cannot be had", flush=True)
            continue
        print(f"{package} {old} {module}: {carried_out(release, module)}", flush=True)


if __name__ == "__main__":
    main()
