"""Fixes as lines for a person and as JSON for a program."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.files.visible import visible
from exai_audit.finding import Finding
from exai_audit.fixing.limits import Constant
from exai_audit.report.members import Json, json_value
from exai_audit.results.result import SCHEMA_VERSION

Repaired = tuple[Finding, Fix]


def summary(
    proposed: Sequence[Repaired],
    made: Sequence[Repaired],
    files: int,
    unsure: int = 0,
    *,
    written: bool,
) -> str:
    """Return one line: how many are fixed, and how many would be with another option.

    Args:
        unsure: how many findings were left out because they are not sure enough.
    """
    done = {finding.fingerprint for finding, _ in made}
    kinds = Counter(fix.applicability for f, fix in proposed if f.fingerprint not in done)
    unsafe, shown = kinds[Applicability.UNSAFE], kinds[Applicability.SHOWN]
    verb = "Fixed" if written else "Would fix"
    what = f"{verb} {len(made)}" if made else ("Nothing fixed" if written else "Nothing to fix")
    where = f" in {files} {'file' if files == 1 else 'files'}" if made else ""
    more = [f"{unsafe} more with --unsafe"] if unsafe else []
    more += [f"{unsure} less sure: --min-confidence low"] if unsure else []
    more += [f"{shown} to decide by hand: --show-fixes"] if shown else []
    return f"{what}{where}" + (f" ({'; '.join(more)})" if more else "")


def listing(proposed: Iterable[Repaired]) -> Iterator[str]:
    """Yield a line for each fix: where, which rule, what kind, what is done or why not."""
    for finding, fix in proposed:
        place = f"{finding.path}:{finding.line}:{finding.column}"
        yield visible(f"{place}: {finding.code} [{fix.applicability.value}] {fix.message}")


def render_json(
    proposed: Sequence[Repaired], made: Sequence[Repaired], constants: Iterable[Constant]
) -> str:
    """Return all fixes, whether each is made, and which limits each constant stands for."""
    done = {finding.fingerprint for finding, _ in made}
    document: dict[str, Json] = {
        "schema_version": SCHEMA_VERSION,
        "fixes": [_fix(finding, fix, finding.fingerprint in done) for finding, fix in proposed],
        "constants": [_constant(constant) for constant in constants],
    }
    return json.dumps(document, indent=2) + "\n"


def _fix(finding: Finding, fix: Fix, made: bool) -> dict[str, Json]:
    return {
        "code": finding.code,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "fingerprint": finding.fingerprint,
        "made": made,
        "applicability": fix.applicability.value,
        "message": fix.message,
        "edits": json_value(fix.edits),
    }


def _constant(constant: Constant) -> dict[str, Json]:
    return {
        "name": constant.name,
        "path": constant.home.path,
        "number": constant.literal,
        "new": constant.is_new,
        "sites": [
            {"path": site.path, "line": site.fact.place.span.line} for site in constant.sites
        ],
    }
