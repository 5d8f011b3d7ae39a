"""A limit whose name says another unit is converted."""

from __future__ import annotations

import ast

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.facts.timeouts import Clue, MismatchFact
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.refusal import RefusedError
from exai_audit.syntax.module import ModuleTree

_HOW = {
    ("milliseconds", "seconds"): "/ 1000",
    ("seconds", "milliseconds"): "* 1000",
    ("minutes", "seconds"): "* 60",
    ("hours", "seconds"): "* 3600",
}
_WHOLE = frozenset({"signal.alarm"})


def fix(finding: Finding, bench: Bench) -> Fix:
    """Multiply or divide a plain name, where its unit is told by the name."""
    fact = _fact(finding, bench)
    how = _HOW.get((fact.given_unit, fact.target_unit))
    if fact.clue is not Clue.NAME or how is None:
        raise RefusedError("the number itself may be meant: decide which unit it has")
    if not fact.given.isidentifier() or fact.operation in _WHOLE:
        raise RefusedError("what is given is no plain name")
    tree = bench.tree(finding.path)
    name = _name(fact, tree)
    uses = [node for node in tree.named(fact.given) if isinstance(node.ctx, ast.Load)]
    own = [node for node in uses if tree.function_of(node) is tree.function_of(name)]
    if len(own) != 1:
        raise RefusedError(f"{fact.given} is used elsewhere, too")
    is_part = isinstance(tree.parent(name), (ast.BinOp, ast.UnaryOp, ast.Attribute))
    text = f"({fact.given} {how})" if is_part else f"{fact.given} {how}"
    return Fix(
        Applicability.UNSAFE, f"convert it: {text}", (Edit(finding.path, tree.span(name), text),)
    )


def _fact(finding: Finding, bench: Bench) -> MismatchFact:
    for fact in bench.facts[finding.path].mismatches:
        span = fact.place.span
        if (span.line, span.column) == (finding.line, finding.column):
            return fact
    raise RefusedError("two constants disagree about the unit: decide which is meant")


def _name(fact: MismatchFact, tree: ModuleTree) -> ast.Name:
    span = fact.place.span
    lines = range(span.line, span.end_line + 1)
    found = [node for node in tree.named(fact.given) if node.lineno in lines]
    if len(found) != 1:
        raise RefusedError("what is given is no plain name")
    return found[0]


FIXER = Fixer("EXA206", Applicability.UNSAFE, fix)
