"""What a recommendation is called."""

from __future__ import annotations

from collections.abc import Sequence

from exai_audit.finding import Finding, Severity
from exai_audit.planning.effort import Sizes, places
from exai_audit.planning.remedies import Remedy


def title(
    remedy: Remedy,
    findings: Sequence[Finding],
    severity: Severity | None = None,
    *,
    has_plan: bool = True,
) -> str:
    """Return the title of a recommendation that repairs ``findings``.

    Args:
        severity: named when all of them are of this severity, as against others of the kind.
        has_plan: False where modules are too long, but no plan says how to split them.
    """
    where = places(findings) if "{places}" in remedy.title else {(f.path, f.line) for f in findings}
    paths = {path for path, _ in where}
    nouns = remedy.nouns or remedy.noun + "s"
    found = counted(len(findings), remedy.noun, nouns)
    pattern = remedy.title if has_plan else remedy.title.replace("Split", "Shorten", 1)
    return pattern.format(
        findings=f"{found} of {severity.value} severity" if severity else found,
        places=counted(len(where), "place"),
        files=min(paths) if len(paths) == 1 else counted(len(paths), "file"),
    )


def title_of_file(findings: Sequence[Finding], lines: Sizes, *, has_plan: bool = True) -> str:
    """Return the title of what makes one file smaller: it is split only if a plan says how."""
    path = findings[0].path
    modules = [f for f in findings if f.code in ("EXA101", "EXA105")]
    classes = [f.symbol for f in findings if f.code == "EXA104"]
    functions = [f.symbol for f in findings if f.code in ("EXA102", "EXA103")]
    if modules and (has_plan or not (classes or functions)):
        size = counted(lines.get(("module", path, 1), 0), "line")
        more = f" and divide {_named(functions, 'function')} of it" if functions else ""
        return f"{'Split' if has_plan else 'Shorten'} {path} ({size}){more}"
    if classes:
        more = f" and {_named(functions, 'function')}" if functions else ""
        return f"Divide {_named(classes, 'class', 'classes')}{more} in {path}"
    return f"Divide {_named(functions, 'function')} in {path}"


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return for example "1 place" or "1,200 places"."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def _named(symbols: Sequence[str], noun: str, nouns: str = "") -> str:
    return f"{noun} {symbols[0]}" if len(symbols) == 1 else counted(len(symbols), noun, nouns)
