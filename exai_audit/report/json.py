"""The whole result as JSON: every other format can be made from it.

ASCII only, so that neither an odd path nor an invisible character can break a reader; a number
that JSON cannot hold (infinity) is null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from exai_audit.facts.caches import CacheFact
from exai_audit.facts.concurrency import BlockingFact, BridgeFact, PoolFact
from exai_audit.facts.file import FileFacts
from exai_audit.facts.timeouts import EnclosedFact, MismatchFact, TimeoutFact, UnlimitedFact
from exai_audit.report.members import Json, indented, json_value, members
from exai_audit.results.plans import ClassPlan, Plan
from exai_audit.results.result import SCHEMA_VERSION, AuditResult, StoredFacts

FACT_KINDS: dict[str, tuple[type[Struct], Callable[[FileFacts], Iterable[Struct]]]] = {
    "timeouts": (TimeoutFact, lambda file: file.timeouts),
    "unlimited": (UnlimitedFact, lambda file: file.unlimited),
    "enclosed": (EnclosedFact, lambda file: file.enclosed),
    "mismatches": (MismatchFact, lambda file: file.mismatches),
    "caches": (CacheFact, lambda file: file.caches.found),
    "pools": (PoolFact, lambda file: file.pools),
    "bridges": (BridgeFact, lambda file: file.bridges),
    "blocking": (BlockingFact, lambda file: file.blocking),
}
"""What the facts are listed by: their type, and those of one file."""

MODULE_FIELDS, MODULE_PARTS = ("path", "module", "generated", "imports"), ("lines", "size")
"""What is said of a whole file: fields of its facts, and what the members of others say."""


def render(result: AuditResult) -> str:
    """Return the result as indented JSON."""
    return indented(as_json(result), 2) + "\n"


def render_compact(result: AuditResult) -> str:
    """Return the result as JSON on one line."""
    return json.dumps(as_json(result), separators=(",", ":"), allow_nan=False)


def render_plan(plan: Plan | ClassPlan) -> str:
    """Return the plan of a module or a class as indented JSON."""
    document: dict[str, Json] = {"schema_version": SCHEMA_VERSION, **members(plan)}
    return indented(document, 2) + "\n"


def as_json(result: AuditResult) -> dict[str, Json]:
    """Return the result as JSON values; ``facts`` only if they were asked for."""
    document: dict[str, Json] = {"schema_version": SCHEMA_VERSION}
    document.update(members(replace(result, facts=None)))
    del document["facts"]
    if result.facts is not None:
        document["facts"] = _facts(result.facts)
    return document


def _facts(files: Iterable[FileFacts] | StoredFacts) -> Json:
    """Return the facts as one list per kind, each fact with its path."""
    if isinstance(files, StoredFacts):
        return json_value(files.lists)
    files = tuple(files)
    lists: dict[str, Json] = {
        kind: [_fact(file, fact) for file in files for fact in of(file)]
        for kind, (_, of) in FACT_KINDS.items()
    }
    return {**lists, "modules": [_module(file) for file in files]}


def _fact(file: FileFacts, fact: Struct) -> dict[str, Json]:
    return {"path": file.path, **members(fact)}


def _module(file: FileFacts) -> dict[str, Json]:
    record = {name: json_value(getattr(file, name)) for name in MODULE_FIELDS}
    for part in MODULE_PARTS:
        record |= members(getattr(file, part))
    return record
