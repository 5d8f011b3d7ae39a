"""A thread pool gets its library's number of workers."""

from __future__ import annotations

import ast

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.facts.concurrency import Workers
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.calls import calls_at
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.keywords import without_argument
from exai_audit.fixing.refusal import RefusedError
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.numbers import is_numeric_literal


def fix(finding: Finding, bench: Bench) -> Fix:
    """Drop the number, where the default of the library is no smaller one."""
    fact = bench.pool(finding)
    if fact.workers == 1:
        raise RefusedError("one worker keeps an order, which may be the purpose")
    if fact.sized_by is not Workers.LITERAL:
        raise RefusedError("the number is not written in the call")
    tree = bench.tree(finding.path)
    calls = [call for call in calls_at(finding, tree) if tree.qualified(call.func) == fact.callable]
    if not calls:
        raise RefusedError("the call is not written out where it stands")
    edit = _resized(calls[-1], finding, tree)
    return Fix(Applicability.UNSAFE, "leave the number to the library", (edit,))


def _resized(call: ast.Call, finding: Finding, tree: ModuleTree) -> Edit:
    numbers: list[ast.AST] = [node for node in call.args if is_numeric_literal(node)]
    numbers += [keyword for keyword in call.keywords if is_numeric_literal(keyword.value)]
    if len(numbers) != 1:
        raise RefusedError("which of its numbers is that of the workers is not plain")
    lines = (call.lineno - 1, *range(call.lineno, (call.end_lineno or call.lineno) + 1))
    if any("#" in tree.source.line(line) for line in lines):
        raise RefusedError("a comment beside it may argue the number")
    if finding.threshold is None:
        raise RefusedError("the expected number is unknown")
    return without_argument(call, numbers[0], tree)


FIXER = Fixer("EXA401", Applicability.UNSAFE, fix)
