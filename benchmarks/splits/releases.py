"""Where the sources of a release lie: wheels from the package index, or an installed Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

STANDARD_LIBRARY = "cpython"
_PLATFORMS = ("any", "manylinux1_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64")


def sources(package: str, version: str, python: str, folder: Path, pythons: Path) -> Path:
    """Return the folder with the ``.py`` files of a release, downloading its wheel if need be.

    Args:
        python: the Python version to ask a wheel for; old releases have none for newer ones.
        folder: where wheels are unpacked.
        pythons: for ``cpython``: a folder with one installed Python per version, as pyenv has.
    """
    if package == STANDARD_LIBRARY:
        minor = ".".join(version.split(".")[:2])
        return pythons / version / "lib" / f"python{minor}"
    unpacked = folder / f"{package}-{version}"
    if not unpacked.is_dir():
        wheels = folder / "wheels" / f"{package}-{version}"
        _download(f"{package}=={version}", python, wheels)
        for wheel in wheels.glob("*.whl"):
            _unpack(wheel, unpacked)
    return unpacked


def _download(requirement: str, python: str, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--python-version", python, "--dest", str(target)]
    command += [word for name in _PLATFORMS for word in ("--platform", name)]
    subprocess.run([*command, requirement], check=True)


def _unpack(wheel: Path, target: Path) -> None:
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                archive.extract(name, target)
