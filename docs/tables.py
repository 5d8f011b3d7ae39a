"""The generated tables of the documentation.

    python docs/tables.py    # write them into the pages

A table stands between ``<!-- NAME -->`` and ``<!-- end -->`` in its page.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import quantiles

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from benchmarks.survey import (  # noqa: E402
    FROM_LINES,
    TYPICAL_LOSS,
    Rescored,
    dearest_medium,
    dearest_rule,
    grades,
    survey,
)
from docs.reference import (  # noqa: E402
    json_members,
    recipe,
    rule_settings_table,
    settings_table,
)
from exai_audit.finding import Confidence, Family, Severity  # noqa: E402
from exai_audit.knowledge.calls import Call  # noqa: E402
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY  # noqa: E402
from exai_audit.knowledge.table import shipped  # noqa: E402
from exai_audit.planning.phases import WEEKS_APART  # noqa: E402
from exai_audit.planning.recommend import (  # noqa: E402
    FILES_OF_THEIR_OWN,
    HOURS_A_WEEK,
    WORTH_POINTS_AN_HOUR,
    priority_of,
)
from exai_audit.planning.remedies import remedies  # noqa: E402
from exai_audit.score.formula import (  # noqa: E402
    SHARES,
    allowance,
    debt,
    lost_part,
    weight_of,
)
from exai_audit.score.grades import grade  # noqa: E402
from exai_audit.score.reference import Kind, reference  # noqa: E402

_TABLE = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SIZES = (200, 5000, 20_000, 100_000)


def written(text: str) -> str:
    """Return a page with its tables brought up to date."""
    return _TABLE.sub(lambda m: f"{m[1]}\n{TABLES[m[2]]()}\n\n{m[3]}", text)


def pages() -> Iterator[Path]:
    """Yield the pages that hold generated tables."""
    for page in (*sorted(DOCS.rglob("*.md")), DOCS.parent / "CHANGELOG.md"):
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
    state = (
        "provisional: to be measured again with the final rules" if made.provisional else "final"
    )
    counts = ", ".join(
        f"{len(packages := made.of_kind(kind))} {noun}"
        f" ({sum(package.judged_lines for package in packages):,} lines)"
        for kind, noun in ((Kind.SERVICE, "services"), (Kind.LIBRARY, "libraries"))
    )
    return (
        f"{counts}; exai-audit {made.tool}, formula {made.formula_version}, Python {made.python},"
        f" rules `{made.rules}` ({state}). The factor of size that follows is"
        f" **{made.size_factor:g}**: with it the median service loses {TYPICAL_LOSS:.0%} of its"
        " size points."
    )


def _of(kind: Kind) -> list[Rescored]:
    return [one for one in survey(reference()) if one.package.kind is kind]


def _fields() -> str:
    counts = Counter(one.package.field for one in _of(Kind.SERVICE))

    def rows() -> Iterator[tuple[str, ...]]:
        for field in counts:
            own = [one for one in _of(Kind.SERVICE) if one.package.field == field]
            lines = sorted(one.package.judged_lines for one in own)
            scores = _five([one.shown for one in own])
            yield (field, str(len(own)), f"{lines[0]:,} to {lines[-1]:,}", f"{scores[2]:.1f}")

    return _rows(("field", "services", "judged lines", "median score"), rows(), right=1)


def _grades() -> str:
    services = _of(Kind.SERVICE)
    former = Counter(grade(round(one.former, 1))[0] for one in services)

    def rows() -> Iterator[tuple[str, ...]]:
        for letter, part in grades(services).items():
            yield (letter, f"{part:.0%}", f"{former[letter] / len(services):.0%}")

    return _rows(("grade", "services", "by formula 1"), rows(), right=1)


def _dearest() -> str:
    services = _of(Kind.SERVICE)
    points, code, name = dearest_rule(services)
    return (
        f"The dearest finding of medium severity from {FROM_LINES:,} lines on costs"
        f" {dearest_medium(services):.1f} points; the dearest rule outside size takes {points:.1f}"
        f" points ({code} in {name})."
    )


def _five(values: Sequence[float]) -> tuple[float, ...]:
    """Return the least, the quartiles and the greatest."""
    middle = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    return (min(values), *middle, max(values))


def _scores() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for kind, noun in ((Kind.SERVICE, "services"), (Kind.LIBRARY, "libraries")):
            for formula in (2, 1):
                values = [one.shown if formula == 2 else one.former for one in _of(kind)]
                shown = (f"{value:.1f}" for value in _five(values)) if values else ()
                yield (noun, str(formula), *shown)

    head = ("set", "formula", "least", "1st quartile", "median", "3rd quartile", "most")
    return _rows(head, rows(), right=1)


def _packages(kind: Kind) -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for one in sorted(_of(kind), key=lambda o: (-o.shown, o.package.name)):
            package, categories = one.package, one.scored.score.categories
            lost = (f"{category.lost:.1f}" for category in categories)
            name = f"{package.name} {package.version}"
            shown = f"{one.shown:.1f}", one.scored.score.grade or ""
            yield (name, package.field, f"{package.judged_lines:,}", *lost, *shown)

    head = ("package", "field", "judged lines", *(f.value for f in SHARES), "score", "grade")
    return _rows(head, rows(), right=2)


def _changes() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for one in sorted(
            survey(reference()), key=lambda o: (o.package.kind.value, o.package.name)
        ):
            new = f"{one.shown:.1f} ({one.scored.score.grade})"
            old = round(one.former, 1)
            kind, name = one.package.kind.value, f"{one.package.name} {one.package.version}"
            yield (name, kind, f"{old:.1f} ({grade(old)})", new)

    return _rows(("package", "kind", "formula 1", "formula 2"), rows(), right=2)


def _costs() -> str:
    """Return what one finding costs alone."""

    def rows() -> Iterator[tuple[str, ...]]:
        for family, points in SHARES.items():
            for severity in Severity:
                weight = weight_of(severity, Confidence.HIGH)
                parts = (lost_part(debt(weight, allowance(family, lines))) for lines in _SIZES)
                costs = (f"{points * part:.1f}" for part in parts)
                yield (family.value, severity.value, *costs)

    return _rows(("category", "severity", *(f"{n:,} lines" for n in _SIZES)), rows(), right=2)


def _example() -> str:
    """Return a ledger of a made-up service of 18,000 lines, added up."""
    lines, found = 18_000, (("EXA205", 2, 10.0), ("EXA201", 5, 4.0))
    allowed = allowance(Family.TIMEOUTS, lines)
    debts = [debt(number * weight, allowed) for _, number, weight in found]
    lost = SHARES[Family.TIMEOUTS] * lost_part(sum(debts))
    said = [f"- Allowance: 8 x root of (18 + 2) = {allowed:.2f}."]
    for (code, number, weight), owed in zip(found, debts, strict=True):
        part = number * weight / allowed
        said.append(
            f"- {code}: {number} findings x {weight:g} = {number * weight:g}; x = {part:.3f}; debt"
            f" = x / (1 + x/2) = {owed:.3f}."
        )
    said.append(
        f"- Debts in all: {sum(debts):.3f}; lost: 25 x (1 - 2^-{sum(debts):.3f}) = {lost:.2f}."
    )
    for (code, number, _), owed in zip(found, debts, strict=True):
        cost = lost * owed / sum(debts)
        said.append(f"- {code} takes {cost:.2f} of that, each of its findings {cost / number:.2f}.")
    return "\n".join(said)


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


def _known_libraries() -> str:
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
    if root in STANDARD_LIBRARY:
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
    "fields": _fields,
    "grades": _grades,
    "dearest": _dearest,
    "services": lambda: _packages(Kind.SERVICE),
    "libraries": lambda: _packages(Kind.LIBRARY),
    "scores": _scores,
    "changes": _changes,
    "costs": _costs,
    "example": _example,
    "effort": _effort,
    "risks": _risks,
    "priorities": _priorities,
    "assumed": _assumed,
    "known_libraries": _known_libraries,
    "library_counts": _library_counts,
    "settings": settings_table,
    "rule_settings": rule_settings_table,
    "json_members": json_members,
    "github_recipe": lambda: recipe(".github/workflows/audit.yml"),
    "gitlab_recipe": lambda: recipe(".gitlab-ci.yml"),
}

if __name__ == "__main__":
    write_pages()
