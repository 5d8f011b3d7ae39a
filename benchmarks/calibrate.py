"""Measure the constants of the score on a reference set of public code.

    python benchmarks/calibrate.py            # download, audit, write the data and its page
    python benchmarks/calibrate.py --check    # is the data still that of the rules? exits 1 if not

Audits the packages pinned in ``reference_packages.txt``, downloaded with pip into a cache folder,
and the standard library's packages of the Python that runs this, as they come: no settings, no
baseline, production code only. It writes ``exai_audit/score/reference.json`` and the tables of
``docs/calibration.md``. Interrupted, it goes on where it was; a second run is quick, since the
facts of unchanged files are remembered.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from exai_audit import __version__  # noqa: E402
from exai_audit.audit.cache import FactsCache, facts_fingerprint  # noqa: E402
from exai_audit.audit.engine import Audit, audit  # noqa: E402
from exai_audit.audit.weigh import weigh  # noqa: E402
from exai_audit.config import Settings  # noqa: E402
from exai_audit.finding import Family, Finding  # noqa: E402
from exai_audit.score.formula import FORMULA_VERSION, SHARES, score  # noqa: E402
from exai_audit.score.reference import DATA, Reference, reference  # noqa: E402

from docs.tables import write_pages  # noqa: E402  isort: skip

PINS = Path(__file__).parent / "reference_packages.txt"
LEAST_LINES = 1000
PYTHON = "3.11"
_PLATFORMS = ("any", "manylinux2014_x86_64", "manylinux_2_28_x86_64")
_NOT_LIBRARY = frozenset({"site-packages", "test", "__pycache__"})
_JUDGES = ("audit/discover.py", "audit/judge.py", "collectors", "knowledge", "rules", "syntax")
_NO_JUDGES = ("config", "errors.py", "score", "__init__.py")


@dataclass(frozen=True, slots=True)
class Target:
    """A package to audit: the folder that holds it, and the paths of it there."""

    name: str
    version: str
    source: str
    root: Path
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What an audit found, before any constant is known."""

    target: Target
    judged_lines: int
    findings: tuple[Finding, ...]
    densities: Mapping[Family, float]


def main() -> int:
    options = _options()
    if options.check:
        return _check()
    _refuse_other_python(options.any_python)
    cache = options.cache
    measured = []
    for target in chain(_pinned(cache), _standard_library()):
        found = _measure(target, cache, options.jobs)
        print(f"{target.name} {target.version}: {found.judged_lines:,} lines", flush=True)
        if found.judged_lines >= LEAST_LINES:
            measured.append(found)
        elif target.source == "pypi":
            sys.exit(
                f"{PINS.name}: {target.name} has under {LEAST_LINES} judged lines: leave it out"
            )
    document = _document(measured, provisional=options.provisional)
    _write(DATA, json.dumps(document, indent=1) + "\n")
    reference.cache_clear()
    write_pages()
    print(f"half: {document['half']}")
    return 0


def _options() -> argparse.Namespace:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, default=home / "exai-audit-calibration")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--check", action="store_true", help="only say whether it is out of date")
    parser.add_argument("--provisional", action="store_true", help="mark the data as not final")
    parser.add_argument("--any-python", action="store_true", help=f"run with others than {PYTHON}")
    return parser.parse_args()


def _check() -> int:
    problems = out_of_date(reference())
    for problem in problems:
        print(f"calibration: {problem}: run python benchmarks/calibrate.py")
    if not problems:
        print("calibration: up to date")
    return 1 if problems else 0


def out_of_date(made: Reference) -> list[str]:
    """Return why the data is no longer that of the rules, nothing when it is."""
    problems = []
    if made.rules != rules_fingerprint():
        problems.append("the rules have changed since the reference set was audited")
    if made.formula_version != FORMULA_VERSION:
        problems.append(f"it is of formula {made.formula_version}, not {FORMULA_VERSION}")
    pins = dict(_pins())
    audited = {p.name: p.version for p in made.packages if p.source == "pypi"}
    if odd := sorted(name for name in audited.keys() | pins.keys()
                     if pins.get(name) != audited.get(name)):  # fmt: skip
        problems.append(f"the pins differ from what was audited: {', '.join(odd)}")
    return problems


def rules_fingerprint() -> str:
    """Return what stands for all code and data that findings come from.

    That is the rules, collectors and knowledge tables, and what they import. Comments, blank lines
    and the docstrings of modules, which are the rules' pages, are left out.
    """
    package = ROOT / "exai_audit"
    waiting = [path for name in _JUDGES for path in _files(package / name)]
    texts: dict[str, str] = {}
    while waiting:
        path = waiting.pop()
        name = path.relative_to(package).as_posix()
        if name in texts or name.startswith(_NO_JUDGES):
            continue
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text) if path.suffix == ".py" else ast.Module([], [])
        texts[name] = _substance(text, tree)
        waiting.extend(_imported(tree, package))
    whole = "".join(f"{name}\0{text}\0" for name, text in sorted(texts.items()))
    return sha256(whole.encode()).hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [one for one in found if one.suffix in (".py", ".toml") and one.is_file()]


