"""Whether it is an entry's own age that decides when it is too old, and not one time for all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from exai_audit.collectors.caches.accesses import Function, identifiers, last_name, text
from exai_audit.collectors.caches.ownership import Container
from exai_audit.collectors.caches.uses import Act, Use
from exai_audit.collectors.caches.vocabulary import CLOCK_NAMES, names_expiry
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, arguments
from exai_audit.syntax.walk import descendants

_READING = (Act.LOOK_UP, Act.GO_OVER, Act.REMOVE)
_ROUNDS = 3


def compares_own_age(held: Container, tree: ModuleTree) -> bool:
    """Tell whether some function compares a time that it has from an entry, or by its key."""
    by_function: dict[Function, list[Use]] = {}
    for act in _READING:
        for use in held.does(act):
            if isinstance(use.function, FUNCTIONS):
                by_function.setdefault(use.function, []).append(use)
    return any(_compares(function, uses, tree) for function, uses in by_function.items())


def _compares(function: Function, uses: list[Use], tree: ModuleTree) -> bool:
    nodes = list(descendants(function))
    reads = {use.node for use in uses} | {
        use.node.iter for use in uses if isinstance(use.node, (ast.For, ast.comprehension))
    }
    keys = {text(tree, use.key) for use in uses if use.key is not None}
    own = _derived(nodes, reads, keys, tree)

    def is_of_entry(node: ast.AST) -> bool:
        below = set(descendants(node))
        named = any(name in own for name, _ in identifiers(node))
        return named or not below.isdisjoint(reads) or any(_is_by_key(n, keys, tree) for n in below)

    return any(map(is_of_entry, _judging(nodes)))


def judges_age(function: Function) -> bool:
    """Tell whether a function compares times, or asks what it calls whether something expired."""
    return any(True for _ in _judging(list(descendants(function))))


def _judging(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    timed = _timed(nodes)
    for node in nodes:
        judges = isinstance(node, ast.Call) and names_expiry(last_name(node.func))
        if judges or (isinstance(node, ast.Compare) and _tells_time(node, timed)):
            yield node


def _timed(nodes: list[ast.AST]) -> set[str]:
    """Return the names that are given the time, or what is reckoned from it."""
    found: set[str] = set()
    for _ in range(_ROUNDS):
        for value, names in _assigned(nodes):
            if _tells_time(value, found):
                found |= names
    return found


def _tells_time(node: ast.AST, timed: set[str]) -> bool:
    return any(
        name in timed or name in CLOCK_NAMES or names_expiry(name) for name, _ in identifiers(node)
    )


def _derived(
    nodes: list[ast.AST], reads: set[ast.AST], keys: set[str], tree: ModuleTree
) -> set[str]:
    """Return the local names that hold an entry, a part of one, or what else is kept by its key."""
    found: set[str] = set()
    for _ in range(_ROUNDS):
        for value, names in _assigned(nodes):
            below = set(descendants(value))
            if (
                not below.isdisjoint(reads)
                or any(name in found for name, _ in identifiers(value))
                or any(_is_by_key(node, keys, tree) for node in below)
            ):
                found |= names
    return found


def _assigned(nodes: list[ast.AST]) -> Iterator[tuple[ast.expr, set[str]]]:
    """Yield what is assigned or gone over, with the names that it is given to."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield node.value, {name for target in node.targets for name in _names(target)}
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            if node.value is not None:
                yield node.value, set(_names(node.target))
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            yield node.iter, set(_names(node.target))


def _names(target: ast.expr) -> Iterator[str]:
    """Yield the names that are assigned, not those in what is stored into by key."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from _names(part)


def _is_by_key(node: ast.AST, keys: set[str], tree: ModuleTree) -> bool:
    """Tell whether something is looked up by the key of an entry: the time that is kept apart."""
    if isinstance(node, ast.Subscript):
        return text(tree, node.slice) in keys
    if isinstance(node, ast.Call):
        return any(text(tree, one.value) in keys for one in arguments(node))
    return False
