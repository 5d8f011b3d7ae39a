"""A wait for another loop's coroutine gets a limit."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.facts.concurrency import BridgeFact, BridgeKind
from exai_audit.facts.timeouts import Category
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.calls import calls_at
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.new_limit import limited
from exai_audit.fixing.refusal import RefusedError
from exai_audit.syntax.nodes import last_name

_KINDS = (Category.GENERAL_ASYNC, Category.OTHER, Category.LOCK_OR_QUEUE, Category.HTTP_API)


def fix(finding: Finding, bench: Bench) -> Fix:
    """Limit ``result()``; who calls it has to expect ``TimeoutError`` then."""
    fact = _fact(finding, bench)
    tree = bench.tree(finding.path)
    calls = [call for call in calls_at(finding, tree) if last_name(call.func) == "result"]
    if fact.kind is BridgeKind.OWN or not calls or calls[0].args or calls[0].keywords:
        raise RefusedError("the wait is no plain result(): limit it by hand")
    assert fact.unlimited is not None
    place, call = fact.unlimited, calls[0]
    name, edits = limited(call, "timeout", "", _KINDS, place, tree, bench)
    return Fix(Applicability.UNSAFE, f"limit it by {name}, and expect TimeoutError", edits)


def _fact(finding: Finding, bench: Bench) -> BridgeFact:
    for fact in bench.facts[finding.path].bridges:
        span = fact.unlimited.span if fact.unlimited else None
        if span and (span.line, span.column) == (finding.line, finding.column):
            return fact
    raise RefusedError("the wait is not where it was")


FIXER = Fixer("EXA406", Applicability.UNSAFE, fix)
