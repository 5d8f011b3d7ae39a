"""Whether what is kept under a key grows, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.uses import GATHERING, Act
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function
from exai_audit.syntax.walk import descendants


def entries_grow(held: Container, tree: ModuleTree) -> bool:
    """Tell whether a function adds to an entry that it looked up, and stores that again."""
    for store in held.stores():
        function, value = store.function, store.value
        if not isinstance(function, FUNCTIONS) or not isinstance(value, ast.Name):
            continue
        looked_up = {
            tree.parent(use.node) for use in held.does(Act.LOOK_UP) if use.function is function
        }
        kept = {
            target.id
            for node in looked_up
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        if value.id in kept and value.id in set(_added_to(function)):
            return True
    return False


def _added_to(function: Function) -> Iterator[str]:
    """Yield the names of what a function stores into by key, or adds to."""
    for node in descendants(function):
        added: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            added = [one.value for one in node.targets if isinstance(one, ast.Subscript)]
        elif isinstance(node, ast.Attribute) and node.attr in GATHERING:
            added = [node.value]
        yield from (one.id for one in added if isinstance(one, ast.Name))
