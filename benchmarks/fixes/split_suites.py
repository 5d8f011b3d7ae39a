"""Carry out plans on packages with test suites of their own, and see what fails that did not.

    python benchmarks/fixes/split_suites.py SOURCES [--python PYTHON] [--only NAME ...]

``SOURCES`` holds the source tree of each package of ``split_suites.toml``, tests included;
``PYTHON`` is the interpreter of an environment with their test requirements. For each module the
tests run before and after ``exai-audit plan MODULE --write`` on a copy; where something newly fails
all run once more. Then each module of the package is imported in a process of its own, and pyflakes
counts undefined names. A refusal is printed with the line that it names.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import tomllib

_HERE = Path(__file__).parent
_HEAD = """\
| package | module | lines | modules | tests | newly failing | not importable | undefined names |
|---|---|---:|---:|---:|---:|---:|---:|"""
_FAILED = ("failure", "error")


@dataclass(frozen=True, slots=True)
class Suite:
    """A package's tests: ``tests`` are arguments of pytest, ``path`` the folder that is imported.

    ``modules`` are those to split.
    """

    name: str
    package: str
    path: str
    tests: tuple[str, ...]
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tests of a tree said: the failed ones among all."""

    ran: int
    failed: frozenset[str]


def suites(only: Sequence[str]) -> Iterator[Suite]:
    """Yield the packages of the table, all or those named."""
    for row in tomllib.loads((_HERE / "split_suites.toml").read_text(encoding="utf-8"))["suite"]:
        if not only or row["name"] in only:
            yield Suite(**{**row, "tests": tuple(row["tests"]), "modules": tuple(row["modules"])})


def run_tests(suite: Suite, tree: Path, python: str, tests: Iterable[str]) -> Outcome:
    """Run tests of a tree; a run that does not come to its end fails in ``the run itself``."""
    report = tree / ".junit.xml"
    report.unlink(missing_ok=True)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    subprocess.run(
        [*command, *tests],
        cwd=tree,
        env=_environment(suite, tree),
        capture_output=True,
        check=False,
    )
    if not report.is_file():
        return Outcome(0, frozenset({"the run itself"}))
    cases = [*ElementTree.parse(report).iter("testcase")]
    failed = {_name(case) for case in cases if any(case.find(kind) is not None for kind in _FAILED)}
    return Outcome(len(cases), frozenset(failed))


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"


def _environment(suite: Suite, tree: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(tree / suite.path), "PYTHONDONTWRITEBYTECODE": "1"}


def newly_failed(
    suite: Suite, tree: Path, python: str, before: Outcome, after: Outcome
) -> list[str]:
    """Return the tests that fail after the split alone, and again when they run once more."""
    new = after.failed - before.failed
    if not new:
        return []
    again = run_tests(suite, tree, python, suite.tests)
    return sorted(new & again.failed)


def broken_imports(suite: Suite, tree: Path, python: str) -> set[str]:
    """Return the modules of a package that cannot be imported first, each in its own process."""
    root = tree / suite.path
    found = set()
    for path in sorted((root / suite.package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name.endswith("__main__"):
            continue
        code = f"import {name}"
        done = subprocess.run(
            [python, "-W", "ignore", "-c", code],
            env=_environment(suite, tree),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            found.add(name)
    return found


def undefined_names(suite: Suite, tree: Path, python: str) -> int:
    """Return how many undefined names pyflakes finds in a package."""
    done = subprocess.run(
        [python, "-m", "pyflakes", str(tree / suite.path / suite.package)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.count("undefined name")


def split(tree: Path, module: str) -> str:
    """Carry out the plan of a module; return why not, empty where it is done."""
    command = [sys.executable, "-m", "exai_audit", "plan", module, "--write", "--isolated"]
    done = subprocess.run(
        [*command, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def copied(source: Path, target: Path) -> Path:
    """Return a copy of a source tree that git knows."""
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    author = ["-c", "user.email=bench@example.org", "-c", "user.name=bench"]
    for command in (["init", "-q"], ["add", "-A", "-f"], [*author, "commit", "-qm", "before"]):
        subprocess.run(["git", *command], cwd=target, check=True)
    return target


def rows(suite: Suite, source: Path, python: str) -> Iterator[str]:
    """Yield the row of each module of a package."""
    with tempfile.TemporaryDirectory() as folder:
        base = copied(source, Path(folder, "base"))
        before = run_tests(suite, base, python, suite.tests)
        imports, undefined = (
            broken_imports(suite, base, python),
            undefined_names(suite, base, python),
        )
        for number, module in enumerate(suite.modules):
            tree = copied(source, Path(folder, str(number)))
            lines = (tree / module).read_text(encoding="utf-8").count("\n")
            start = f"| {suite.name} | `{module}` | {lines:,} |"
            reason = split(tree, module)
            if reason:
                why = reason.rpartition("not split: ")[2]
                yield f"{start} | {before.ran:,} | refused: {why} | | |"
                continue
            after = run_tests(suite, tree, python, suite.tests)
            new = newly_failed(suite, tree, python, before, after)
            parts = [*(tree / module).with_suffix("").glob("*.py")]
            broken = {
                name
                for name in broken_imports(suite, tree, python)
                if not any(name == old or name.startswith(f"{old}.") for old in imports)
            }
            more = undefined_names(suite, tree, python) - undefined
            for name in [*new, *sorted(broken)]:
                print(f"  {suite.name} {module}: {name}", file=sys.stderr)
            yield f"{start} {len(parts)} | {after.ran:,} | {len(new)} | {len(broken)} | {more} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    print(_HEAD)
    for suite in suites(given.only):
        for row in rows(suite, given.sources / suite.name, given.python):
            print(row, flush=True)


if __name__ == "__main__":
    main()
