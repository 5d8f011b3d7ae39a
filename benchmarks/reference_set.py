"""The reference set as pinned: what it consists of, and its code, fetched with pip."""

from __future__ import annotations

import platform
import re
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
_NOT_LIBRARY = frozenset({"site-packages", "test", "__pycache__"})
_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Pin:
    """One pinned package; ``field`` is the heading that it stands under."""

    name: str
    version: str
    kind: Kind
    field: str


@dataclass(frozen=True, slots=True)
class Target:
    """A package to audit, and the archive that holds it."""

    name: str
    version: str
    kind: Kind
    field: str
    source: str
    archive: Path

    @property
    def entry(self) -> str:
        """What it is called in the survey."""
        return f"{self.source}-{self.name}-{self.version}"


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
    missing = [pin for pin in wanted if _wheel(pin, cache) is None]
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


def downloaded(pin: Pin, cache: Path) -> Target:
    """Return a pinned package as `fetch` downloaded it."""
    wheel = _wheel(pin, cache)
    if wheel is None:
        sys.exit(f"{pin.name} {pin.version}: no wheel of it in {cache / 'wheels'}")
    return Target(pin.name, pin.version, pin.kind, pin.field, "pypi", wheel)


def standard_library(cache: Path) -> Iterator[Target]:
    """Yield the packages of the standard library of the Python that runs this, packed."""
    root = Path(sysconfig.get_paths()["stdlib"])
    version = platform.python_version()
    for init in sorted(root.glob("*/__init__.py")):
        name = init.parent.name
        if name not in _NOT_LIBRARY:
            archive = cache / "stdlib" / f"{name}-{version}.zip"
            if not archive.is_file():
                _pack(init.parent, archive)
            field = "the standard library"
            yield Target(name, version, Kind.LIBRARY, field, "stdlib", archive)


def _pack(package: Path, archive: Path) -> None:
    """Pack the Python files of a package: all of them or, interrupted, none."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    new = archive.with_suffix(".new")
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(package.rglob("*.py")):
            packed.write(file, file.relative_to(package.parent))
    new.replace(archive)
