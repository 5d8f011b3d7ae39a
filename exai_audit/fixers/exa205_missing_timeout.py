"""A call that may wait for ever gets the limit that the project gives to its like."""

from __future__ import annotations

from exai_audit.edits.edit import Applicability, Fix
from exai_audit.facts.timeouts import Category, UnlimitedFact
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.calls import asserts_arguments, calls_at
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.new_limit import limited
from exai_audit.fixing.refusal import RefusedError
from exai_audit.syntax.nodes import argument

_STREAMS = frozenset({"stream", "listen", "subscribe", "watch", "long_poll"})
_NO_ARGUMENT = frozenset({"urllib.request.urlretrieve", "xmlrpc.client.ServerProxy"})


def fix(finding: Finding, bench: Bench) -> Fix:
    """Give the argument that limits the wait; the number is for a person to confirm."""
    fact = _fact(finding, bench)
    _check(fact)
    tree = bench.tree(finding.path)
    calls = [c for c in calls_at(finding, tree) if tree.qualified(c.func) == fact.operation]
    if not calls:
        raise RefusedError("the call is not written out where it stands")
    call = calls[-1]
    given = {keyword.arg for keyword in call.keywords}
    if argument(call, fact.argument) is not None:
        raise RefusedError(f"its {fact.argument} is given on purpose")
    if not given.isdisjoint(_STREAMS):
        raise RefusedError("it streams, and a stream may last")
    if fact.doubt or fact.elsewhere:
        raise RefusedError(fact.doubt or "the client is made out of sight")
    if asserts_arguments(fact.operation, tree, bench):
        raise RefusedError("a test compares the exact arguments of the call")
    kinds = (
        (fact.category, Category.HTTP_API) if fact.category is Category.OTHER else (fact.category,)
    )
    name, edits = limited(call, fact.argument, fact.operation, kinds, fact.place, tree, bench)
    return Fix(Applicability.UNSAFE, f"limit it by {name}: decide on its number", edits)


def _fact(finding: Finding, bench: Bench) -> UnlimitedFact:
    for fact in bench.facts[finding.path].unlimited:
        span = fact.place.span
        if (span.line, span.column) == (finding.line, finding.column):
            return fact
    raise RefusedError("the call is not where it was")


def _check(fact: UnlimitedFact) -> None:
    if fact.operation in _NO_ARGUMENT:
        raise RefusedError("it takes no limit")
    if fact.given:
        raise RefusedError(f"its {fact.argument} is None on purpose")
    if fact.waits == "process":
        raise RefusedError("a process that is out of time must be killed, too")
    if fact.category is Category.WEBSOCKET:
        raise RefusedError("a connection that stays open is no single wait")
    if not fact.argument.isidentifier() or fact.argument.isupper():
        raise RefusedError("no single argument limits it")


FIXER = Fixer("EXA205", Applicability.UNSAFE, fix)
