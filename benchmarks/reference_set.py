"""The reference set as pinned: what it consists of, and its code, fetched with pip."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exai_audit.score.reference import Kind

PINS = {
    Kind.SERVICE: Path(__file__).parent / "reference_services.txt",
    Kind.LIBRARY: Path(__file__).parent / "reference_packages.txt",
}
PYTHON = "3.11"
_PLATFORMS = ("any", "manylinux2014_x86_64", "manylinux_2_28_x86_64")
_TESTS = frozenset({"test", "tests"})
_NOT_LIBRARY = frozenset({"site-packages", "test", "__pycache__"})
_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Pin:
    """One pinned package; ``field`` is the heading that it stands under."""

    name: str
    version: str
    kind: Kind
    field: str

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.version}"


@dataclass(frozen=True, slots=True)
class Target:
    """A package to audit: the folder that holds it, and the paths of it there."""

    name: str
    version: str
    kind: Kind
    field: str
    source: str
    root: Path
    paths: tuple[Path, ...]


def pins() -> list[Pin]:
    """Return what is pinned: the services, then the libraries, each by name."""
    return [pin for kind, file in PINS.items() for pin in sorted(_read(kind, file), key=_by_name)]


def _by_name(pin: Pin) -> str:
    return pin.name


def _read(kind: Kind, file: Path) -> Iterator[Pin]:
    """Yield the pins of a file; the comment right above a block is its field."""
    field = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            field = line[2:].strip()
        elif "==" in line:
            name, _, version = line.strip().partition("==")
            yield Pin(name, version, kind, field)


def fetch(wanted: Sequence[Pin], cache: Path) -> None:
    """Download the wheels that the cache lacks, for the same Python and platform everywhere."""
    missing = [pin for pin in wanted if not (cache / "packages" / pin.folder).is_dir()]
    missing = [pin for pin in missing if _wheel(pin, cache) is None]
    for start in range(0, len(missing), _AT_ONCE):
        _download(missing[start : start + _AT_ONCE], cache / "wheels")


def _download(wanted: Sequence[Pin], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--ignore-requires-python", "--only-binary=:all:", "--python-version", PYTHON]
        command += [f"--platform={one}" for one in _PLATFORMS]
        command += ["--dest", temporary, *(f"{pin.name}=={pin.version}" for pin in wanted)]
        subprocess.run(command, check=True, timeout=1800)
        for wheel in Path(temporary).glob("*.whl"):
            wheel.replace(folder / wheel.name)


def _wheel(pin: Pin, cache: Path) -> Path | None:
    """Return the pin's wheel if it was downloaded."""
    for wheel in (cache / "wheels").glob("*.whl"):
        name, version = wheel.name.split("-")[:2]
        if version == pin.version and _normal(name) == _normal(pin.name):
            return wheel
    return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def unpacked(pin: Pin, cache: Path) -> Target | None:
    """Return a pinned package, unpacked; None when its wheel was not downloaded."""
    folder = cache / "packages" / pin.folder
    if not folder.is_dir():
        wheel = _wheel(pin, cache)
        if wheel is None:
            return None
        _unpack(wheel, folder)
    return Target(pin.name, pin.version, pin.kind, pin.field, "pypi", folder, (folder,))


def _unpack(wheel: Path, folder: Path) -> None:
    """Unpack the Python files of a wheel but its tests: all of them or, interrupted, none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=folder.parent) as temporary,
        zipfile.ZipFile(wheel) as zipped,
    ):
        new = Path(temporary) / "unpacked"
        new.mkdir()
        zipped.extractall(new, [name for name in zipped.namelist() if _is_judged(name)])
        shutil.move(new, folder)


def _is_judged(name: str) -> bool:
    return name.endswith((".py", ".pyi")) and not _TESTS & set(name.split("/")[:-1])


def standard_library() -> Iterator[Target]:
    """Yield the packages of the standard library of the Python that runs this."""
    root = Path(sysconfig.get_paths()["stdlib"])
    version = platform.python_version()
    for init in sorted(root.glob("*/__init__.py")):
        name = init.parent.name
        if name not in _NOT_LIBRARY:
            field = "the standard library"
            yield Target(name, version, Kind.LIBRARY, field, "stdlib", root, (init.parent,))


def size_of(target: Target) -> int:
    """Return how many bytes of Python a target has."""
    return sum(file.stat().st_size for path in target.paths for file in path.rglob("*.py"))
