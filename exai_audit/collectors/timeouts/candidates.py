"""Which nodes of a module may give a limit, told by their names alone: a superset of those."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from exai_audit.collectors.timeouts.central import holds_limits, is_constant_of_limits
from exai_audit.collectors.timeouts.getters import is_getter, looked_up_key, may_get
from exai_audit.collectors.timeouts.shapes import (
    HEARTBEATS,
    OPTIONS,
    is_plain,
    is_setter,
    may_set,
    name_of_target,
    options_of,
)
from exai_audit.knowledge.calls import Call
from exai_audit.knowledge.limit_names import is_timeout_key, is_timeout_like
from exai_audit.knowledge.table import configuration, table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, Function, last_name
from exai_audit.syntax.triggers import names_of

_MOST_POSITIONS = 6


class Candidates(Struct, frozen=True):
    """The nodes of one module that may give a limit, in source order."""

    calls: Sequence[ast.Call] = ()
    functions: Sequence[Function] = ()
    assignments: Sequence[ast.Assign | ast.AnnAssign] = ()
    mappings: Sequence[ast.Dict] = ()
    choices: Sequence[ast.BoolOp | ast.IfExp] = ()


def candidates(tree: ModuleTree) -> Candidates:
    """Return all nodes of a module that can give a limit, and few others."""
    takers = _takers(tree)
    return Candidates(
        calls=_calls(tree, takers),
        functions=[f for f in tree.functions if f.name in takers] if takers else (),
        assignments=list(_assignments(tree)),
        mappings=[node for node in tree.all(ast.Dict) if _has_an_entry(node)],
        choices=list(_choices(tree)),
    )


def takes_a_limit_unnamed(row: Call) -> bool:
    """Tell whether a known call may be given a limit whose name does not say so."""
    limit = row.timeout
    if limit is None or limit.waits == "lifetime":
        return False
    return limit.position is not None or not is_timeout_like(limit.argument)


def _takers(tree: ModuleTree) -> frozenset[str]:
    """Return the names of the functions that take a limit."""
    limits = [node for node in tree.all(ast.arg) if is_timeout_like(node.arg)]
    functions = (tree.parent(tree.parents[node]) for node in limits)
    return frozenset(function.name for function in functions if isinstance(function, FUNCTIONS))


def _assignments(tree: ModuleTree) -> Iterator[ast.Assign | ast.AnnAssign]:
    for node in tree.all(ast.Assign):
        if any(map(_is_named_a_limit, node.targets)):
            yield node
    for annotated in tree.all(ast.AnnAssign):
        if _is_named_a_limit(annotated.target):
            yield annotated
    if holds_limits(tree):
        for node in tree.all(ast.Assign):
            if is_constant_of_limits(node, tree) and not any(map(_is_named_a_limit, node.targets)):
                yield node


def _is_named_a_limit(target: ast.expr) -> bool:
    kind = type(target)
    if kind is ast.Name:
        return is_timeout_like(target.id)  # type: ignore[attr-defined]
    if kind is ast.Attribute:
        return is_timeout_like(target.attr)  # type: ignore[attr-defined]
    return kind is ast.Subscript and is_timeout_like(name_of_target(target))


def _has_an_entry(node: ast.Dict) -> bool:
    for key in node.keys:
        text = key.value if type(key) is ast.Constant else None
        if type(text) is str and is_timeout_key(text):
            return True
    return False


def _choices(tree: ModuleTree) -> Iterator[ast.BoolOp | ast.IfExp]:
    for chain in tree.all(ast.BoolOp):
        if type(chain.op) is ast.Or and is_plain(options_of(chain)[1]):
            yield chain
    for choice in tree.all(ast.IfExp):
        if is_plain(options_of(choice)[1]):
            yield choice


# Calls


def _calls(tree: ModuleTree, takers: frozenset[str]) -> list[ast.Call]:
    every = tree.all(ast.Call)
    found: set[ast.AST] = {call for call in every if call.args and _says_so(call)}
    for given in tree.all(ast.keyword):
        if given.arg and (is_timeout_like(given.arg) or given.arg in HEARTBEATS):
            found.add(tree.parents[given])
    found.update(_unnamed(tree, takers))
    return [call for call in every if call in found] if found else []


def _says_so(call: ast.Call) -> bool:
    """Tell whether a call by its own name sets a limit, or looks one up."""
    name = last_name(call.func)
    if not _may_say_so(name):
        return False
    if name in OPTIONS or is_setter(call):
        return True
    return is_getter(call) and any(looked_up_key(given) for given in call.args)


@lru_cache(maxsize=16384)
def _may_say_so(name: str) -> bool:
    return may_get(name) or name in OPTIONS or may_set(name)


def _unnamed(tree: ModuleTree, takers: frozenset[str]) -> Iterator[ast.Call]:
    """Yield the calls that may be given a limit by position, or by a name that does not say so."""
    own = configuration()
    positions = _first_positions(tree.roots & table().roots, own)
    names = takers.union(positions)
    if not names:
        return
    odd = _odd_arguments(own)
    for call in tree.calls(names):
        name = last_name(call.func)
        # What has another name may be any row.
        limits = call.args[positions.get(name, 0) :] if name not in takers else call.args
        if not all(map(_is_text, limits)) or any(given.arg in odd for given in call.keywords):
            yield call


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _takes_it_at(position: int) -> Callable[[Call], bool]:
    def rows(row: Call) -> bool:
        limit = row.timeout
        return takes_a_limit_unnamed(row) and limit is not None and limit.position == position

    return rows


_AT = tuple(_takes_it_at(position) for position in range(_MOST_POSITIONS))


@lru_cache(maxsize=4096)
def _first_positions(roots: frozenset[str], own: object) -> Mapping[str, int]:
    """Return by last name the first position at which one of the rows in reach takes a limit."""
    names = names_of(takes_a_limit_unnamed, roots)
    found: dict[str, int] = {}
    for position, rows in enumerate(_AT):
        for name in names_of(rows, roots):
            found.setdefault(name, position)
    for name in names:
        found.setdefault(name, _MOST_POSITIONS)
    return found


@lru_cache(maxsize=4)
def _odd_arguments(own: object) -> frozenset[str]:
    limits = (row.timeout for row in table().calls.values() if takes_a_limit_unnamed(row))
    return frozenset(limit.argument for limit in limits if limit is not None)
