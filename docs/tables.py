"""The generated tables of the documentation.

    python docs/tables.py    # write them into the pages

A table stands between ``<!-- NAME -->`` and ``<!-- end -->`` in its page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import quantiles

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from exai_audit.finding import Severity  # noqa: E402
from exai_audit.knowledge.calls import Call  # noqa: E402
from exai_audit.knowledge.table import shipped  # noqa: E402
from exai_audit.planning.phases import WEEKS_APART  # noqa: E402
from exai_audit.planning.recommend import (  # noqa: E402
    FILES_OF_THEIR_OWN,
    HOURS_A_WEEK,
    WORTH_POINTS_AN_HOUR,
    priority_of,
)
from exai_audit.planning.remedies import remedies  # noqa: E402
from exai_audit.score.formula import SHARES  # noqa: E402
from exai_audit.score.reference import reference  # noqa: E402

_TABLE = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def written(text: str) -> str:
    """Return a page with its tables brought up to date."""
    return _TABLE.sub(lambda m: f"{m[1]}\n{TABLES[m[2]]()}\n\n{m[3]}", text)


def pages() -> Iterator[Path]:
    """Yield the pages that hold generated tables."""
    for page in sorted(DOCS.rglob("*.md")):
        if _TABLE.search(page.read_text(encoding="utf-8")):
            yield page


def write_pages() -> None:
    """Write all tables into their pages."""
    for page in pages():
        page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")


def _rows(head: tuple[str, ...], rows: Iterator[tuple[str, ...]], right: int = 0) -> str:
    """Return a table; all columns from the one numbered ``right`` on are numbers."""
    marks = ["---" if i < right or not right else "---:" for i in range(len(head))]
    lines = [head, tuple(marks), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _made_with() -> str:
    made = reference()
    state = "provisional: not all rules were final" if made.provisional else "final"
    lines = sum(package.judged_lines for package in made.packages)
    return (
        f"{len(made.packages)} packages, {lines:,} judged lines; exai-audit {made.tool}, formula"
        f" {made.formula_version}, Python {made.python}, rules `{made.rules}` ({state})."
    )


def _halves() -> str:
    made = reference()

    def rows() -> Iterator[tuple[str, ...]]:
        for family in SHARES:
            some = sorted(p.densities[family] for p in made.packages if p.densities[family] > 0)
            few = len(some) < 2
            quartiles = some * 3 if few else quantiles(some, n=4, method="inclusive")
            shown = (f"{value:.4f}" for value in quartiles)
            yield (family.value, str(len(some)), *shown, f"**{made.half[family]:g}**")

    head = ("category", "packages with a finding", "1st quartile", "median", "3rd quartile", "half")
    return _rows(head, rows(), right=1)


def _packages() -> str:
    made = reference()

    def rows() -> Iterator[tuple[str, ...]]:
        for package in sorted(made.packages, key=lambda p: (-p.score, p.name)):
            densities = (f"{package.densities[family]:.2f}" for family in SHARES)
            source = " (standard library)" if package.source == "stdlib" else ""
            name = f"{package.name} {package.version}{source}"
            yield (name, f"{package.judged_lines:,}", *densities, f"{package.score:.1f}")

    head = ("package", "judged lines", *(family.value for family in SHARES), "score")
    return _rows(head, rows(), right=1)


def _scores() -> str:
    scores = [package.score for package in reference().packages]
    first, median, third = quantiles(scores, n=4, method="inclusive")
    return (
        f"Scores: lowest {min(scores):.1f}, first quartile {first:.1f}, median {median:.1f}, third"
        f" quartile {third:.1f}, highest {max(scores):.1f}."
    )


def _effort() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for remedy in remedies():
            for work in remedy.work:
                low, high = work.hours
                codes = ", ".join(work.rules)
                yield (remedy.kind, codes, work.unit, work.driver, f"{low:g} to {high:g}")

    return _rows(("remedy", "rules", "unit", "driver", "hours a unit"), rows())


def _risks() -> str:
    rows = ((r.kind, r.risk.value, r.hazard, r.mitigation) for r in remedies())
    return _rows(("remedy", "risk", "what can go wrong", "what helps"), rows)


def _priorities() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for severity in reversed(Severity):
            slow = priority_of(severity, 0.0).value
            quick = priority_of(severity, WORTH_POINTS_AN_HOUR).value
            yield (severity.value, slow, quick)

    return _rows(
        ("gravest finding", "priority", f"from {WORTH_POINTS_AN_HOUR:g} point gained an hour"),
        rows(),
    )


def _assumed() -> str:
    return (
        f"One developer with {HOURS_A_WEEK} hours a week for this; the first {WEEKS_APART} weeks"
        f" are shown one by one. The {FILES_OF_THEIR_OWN} gravest files are recommendations of"
        " their own."
    )


def _libraries() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for library, calls in sorted(_by_library().items(), key=lambda pair: pair[0].lower()):
            counts = (sum(known(call) for call in calls) for known in _KNOWN.values())
            yield (library, *(str(count or "") for count in counts))

    return _rows(("library", *_KNOWN), rows(), right=1)


def _by_library() -> dict[str, list[Call]]:
    """Return the known calls by distribution, as an installer names it, with its module."""
    packages: dict[str, set[str]] = {}
    for row in shipped().values():
        packages.setdefault(_root(row), set()).update({row.package} - {""})
    found: dict[str, list[Call]] = {}
    for row in shipped().values():
        of_root = packages[_root(row)]
        package = row.package or (next(iter(of_root)) if len(of_root) == 1 else "")
        found.setdefault(_library(_root(row), package), []).append(row)
    return found


def _root(row: Call) -> str:
    return row.name.partition(".")[0]


def _library(root: str, package: str) -> str:
    if root in sys.stdlib_module_names or root == "builtins":
        return f"`{root}` (standard library)"
    return f"`{root}`" if package.lower() in ("", root) else f"`{package}` (`{root}`)"


def _library_counts() -> str:
    return f"{len(_by_library())} libraries, {len(shipped())} calls."


def _waits_for_ever(call: Call) -> bool:
    limit = call.timeout
    return limit is not None and (limit.default == "forever" or bool(limit.forever_below))


_KNOWN: Mapping[str, Callable[[Call], bool]] = {
    "takes a limit": lambda call: call.timeout is not None,
    "waits for ever without": _waits_for_ever,
    "blocks the loop": lambda call: call.blocking is not None and not call.blocking.file_system,
    "file system": lambda call: call.blocking is not None and call.blocking.file_system,
    "must be awaited": lambda call: call.coroutine,
    "caches": lambda call: call.cache is not None,
    "pools": lambda call: call.pool is not None,
    "bridges": lambda call: call.bridge is not None or call.offload is not None,
    "returns a known object": lambda call: call.returns is not None,
}
"""What the table of libraries counts, by column."""

TABLES: Mapping[str, Callable[[], str]] = {
    "made_with": _made_with,
    "halves": _halves,
    "packages": _packages,
    "scores": _scores,
    "effort": _effort,
    "risks": _risks,
    "priorities": _priorities,
    "assumed": _assumed,
    "libraries": _libraries,
    "library_counts": _library_counts,
}

if __name__ == "__main__":
    write_pages()
