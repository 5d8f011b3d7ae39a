"""Imports that nothing uses once some text is gone: taken out, unless something else reaches them.

Others may reach them as attributes of the module, by ``__all__``, or by a text that names them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from exai_audit.edits.edit import Edit
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.imports import member_key
from exai_audit.fixing.ranges import is_empty, is_inside, is_within
from exai_audit.fixing.refusal import RefusedError
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree

_IDENTIFIER = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_Import = ast.Import | ast.ImportFrom


def unused_imports(path: str, edits: Sequence[Edit], bench: Bench) -> Iterator[Edit]:
    """Yield the edits that take out what the edits of a file leave unused.

    One with a text writes an import anew, with what other edits put into it.
    """
    try:
        tree = bench.tree(path)
    except RefusedError:
        return
    names = _forgotten(edits, tree, bench)
    for node in tree.module.body if names else ():
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            own = [name for name in names if _is_bound_by(node, name, tree)]
            if own and not _has_comment(node, tree):
                yield from _without(own, node, edits, tree)


def _forgotten(edits: Sequence[Edit], tree: ModuleTree, bench: Bench) -> list[str]:
    """Return the names that only the replaced text uses."""
    spans = [edit.span for edit in edits if not is_empty(edit.span)]
    gone = [node.id for node in tree.all(ast.Name) if is_inside(tree.span(node), spans)]
    written = {word for edit in edits for word in _IDENTIFIER.findall(edit.text)}
    return [
        name
        for name in dict.fromkeys(gone)
        if name not in written
        and not _is_used(name, tree, spans)
        and not _is_reached(name, tree, bench)
    ]


def _is_used(name: str, tree: ModuleTree, spans: Sequence[Span]) -> bool:
    uses = (node for node in tree.mentions(name) if not isinstance(node, ast.Attribute))
    if any(not is_inside(tree.span(node), spans) for node in uses):
        return True
    says = re.compile(rf"\b{re.escape(name)}\b")
    texts = (node.value for node in tree.all(ast.Constant) if isinstance(node.value, str))
    return any(says.search(str(text)) for text in texts)


def _is_reached(name: str, tree: ModuleTree, bench: Bench) -> bool:
    """Tell whether another file may take the name from this module."""
    stem = re.escape(tree.dotted.rpartition(".")[2])
    taken = rf"(?:\.|\s+import\b[^\n]{{0,300}}\b){re.escape(name)}\b"
    says = re.compile(rf"\b{stem}{taken}")
    others = (bench.read(path) for path in bench.facts if path != tree.source.path)
    return any(o is not None and name in o.text and says.search(o.text) for o in others)


def _is_bound_by(node: _Import, name: str, tree: ModuleTree) -> bool:
    """Tell whether a name is an import's and nothing else's."""
    bindings = tree.scopes.module.names.get(name, [])
    return len(bindings) == 1 and bindings[0].node is node


def _lines(node: _Import) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _has_comment(node: _Import, tree: ModuleTree) -> bool:
    return any("#" in tree.source.line(line) for line in _lines(node))


def _without(
    names: Sequence[str], node: _Import, edits: Sequence[Edit], tree: ModuleTree
) -> Iterator[Edit]:
    """Yield the edit that takes names out of an import."""
    added = [edit for edit in edits if is_within(edit.span, tree.span(node))]
    left = [alias for alias in node.names if _bound(alias) not in names]
    if not left and not added:
        yield from _whole_statement(node, tree)
    elif len(_lines(node)) == 1:
        yield _written_anew(node, left, added, tree)
    elif len(names) == 1 and not added:
        yield _without_alias(names[0], node, tree)


def _written_anew(
    node: _Import, left: Sequence[ast.alias], added: Sequence[Edit], tree: ModuleTree
) -> Edit:
    names = [tree.text(alias) for alias in left]
    new = [word for edit in added for word in _IDENTIFIER.findall(edit.text)]
    if new:
        names = sorted(dict.fromkeys([*names, *new]), key=member_key)
    text = f"{_head(node)}import {', '.join(names)}"
    return Edit(tree.source.path, tree.span(node), text)


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _head(node: _Import) -> str:
    if isinstance(node, ast.Import):
        return ""
    return f"from {'.' * node.level}{node.module or ''} "


def _without_alias(name: str, node: _Import, tree: ModuleTree) -> Edit:
    at = next(i for i, alias in enumerate(node.names) if _bound(alias) == name)
    own = tree.span(node.names[at])
    if at + 1 < len(node.names):
        following = tree.span(node.names[at + 1])
        span = Span(own.line, own.column, following.line, following.column)
    else:
        former = tree.span(node.names[at - 1])
        span = Span(former.end_line, former.end_column, own.end_line, own.end_column)
    return Edit(tree.source.path, span, "")


def _whole_statement(node: _Import, tree: ModuleTree) -> Iterator[Edit]:
    span, lines = tree.span(node), tree.source
    before = lines.line(span.line)[: span.column - 1]
    after = lines.line(span.end_line)[span.end_column - 1 :]
    is_last = span.end_line == len(lines.lines) and not lines.text.endswith("\n")
    if not before.strip() and not after.strip() and not is_last:
        yield Edit(lines.path, Span(span.line, 1, span.end_line + 1, 1), "")