def _imported(tree: ast.Module, package: Path) -> Iterator[Path]:
    """Yield the modules of the package that a module imports, packages as a whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("exai_audit."):
            path = package.joinpath(*(node.module or "").split(".")[1:])
            yield from _files(path if path.is_dir() else path.with_suffix(".py"))


def _substance(text: str, tree: ast.Module) -> str:
    """Return the lines that do something; the page of a module, its docstring, does nothing."""
    first = next(iter(tree.body), None)
    is_page = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    page_end = (first.end_lineno or 0) if is_page and first is not None else 0
    said = (line.strip() for line in text.splitlines()[page_end:])
    return "\n".join(line for line in said if line and not line.startswith("#"))


def _refuse_other_python(anyway: bool) -> None:
    if not anyway and platform.python_version_tuple()[:2] != tuple(PYTHON.split(".")):
        sys.exit(
            f"run this with Python {PYTHON}, whose standard library is in the reference set, or "
            f"with --any-python and another standard library (this is {platform.python_version()})"
        )


def _pins() -> list[tuple[str, str]]:
    lines = (line.strip() for line in PINS.read_text(encoding="utf-8").splitlines())
    pins = [line.partition("==") for line in lines if line and not line.startswith("#")]
    return sorted((name, version) for name, _, version in pins)


def _pinned(cache: Path) -> Iterator[Target]:
    for name, version in _pins():
        folder = cache / "packages" / f"{name}-{version}"
        if not folder.is_dir():
            _unpack(_download(name, version, cache / "wheels"), folder)
        yield Target(name, version, "pypi", folder, (folder,))


def _download(name: str, version: str, folder: Path) -> Path:
    """Download a wheel, for the same Python and platform wherever this runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--python-version", PYTHON, "--dest", temporary]
        command += [f"--platform={one}" for one in _PLATFORMS]
        subprocess.run([*command, f"{name}=={version}"], check=True, timeout=600)
        (wheel,) = Path(temporary).glob("*.whl")
        return wheel.replace(folder / wheel.name)


def _unpack(wheel: Path, folder: Path) -> None:
    """Unpack the Python files of a wheel: all of them or, interrupted, none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=folder.parent) as temporary,
        zipfile.ZipFile(wheel) as zipped,
    ):
        unpacked = Path(temporary) / "unpacked"
        unpacked.mkdir()
        members = [m for m in zipped.namelist() if m.endswith((".py", ".pyi"))]
        zipped.extractall(unpacked, members)
        shutil.move(unpacked, folder)


def _standard_library() -> Iterator[Target]:
    root = Path(sysconfig.get_paths()["stdlib"])
    for init in sorted(root.glob("*/__init__.py")):
        name = init.parent.name
        if name not in _NOT_LIBRARY:
            yield Target(name, platform.python_version(), "stdlib", root, (init.parent,))


def _measure(target: Target, cache: Path, jobs: int) -> Measured:
    settings = Settings()
    folder = cache / "facts" / f"{target.source}-{target.name}-{target.version}"
    facts = FactsCache(folder, facts_fingerprint(), target.root)
    audited = audit(target.paths, target.root, settings, jobs, lambda done, total: None, facts)
    _refuse_own_trouble(audited)
    weighed = weigh(audited.findings, audited.project, settings, audited.today)
    densities = {c.name: round(c.density, 6) for c in weighed.score.categories}
    return Measured(target, weighed.lines, weighed.active, densities)


def _refuse_own_trouble(audited: Audit) -> None:
    """Stop when a file could not be analysed for a reason that lies here, not in the file."""
    for file in audited.project.files:
        if file.failure is not None and file.failure.reason.startswith("cannot be analysed"):
            sys.exit(f"{file.path}: {file.failure.reason}")


def half_of(densities: Sequence[Mapping[Family, float]]) -> dict[Family, float]:
    """Return per category the third quartile of the densities of those that have any."""
    half = {}
    for family in SHARES:
        some = [one[family] for one in densities if one[family] > 0]
        if not some:
            raise SystemExit(f"no reference package has a finding in the category {family.value}")
        third = quantiles(some, n=4, method="inclusive")[2] if len(some) > 1 else some[0]
        half[family] = round(third, 4)
    return half


def _document(measured: Sequence[Measured], *, provisional: bool) -> dict[str, object]:
    half = half_of([one.densities for one in measured])
    return {
        "formula_version": FORMULA_VERSION,
        "tool": __version__,
        "python": platform.python_version(),
        "rules": rules_fingerprint(),
        "provisional": provisional,
        "half": {family.value: value for family, value in half.items()},
        "packages": [_row(one, half) for one in measured],
    }


def _row(one: Measured, half: Mapping[Family, float]) -> dict[str, object]:
    total = score(one.findings, one.judged_lines, tuple(SHARES), half=half).score
    return {
        "name": one.target.name,
        "version": one.target.version,
        "source": one.target.source,
        "judged_lines": one.judged_lines,
        "densities": {family.value: one.densities[family] for family in SHARES},
        "critical": len(total.cap.findings) if total.cap else 0,
        "score": total.shown,
    }


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


if __name__ == "__main__":
    sys.exit(main())
