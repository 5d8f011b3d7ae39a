"""Run the tests of a package before and after ``exai-audit fix --write``.

The sources are those of the package's source distribution; they are copied, and the copy is a git
repository of one commit. Tests run with an interpreter that has what the packages need.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import tomllib

_PACKAGES = Path(__file__).with_name("packages.toml")
_SUITE_SECONDS = 1800
_FAILED = frozenset({"failure", "error"})
Outcomes = dict[str, str]


@dataclass(frozen=True)
class Package:
    """A package as ``packages.toml`` describes it."""

    name: str
    version: str
    source: str
    tests: Sequence[str]
    modules: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    """What a fix did to a package."""

    package: Package
    tests: int
    failed_before: int
    newly_failed: Sequence[str]
    said: str
    changed: str
    undefined: int
    unimportable: Sequence[str]
    limits: tuple[int, int]
    score: tuple[float, float]


def packages() -> list[Package]:
    """Return all packages of the benchmark."""
    listed = tomllib.loads(_PACKAGES.read_text(encoding="utf-8"))
    return [Package(name=name, **about) for name, about in listed.items()]


def compare(package: Package, sdists: Path, work: Path, python: str, options: list[str]) -> Outcome:
    """Fix a copy of a package and run its tests before and after.

    Args:
        sdists: the folder that holds the unpacked source distributions.
        work: where the copy is made.
        python: the interpreter that has what the tests need.
        options: what ``fix`` is given besides ``--write``.
    """
    sdist = sdists / f"{package.name}-{package.version}"
    root = _copied(sdist, work / package.name)
    before = _tests(package, root, python, ())
    was = _scan(root)
    undefined = _undefined(package, root, python)
    done = _fix(root, options)
    after = _tests(package, root, python, ())
    new = [t for t, end in after.items() if end in _FAILED and before.get(t) not in _FAILED]
    lost = [test for test in before if test not in after]
    still = _again(package, root, python, new) if new else {}
    if new:
        original = _copied(sdist, work / "original" / package.name)
        alone = _again(package, original, python, new)
        new = [test for test in new if alone.get(test) not in _FAILED]
    now = _scan(root)
    return Outcome(
        package=package,
        tests=len(before),
        failed_before=sum(end in _FAILED for end in before.values()),
        newly_failed=[*(t for t in new if still.get(t, "error") in _FAILED), *lost],
        said=done,
        changed=_changed_lines(root),
        undefined=_undefined(package, root, python) - undefined,
        unimportable=_newly_unimportable(package, root, sdist, work, python),
        limits=(was[0], now[0]),
        score=(was[1], now[1]),
    )


def _copied(sdist: Path, root: Path) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(sdist, root, ignore=shutil.ignore_patterns(".git", "__pycache__"))
    _git(root, "init", "-q")
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "as it was")
    return root


def _git(root: Path, *words: str) -> str:
    named = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.autocrlf=false")
    done = subprocess.run(
        ["git", *named, *words], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _changed_lines(root: Path) -> str:
    _git(root, "add", "-A")
    return _git(root, "diff", "--cached", "--shortstat", "HEAD")


def _environment(package: Package, root: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(root / package.source),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _tests(package: Package, root: Path, python: str, chosen: Sequence[str]) -> Outcomes:
    """Return how each test ended."""
    report = root.parent / f"{package.name}.xml"
    report.unlink(missing_ok=True)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    subprocess.run(
        [*command, "--continue-on-collection-errors", *(chosen or package.tests)],
        cwd=root,
        env=_environment(package, root),
        check=False,
        capture_output=True,
        timeout=_SUITE_SECONDS,
    )
    return _outcomes(report) if report.exists() else {}


def _outcomes(report: Path) -> Outcomes:
    found: Outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = [child.tag for child in case if child.tag in {*_FAILED, "skipped"}]
        name = f"{case.get('classname')}::{case.get('name')}"
        found[name] = next(iter(kinds), "passed")
    return found


def _again(package: Package, root: Path, python: str, tests: Sequence[str]) -> Outcomes:
    """Run the files of the tests that failed newly once more, beside nothing else."""
    files = {_file_of(test.partition("::")[0], root) for test in tests} - {""}
    return _tests(package, root, python, sorted(files)) if files else {}


def _file_of(dotted: str, root: Path) -> str:
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if (root / path).is_file():
            return path
    return ""


def _fix(root: Path, options: Sequence[str]) -> str:
    command = ["fix", ".", "--write", "--min-confidence", "low", *options]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "exai_audit", *command],
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
    )
    lines = done.stderr.strip().splitlines()
    return next((line for line in lines if "ixed" in line), lines[-1] if lines else "")


def _scan(root: Path) -> tuple[int, float]:
    """Return how many scattered limits there are, and the score."""
    command = [sys.executable, "-P", "-m", "exai_audit", "scan", ".", "-f", "json"]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    limits = sum(finding["code"] == "EXA201" for finding in told["findings"])
    return limits, told["score"]["value"]


def _undefined(package: Package, root: Path, python: str) -> int:
    """Return how many undefined names pyflakes sees."""
    folders = [str(Path(package.source) / module) for module in package.modules]
    done = subprocess.run(
        [python, "-m", "pyflakes", *folders], cwd=root, check=False, capture_output=True, text=True
    )
    return done.stdout.count("undefined name")


def _newly_unimportable(
    package: Package, root: Path, sdist: Path, work: Path, python: str
) -> list[str]:
    """Return the changed modules that cannot be imported any more."""
    broken = _unimportable(package, root, python, _modules(package, root))
    if not broken:
        return []
    original = _copied(sdist, work / "original" / package.name)
    before = _unimportable(package, original, python, broken)
    return [name for name in broken if name not in before]


def _unimportable(package: Package, root: Path, python: str, modules: Sequence[str]) -> list[str]:
    """Return which modules cannot be imported, each in a process of its own."""
    code = (
        "import importlib, os, sys\n"
        "for name in sys.stdin.read().split():\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        try:\n"
        "            importlib.import_module(name)\n"
        "            os._exit(0)\n"
        "        except BaseException:\n"
        "            os._exit(1)\n"
        "    if os.waitpid(child, 0)[1]:\n"
        "        print(name)\n"
    )
    done = subprocess.run(
        [python, "-c", code],
        cwd=root.parent,
        env=_environment(package, root),
        input="\n".join(modules),
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()


def _modules(package: Package, root: Path) -> list[str]:
    _git(root, "add", "-A")
    changed = _git(root, "diff", "--cached", "--name-only", "HEAD", "--", "*.py").splitlines()
    inside = [path.removeprefix(f"{package.source}/") for path in changed]
    names = [path.removesuffix(".py").replace("/", ".") for path in inside]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


def table(outcomes: Sequence[Outcome]) -> str:
    """Return what was seen as a table in markdown."""
    lines = [
        "| package | tests | failed before | newly failed | scattered limits | score | changed |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in outcomes:
        lines.append(
            f"| {one.package.name} {one.package.version} | {one.tests:,} | {one.failed_before} "
            f"| {len(one.newly_failed)} | {one.limits[0]} → {one.limits[1]} "
            f"| {one.score[0]:.1f} → {one.score[1]:.1f} | {_changed(one.changed)} |"
        )
    return "\n".join(lines) + "\n"


def _changed(stat: str) -> str:
    """Shorten git's line: ``8 files changed, 20 insertions(+), 1 deletion(-)``."""
    parts = [part.split() for part in stat.split(",") if part.strip()]
    numbers: Mapping[str, str] = {words[1][:4]: words[0] for words in parts}
    added, gone = numbers.get("inse", "0"), numbers.get("dele", "0")
    return f"{numbers.get('file', '0')} files, +{added} −{gone}"
