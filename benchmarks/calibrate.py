"""Calibrate the score on a reference set of services and libraries.

    python benchmarks/calibrate.py            # download, audit, write the data and its pages
    python benchmarks/calibrate.py --rescore  # only the formula changed: no audit, from the data
    python benchmarks/calibrate.py --check    # is the data still that of the rules? exits 1 if not

What is pinned in ``reference_services.txt`` and ``reference_packages.txt``, downloaded with pip
into a cache folder, and the standard library's packages of the Python that runs this, become a
manifest; ``exai-audit survey`` audits it, by the default settings and nobody's own. What it finds
is written to ``exai_audit/score/reference.json`` and the tables of the documentation. Interrupted,
it goes on where it was; a second run is quick, since the facts of unchanged files are remembered.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec.structs import replace

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.reference_set import (  # noqa: E402
    PYTHON,
    Target,
    downloaded,
    fetch,
    pins,
    standard_library,
)
from benchmarks.survey import broken_promises, size_factor, survey  # noqa: E402
from exai_audit import __version__  # noqa: E402
from exai_audit.finding import Family, Finding  # noqa: E402
from exai_audit.results.result import AuditResult  # noqa: E402
from exai_audit.results.stored import read_result  # noqa: E402
from exai_audit.score.formula import FACTORS, FORMULA_VERSION  # noqa: E402
from exai_audit.score.reference import (  # noqa: E402
    DATA,
    Kind,
    Reference,
    ReferencePackage,
    RuleFound,
    reference,
)

LEAST_LINES = 1000
_JUDGES = ("audit/discover.py", "audit/judge.py", "collectors", "knowledge", "rules", "syntax")
_NO_JUDGES = ("config", "errors.py", "score", "__init__.py")


def main() -> int:
    options = _options()
    if options.check:
        return _check()
    made = reference()
    if not options.rescore:
        _refuse_other_python(options.any_python)
        fetch(pins(), options.cache)
        targets = [downloaded(pin, options.cache) for pin in pins()]
        targets += standard_library(options.cache)
        found = list(surveyed(targets, options.cache, options.jobs))
        made = _reference(found, provisional=options.provisional)
    write(_calibrated(made))
    reference.cache_clear()
    # Another process, for the formula's constants are those of the data when it is loaded.
    subprocess.run([sys.executable, ROOT / "docs" / "tables.py"], check=True)
    return _check()


def _options() -> argparse.Namespace:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, default=home / "exai-audit-calibration")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--check", action="store_true", help="only say whether it is out of date")
    parser.add_argument("--rescore", action="store_true", help="compute the scores of the data")
    parser.add_argument("--provisional", action="store_true", help="mark the data as not final")
    parser.add_argument("--any-python", action="store_true", help=f"run with others than {PYTHON}")
    return parser.parse_args()


def _check() -> int:
    problems = [*out_of_date(reference()), *broken_promises(reference())]
    for problem in problems:
        print(f"calibration: {problem}")
    print("calibration: " + ("run python benchmarks/calibrate.py" if problems else "up to date"))
    return 1 if problems else 0


def out_of_date(made: Reference) -> list[str]:
    """Return why the data is no longer that of the rules, nothing when it is."""
    problems = []
    if made.rules != rules_fingerprint():
        problems.append("the rules have changed since the reference set was audited")
    if made.formula_version != FORMULA_VERSION:
        problems.append(f"it is of formula {made.formula_version}, not {FORMULA_VERSION}")
    pinned = {pin.name: (pin.version, pin.kind) for pin in pins()}
    audited = {p.name: (p.version, p.kind) for p in made.packages if p.source == "pypi"}
    if odd := sorted(name for name in audited.keys() | pinned.keys()
                     if pinned.get(name) != audited.get(name)):  # fmt: skip
        named = ", ".join(odd[:5]) + (f" and {len(odd) - 5} more" if len(odd) > 5 else "")
        problems.append(f"the pins differ from what was audited: {named}")
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


def surveyed(targets: Sequence[Target], cache: Path, jobs: int) -> Iterator[ReferencePackage]:
    """Survey packages, and yield what was found in those that are large enough.

    A survey of the same rules that was interrupted goes on.
    """
    manifest, policy, into = cache / "set.toml", cache / "default.toml", cache / "survey"
    made_by = into / "rules.txt"
    into.mkdir(parents=True, exist_ok=True)
    manifest.write_text("\n".join(map(_entry, targets)), encoding="utf-8")
    policy.write_text("# the default settings\n", encoding="utf-8")
    command = [sys.executable, "-m", "exai_audit", "survey", manifest, "--policy", policy]
    command += ["--into", into, "--jobs", str(jobs), "-o", cache / "survey.txt"]
    rules = rules_fingerprint()
    if made_by.is_file() and made_by.read_text(encoding="utf-8") == rules:
        command.append("--resume")
    made_by.write_text(rules, encoding="utf-8")
    subprocess.run(command, cwd=ROOT, check=True)
    for target in targets:
        package = _found(target, read_result(into / f"{target.entry}.json"))
        if package.judged_lines >= LEAST_LINES:
            yield package
        elif target.source == "pypi":
            print(f"{target.name}: under {LEAST_LINES} judged lines: left out")


def _entry(target: Target) -> str:
    """Return a package's table in the manifest."""
    said = {"name": target.entry, "source": str(target.archive), "owner": target.field}
    return "\n".join(("[[repository]]", *(f"{key} = {json.dumps(said[key])}" for key in said), ""))


