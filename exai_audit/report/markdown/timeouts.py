"""The timeout map in markdown: a table per category."""

from __future__ import annotations

from collections.abc import Iterator

from exai_audit.report.bottlenecks import counted
from exai_audit.report.escape import cell_code, markdown
from exai_audit.results.result import AuditResult, TimeoutOperation, TimeoutRow

_MOST = 40
_VALUES = 6
_MARKS = {
    "EXA203": "contradicts itself",
    "EXA204": "inverted",
    "EXA205": "waits for ever",
    "EXA206": "wrong unit",
}


def timeout_map(result: AuditResult, limit: int | None) -> Iterator[str]:
    """Yield one collapsed table per category; at most ``limit`` rows each, the rest counted."""
    most = _MOST if limit is None else min(limit, _MOST)
    for number, row in enumerate(result.timeout_map):
        if number:
            yield ""
        yield from _category(row, most)


def _category(row: TimeoutRow, most: int) -> Iterator[str]:
    sites, files = counted(row.sites, "site"), counted(row.files, "file")
    spread = f", {_values(row.seconds)}" if row.seconds else ""
    title = f"{row.category}: {sites} in {files}{spread}"
    if not most:
        yield f"{title}."
        return
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield "| operation | limit | sites | files | first at | wrong |"
    yield "|---|---|---:|---:|---|---|"
    for operation in row.operations[:most]:
        yield _operation(operation)
    more = len(row.operations) - most
    if more > 0:
        yield ""
        yield f"... and {counted(more, 'more operation')}, listed in the JSON report."
    yield ""
    yield "</details>"


def _operation(operation: TimeoutOperation) -> str:
    form = "" if operation.form == "call" else f" ({operation.form.replace('-', ' ')})"
    marks = ", ".join(f"{code} {_MARKS[code]}" for code in operation.findings if code in _MARKS)
    where = cell_code(f"{operation.path}:{operation.line}")
    cells = (
        cell_code(operation.operation) + form,
        _limit(operation),
        str(operation.sites),
        str(operation.files),
        where,
        marks,
    )
    return f"| {' | '.join(cells)} |"


def _limit(operation: TimeoutOperation) -> str:
    parts = [_values(operation.seconds)] if operation.seconds else []
    names = [name.rpartition(".")[2] for name in operation.references]
    parts += [cell_code(name) for name in dict.fromkeys(names[:_VALUES])]
    if operation.unlimited:
        parts.append("none" if operation.unlimited == operation.sites else "none at some")
    return ", ".join(parts) or markdown("set at run time")


def _values(seconds: tuple[float, ...]) -> str:
    if len(seconds) <= _VALUES:
        return ", ".join(f"{value:g} s" for value in seconds)
    return f"{len(seconds)} values from {seconds[0]:g} to {seconds[-1]:g} s"
