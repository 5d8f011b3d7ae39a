"""Several fixes made one change: those that overlap another wait, unused imports go along."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from exai_audit.edits.edit import Edit, Fix
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.imports import member_key
from exai_audit.fixing.refusal import RefusedError
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree

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
            unused = list(_unused(path, own, bench))
            rewritten = [edit for edit in unused if edit.text]
            inside = [e for e in own if any(_is_within(e.span, new.span) for new in rewritten)]
            edits = [edit for edit in edits if edit not in inside] + unused
    return edits


def _unused(path: str, edits: Sequence[Edit], bench: Bench) -> Iterator[Edit]:
    try:
        tree = bench.tree(path)
    except RefusedError:
        return
    spans = [edit.span for edit in edits if edit.span != _empty(edit.span)]
    gone = [node for node in tree.all(ast.Name) if _is_inside(tree.span(node), spans)]
    written = {word for edit in edits for word in _IDENTIFIER.findall(edit.text)}
    names = [name for name in dict.fromkeys(node.id for node in gone) if name not in written]
    forgotten = [name for name in names if _is_forgotten(name, tree, spans, bench)]
    for node in tree.module.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            own = [name for name in forgotten if _is_bound_by(node, name, tree)]
            yield from _without(own, node, edits, tree) if own else ()


def _empty(span: Span) -> Span:
    return Span(span.line, span.column, span.line, span.column)


def _is_inside(span: Span, others: Iterable[Span]) -> bool:
    return any(_start(other) <= _start(span) and _end(span) <= _end(other) for other in others)


def _is_within(span: Span, other: Span) -> bool:
    """Tell whether a range lies in another, and does not begin where it begins."""
    return _start(other) < _start(span) and _end(span) <= _end(other)


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


def _is_bound_by(node: ast.Import | ast.ImportFrom, name: str, tree: ModuleTree) -> bool:
    """Tell whether a name is an import's and nothing else's."""
    bindings = tree.scopes.module.names.get(name, [])
    return len(bindings) == 1 and bindings[0].node is node


def _without(
    names: Sequence[str],
    node: ast.Import | ast.ImportFrom,
    edits: Sequence[Edit],
    tree: ModuleTree,
) -> Iterator[Edit]:
    """Yield the edit that takes names out of an import, with what other edits add to it."""
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    if any("#" in tree.source.line(line) for line in lines):
        return
    span = tree.span(node)
    added = [edit for edit in edits if _is_within(edit.span, span)]
    left = [alias for alias in node.names if _bound(alias) not in names]
    if not left and not added:
        yield from _whole_statement(node, tree)
    elif len(lines) == 1:
        stays = [tree.text(alias) for alias in left]
        new = [word for edit in added for word in _IDENTIFIER.findall(edit.text)]
        listed = sorted(dict.fromkeys([*stays, *new]), key=member_key) if added else stays
        yield Edit(tree.source.path, span, f"{_head(node)}import {', '.join(listed)}")
    elif len(names) == 1 and not added:
        yield _without_alias(names[0], node, tree)


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _head(node: ast.Import | ast.ImportFrom) -> str:
    if isinstance(node, ast.Import):
        return ""
    return f"from {'.' * node.level}{node.module or ''} "


def _without_alias(name: str, node: ast.Import | ast.ImportFrom, tree: ModuleTree) -> Edit:
    at = next(i for i, alias in enumerate(node.names) if _bound(alias) == name)
    own = tree.span(node.names[at])
    if at + 1 < len(node.names):
        following = tree.span(node.names[at + 1])
        span = Span(own.line, own.column, following.line, following.column)
    else:
        former = tree.span(node.names[at - 1])
        span = Span(former.end_line, former.end_column, own.end_line, own.end_column)
    return Edit(tree.source.path, span, "")


def _whole_statement(node: ast.Import | ast.ImportFrom, tree: ModuleTree) -> Iterator[Edit]:
    span, lines = tree.span(node), tree.source
    before = lines.line(span.line)[: span.column - 1]
    after = lines.line(span.end_line)[span.end_column - 1 :]
    is_last = span.end_line == len(lines.lines) and not lines.text.endswith("\n")
    if not before.strip() and not after.strip() and not is_last:
        yield Edit(lines.path, Span(span.line, 1, span.end_line + 1, 1), "")