def _found(target: Target, result: AuditResult) -> ReferencePackage:
    _refuse_own_trouble(target, result)
    return ReferencePackage(
        name=target.name,
        version=target.version,
        kind=target.kind,
        field=target.field,
        source=target.source,
        judged_lines=result.scale.judged_lines,
        score=0.0,
        rules=counted(result.findings),
    )


def counted(findings: Sequence[Finding]) -> dict[str, RuleFound]:
    """Return how many findings there are of each rule, severity and confidence."""
    found: dict[str, tuple[Family, dict[str, dict[str, int]]]] = {}
    for one in sorted(findings, key=lambda f: (f.code, -f.severity.rank, -f.confidence.rank)):
        _, counts = found.setdefault(one.code, (one.family, {}))
        by_confidence = counts.setdefault(one.severity.value, {})
        sure = one.confidence.value
        by_confidence[sure] = by_confidence.get(sure, 0) + 1
    return {code: RuleFound(family, counts) for code, (family, counts) in found.items()}


def _refuse_own_trouble(target: Target, result: AuditResult) -> None:
    """Stop when a file could not be analysed for a reason that lies here, not in the file."""
    for one in result.findings:
        if one.code == "EXA002" and "cannot be analysed" in one.message:
            sys.exit(f"{target.name}: {one.path}: {one.message}")


def _reference(packages: Sequence[ReferencePackage], *, provisional: bool) -> Reference:
    return Reference(
        formula_version=FORMULA_VERSION,
        tool=__version__,
        python=platform.python_version(),
        rules=rules_fingerprint(),
        provisional=provisional,
        size_factor=FACTORS[Family.SIZE],
        packages=tuple(sorted(packages, key=lambda p: (p.kind is not Kind.SERVICE, p.name))),
    )


def _calibrated(made: Reference) -> Reference:
    """Return the data with the factor of size measured, and the scores that follow."""
    factor = size_factor(made.of_kind(Kind.SERVICE))
    new = replace(made, formula_version=FORMULA_VERSION, size_factor=factor)
    scored = (replace(one.package, score=one.shown) for one in survey(new))
    return replace(new, packages=tuple(scored))


def write(made: Reference, path: Path = DATA) -> None:
    """Write the data, a package a line, so that a change can be reviewed."""
    head = msgspec.to_builtins(replace(made, packages=()))
    del head["packages"]
    lines = [f"{json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    rows = ",\n".join(json.dumps(msgspec.to_builtins(package)) for package in made.packages)
    text = "\n".join(("{", *lines, '"packages": [', rows, "]", "}")) + "\n"
    _replace(path, text.encode())


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(data)
    temporary.replace(path)


if __name__ == "__main__":
    sys.exit(main())
