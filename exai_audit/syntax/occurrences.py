"""Where a module's own names stand in its text, by scope and not by spelling."""

from __future__ import annotations

import ast
from collections.abc import Collection

from exai_audit.facts.file import Failure
from exai_audit.files.source import SourceFile
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.parse import parse_module


def occurrences(source: SourceFile, names: Collection[str]) -> tuple[tuple[str, Span], ...]:
    """Return where names stand that denote those of the module, in source order.

    Annotations in quotes are left out.
    """
    tree = _tree(source)
    if tree is None:
        return ()
    found = []
    for name in sorted(names):
        for node in tree.named(name):
            if tree.scopes.owner(name, tree.scopes.of(node)) is tree.scopes.module:
                found.append((name, tree.span(node)))
    return tuple(sorted(found, key=lambda one: (one[1].line, one[1].column)))


def global_statements(
    source: SourceFile, names: Collection[str]
) -> tuple[tuple[Span, tuple[str, ...]], ...]:
    """Return the ``global`` statements that say any of some names, with all of their names."""
    tree = _tree(source)
    if tree is None:
        return ()
    return tuple(
        (tree.span(node), tuple(node.names))
        for node in tree.all(ast.Global)
        if not set(names).isdisjoint(node.names)
    )


def _tree(source: SourceFile) -> ModuleTree | None:
    syntax = parse_module(source)
    return None if isinstance(syntax, Failure) else ModuleTree(source, syntax, "")
