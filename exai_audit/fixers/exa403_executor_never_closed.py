"""A pool that lives for one block is closed by ``with``."""

from __future__ import annotations

import ast
import io
import tokenize

from exai_audit.edits.edit import Applicability, Edit, Fix
from exai_audit.facts.concurrency import PoolFact, PoolLifetime
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.calls import calls_at, inserted
from exai_audit.fixing.fixer import Fixer
from exai_audit.fixing.refusal import RefusedError
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree

_INDENT = "    "


def fix(finding: Finding, bench: Bench) -> Fix:
    """Put the rest of the block into ``with``; its end waits for what the pool still does."""
    fact = bench.pool(finding)
    if fact.lifetime is not PoolLifetime.CALL or fact.left_by:
        raise RefusedError(f"it outlives the call that makes it: {finding.remedy}")
    tree = bench.tree(finding.path)
    made = _assignment(finding, fact, tree)
    block = tree.block(made)
    rest = [node for node in block[block.index(made) + 1 :] if isinstance(node, ast.stmt)]
    target = made.targets[0]
    assert isinstance(target, ast.Name)
    _check(target.id, made, rest, tree)
    edits = (*_with(made, target, tree), *_indented(rest, tree))
    return Fix(Applicability.UNSAFE, "close it by with, which waits for its work", edits)


def _assignment(finding: Finding, fact: PoolFact, tree: ModuleTree) -> ast.Assign:
    for call in calls_at(finding, tree):
        statement = tree.parent(call)
        if (
            tree.qualified(call.func) == fact.callable
            and isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            return statement
    raise RefusedError("it is not kept under one plain name")


def _check(name: str, made: ast.Assign, rest: list[ast.stmt], tree: ModuleTree) -> None:
    if not rest:
        raise RefusedError("nothing in its block uses it")
    inside = {node for statement in rest for node in ast.walk(statement)}
    own = [n for n in tree.named(name) if tree.function_of(n) is tree.function_of(made)]
    if any(node not in inside and node is not made.targets[0] for node in own):
        raise RefusedError("it is used outside of its block, too")
    for node in inside:
        _check_node(name, node, tree)


def _check_node(name: str, node: ast.AST, tree: ModuleTree) -> None:
    """Raise an error where a node takes the pool, or the run, out of the block."""
    if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Break, ast.Continue)):
        raise RefusedError("its block may be left in the middle")
    if isinstance(node, (ast.Return, ast.Raise)):
        if any(_itself(name, part, tree) for part in ast.walk(node)):
            raise RefusedError("it is handed out of its block")
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and _is(name, node.value):
        raise RefusedError("it gets another name")


def _is(name: str, node: ast.AST | None) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _itself(name: str, node: ast.AST, tree: ModuleTree) -> bool:
    """Tell whether a node is the pool, and not only what a method of it gives."""
    return _is(name, node) and not isinstance(tree.parent(node), ast.Attribute)


def _with(made: ast.Assign, target: ast.Name, tree: ModuleTree) -> tuple[Edit, ...]:
    path, whole, value = tree.source.path, tree.span(made), tree.span(made.value)
    before = Span(whole.line, whole.column, value.line, value.column)
    behind = tree.source.line(value.end_line)[value.end_column - 1 :].strip()
    if before.line != before.end_line or (behind and not behind.startswith("#")):
        raise RefusedError("it does not stand on lines of its own")
    end = inserted(path, value.end_line, value.end_column, f" as {target.id}:")
    return Edit(path, before, "with "), end


def _indented(rest: list[ast.stmt], tree: ModuleTree) -> list[Edit]:
    """Return the edits that move statements inwards, comments between them and all.

    Raises:
        RefusedError: a text over several lines would change.
    """
    first, last = rest[0], rest[-1]
    begin = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))])
    lines = range(begin, (last.end_lineno or last.lineno) + 1)
    if any(_texts_over(lines, tree)):
        raise RefusedError("a text over several lines stands in the block")
    path = tree.source.path
    return [inserted(path, line, 1, _INDENT) for line in lines if tree.source.line(line).strip()]


def _texts_over(lines: range, tree: ModuleTree) -> list[int]:
    tokens = tokenize.generate_tokens(io.StringIO(tree.source.text).readline)
    return [
        token.start[0]
        for token in tokens
        if token.start[0] != token.end[0]
        and token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
        and token.start[0] in lines
    ]


FIXER = Fixer("EXA403", Applicability.UNSAFE, fix)
