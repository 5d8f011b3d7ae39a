"""Several fixes made one change: those that overlap another wait, unused imports go along."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from exai_audit.edits.edit import Edit, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.refusal import RefusedError
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.scopes import BindingKind

Repaired = tuple[Finding, Fix]
_IDENTIFIER = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


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
    return any(edit != other and _meet(edit.span, other.span) for other in others)


def _meet(one: Span, other: Span) -> bool:
    """Tell whether two ranges share text; one that inserts only shares what is around it."""
    return _start(one) < _end(other) and _start(other) < _end(one)


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def edits_of(fixes: Sequence[Repaired], bench: Bench) -> list[Edit]:
    """Return all edits, with those that remove the imports which nothing uses any more."""
    edits = list(dict.fromkeys(edit for _, fix in fixes for edit in fix.edits))
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    for path, own in by_path.items():
        if path in bench.facts and not path.endswith("__init__.py"):
            edits += _unused(path, own, bench)
    return edits


def _unused(path: str, edits: Sequence[Edit], bench: Bench) -> Iterator[Edit]:
    try:
        tree = bench.tree(path)
    except RefusedError:
        return
    spans = [edit.span for edit in edits if edit.span != _empty(edit.span)]
    gone = [node for node in tree.all(ast.Name) if _is_inside(tree.span(node), spans)]
    written = {word for edit in edits for word in _IDENTIFIER.findall(edit.text)}
    for name in dict.fromkeys(node.id for node in gone):
        if name not in written and _is_forgotten(name, tree, spans, bench):
            yield from _without(name, tree, spans)


def _empty(span: Span) -> Span:
    return Span(span.line, span.column, span.line, span.column)


def _is_inside(span: Span, others: Iterable[Span]) -> bool:
    return any(_start(other) <= _start(span) and _end(span) <= _end(other) for other in others)


def _is_forgotten(name: str, tree: ModuleTree, spans: Sequence[Span], bench: Bench) -> bool:
    """Tell whether an import of the module is used by nothing that stays, here or elsewhere."""
    if any(
        not _is_inside(tree.span(node), spans)
        for node in tree.mentions(name)
        if not isinstance(node, ast.Attribute)
    ):
        return False
    texts = [node for node in tree.all(ast.Constant) if isinstance(node.value, str)]
    if any(re.search(rf"\b{re.escape(name)}\b", str(node.value)) for node in texts):
        return False
    stem = tree.dotted.rpartition(".")[2]
    outside = re.compile(rf"\b{re.escape(stem)}(?:\.|\s+import\b[^\n]*\b){re.escape(name)}\b")
    for path in bench.facts:
        source = bench.read(path) if path != tree.source.path else None
        if source is not None and name in source.text and outside.search(source.text):
            return False
    return True


def _without(name: str, tree: ModuleTree, spans: Sequence[Span]) -> Iterator[Edit]:
    """Yield the edit that takes a name out of the import that the module itself has of it."""
    bindings = tree.scopes.module.names.get(name, [])
    if len(bindings) != 1 or bindings[0].kind is not BindingKind.IMPORT:
        return
    node = bindings[0].node
    if node not in tree.module.body or not isinstance(node, (ast.Import, ast.ImportFrom)):
        return
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    if any("#" in tree.source.line(line) for line in lines):
        return
    if len(node.names) == 1:
        yield from _whole_statement(node, tree)
        return
    at = next(i for i, alias in enumerate(node.names) if (alias.asname or alias.name) == name)
    own = tree.span(node.names[at])
    if at + 1 < len(node.names):
        following = tree.span(node.names[at + 1])
        span = Span(own.line, own.column, following.line, following.column)
    else:
        former = tree.span(node.names[at - 1])
        span = Span(former.end_line, former.end_column, own.end_line, own.end_column)
    if not any(_meet(span, other) for other in spans):
        yield Edit(tree.source.path, span, "")


def _whole_statement(node: ast.Import | ast.ImportFrom, tree: ModuleTree) -> Iterator[Edit]:
    span, lines = tree.span(node), tree.source
    before = lines.line(span.line)[: span.column - 1]
    after = lines.line(span.end_line)[span.end_column - 1 :]
    is_last = span.end_line == len(lines.lines) and not lines.text.endswith("\n")
    if not before.strip() and not after.strip() and not is_last:
        yield Edit(lines.path, Span(span.line, 1, span.end_line + 1, 1), "")
