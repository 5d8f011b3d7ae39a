"""Several fixes made one change: those that overlap another wait, unused imports go along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exai_audit.edits.edit import Edit, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.ranges import is_within, meet
from exai_audit.fixing.unused import unused_imports

Repaired = tuple[Finding, Fix]


def apart(fixes: Iterable[Repaired]) -> tuple[list[Repaired], list[Repaired]]:
    """Return the fixes that can be made at once, in order, and those that overlap one of them."""
    together: list[Repaired] = []
    later: list[Repaired] = []
    taken: dict[str, set[Edit]] = {}
    for finding, fix in fixes:
        if any(_overlaps(edit, taken.get(edit.path, ())) for edit in fix.edits):
            later.append((finding, fix))
            continue
        together.append((finding, fix))
        for edit in fix.edits:
            taken.setdefault(edit.path, set()).add(edit)
    return together, later


def _overlaps(edit: Edit, others: Iterable[Edit]) -> bool:
    return any(edit != other and meet(edit.span, other.span) for other in others)


def edits_of(fixes: Sequence[Repaired], bench: Bench) -> list[Edit]:
    """Return all edits, with those that remove the imports which nothing uses any more."""
    edits = list(dict.fromkeys(edit for _, fix in fixes for edit in fix.edits))
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    for path, own in by_path.items():
        if path in bench.facts and not path.endswith("__init__.py"):
            unused = list(unused_imports(path, own, bench))
            rewritten = [edit for edit in unused if edit.text]
            inside = [e for e in own if any(is_within(e.span, new.span) for new in rewritten)]
            edits = [edit for edit in edits if edit not in inside] + unused
    return edits
