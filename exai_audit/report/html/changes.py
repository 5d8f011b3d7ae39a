"""How a finding is repaired, as lines of a diff, as far as the result shows the code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_audit.edits.edit import Edit
from exai_audit.finding import Finding


def diff(finding: Finding) -> str:
    """Return what is taken away and added; empty where the result holds no edits."""
    edits = finding.fix.edits if finding.fix else ()
    here = [edit for edit in edits if _is_on_the_line(edit, finding)]
    others = [edit for edit in edits if edit not in here]
    return "\n".join((*_changed_line(finding, here), *_elsewhere(others)))


def _is_on_the_line(edit: Edit, finding: Finding) -> bool:
    span = edit.span
    return (
        bool(finding.excerpt)
        and edit.path == finding.path
        and span.line == span.end_line == finding.line
    )


def _changed_line(finding: Finding, edits: Iterable[Edit]) -> Iterator[str]:
    """Yield the line of the finding before and after; edits of one line do not overlap."""
    line = after = finding.excerpt[0] if finding.excerpt else ""
    for edit in sorted(edits, key=lambda edit: edit.span.column, reverse=True):
        after = after[: edit.span.column - 1] + edit.text + after[edit.span.end_column - 1 :]
    if after != line:
        yield f"- {line.strip()}"
        yield from (f"+ {text.strip()}" for text in after.split("\n") if text.strip())


def _elsewhere(edits: Iterable[Edit]) -> Iterator[str]:
    """Yield what comes to other lines: what stands there now is not in the result."""
    last = ""
    for edit in sorted(edits):
        lines = [text for text in edit.text.split("\n") if text.strip()]
        place = f"@ {edit.path}:{edit.span.line}"
        if place != last:
            yield place
        yield from (f"+ {text}" for text in lines or ["(nothing)"])
        last = place
