"""Waits whose end is reckoned from a moment kept in an attribute, by the wall clock."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.collectors.timeouts.long_limits import lasts, names_in
from exai_audit.collectors.timeouts.shapes import targets_of
from exai_audit.facts.waits import WallClockFact
from exai_audit.knowledge.limit_names import is_timeout_like, words
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import last_name

# How long a thing is good, which may be longer than this process lives: a time of day is meant.
_GOOD_FOR = frozenset({
    "cache", "cached", "expires", "expiry", "expiration", "lease", "session", "token", "ttl",
    "code", "otp", "captcha", "ban", "invite",
})  # fmt: skip
_RESTS = frozenset({"breaker", "circuit", "cooldown", "recovery", "reset"})
_BEATS = frozenset({"delay", "interval", "period"})
_ENDS = frozenset({"deadline", "timeout"})
_ROUND = frozenset({"float", "int", "round"})


class _Kept(Struct, frozen=True):
    """A statement that keeps the time now, or with ``limit`` the time when that has passed."""

    node: ast.Assign | ast.AnnAssign
    limit: ast.expr | None


def kept_moments(tree: ModuleTree) -> Iterator[WallClockFact]:
    """Yield where the wall clock is compared with a moment that an attribute keeps."""
    kept = _kept(tree)
    if not kept:
        return
    for compare in tree.all(ast.Compare):
        if len(compare.comparators) != 1 or not isinstance(compare.ops[0], _ORDERS):
            continue
        sides = (compare.left, compare.comparators[0])
        asked = (_asked(*pair, kept, tree) for pair in (sides, sides[::-1]))
        held = next((one for one in asked if one is not None), None)
        fact = _fact(compare, *held, tree) if held is not None else None
        if fact is not None:
            yield fact


_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def _kept(tree: ModuleTree) -> dict[str, list[_Kept]]:
    """Return the attributes that keep a moment of the wall clock and nothing else, by name."""
    found: dict[str, list[_Kept]] = defaultdict(list)
    others: set[str] = set()
    for node in tree.all(ast.Assign, ast.AnnAssign):
        for target in targets_of(node):
            if not isinstance(target, ast.Attribute) or node.value is None:
                continue
            moment = _moment(node.value, tree)
            if moment is not None:
                limit = None if moment is node.value else moment
                found[target.attr].append(_Kept(node, limit))
            elif not isinstance(node.value, ast.Constant):
                others.add(target.attr)
    return {name: all_ for name, all_ in found.items() if name not in others}


def _moment(value: ast.expr, tree: ModuleTree) -> ast.expr | None:
    """Return what is added to the time now, the value itself for now; None for other values."""
    if isinstance(value, ast.IfExp):
        return _moment(value.body, tree)
    if reads_the_wall(value, tree):
        return value
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        for one, other in ((value.left, value.right), (value.right, value.left)):
            if reads_the_wall(one, tree):
                return other
    return None


def reads_the_wall(node: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an expression is the time now by the wall clock, or a name for just that."""
    if isinstance(node, ast.Name):
        values = tree.bindings(node.id, node)
        return (
            len(values) == 1 and isinstance(values[0], ast.Call) and is_wall_time(values[0], tree)
        )
    return is_wall_time(node, tree)


def is_wall_time(node: ast.expr, tree: ModuleTree) -> bool:
    """Tell whether an expression asks for the time now by the wall clock."""
    return isinstance(node, ast.Call) and tree.qualified(node.func) == "time.time"


def _asked(
    one: ast.expr, other: ast.expr, kept: dict[str, list[_Kept]], tree: ModuleTree
) -> tuple[_Kept, str, ast.expr] | None:
    """Return what is kept, under which name, and the limit, where a comparison asks for its end."""
    if isinstance(one, ast.Attribute) and reads_the_wall(other, tree):
        ends = [(each, each.limit) for each in kept.get(one.attr, ()) if each.limit is not None]
        return (ends[0][0], one.attr, ends[0][1]) if ends else None
    one = _worked_out(one, tree)
    if not isinstance(one, ast.BinOp):
        return None
    for moment, rest, limit in _reckoned(one, other):
        begins = kept.get(last_name(moment), ()) if isinstance(moment, ast.Attribute) else ()
        if begins and begins[0].limit is None and reads_the_wall(rest, tree):
            return begins[0], last_name(moment), limit
    return None


def _worked_out(node: ast.expr, tree: ModuleTree) -> ast.expr:
    """Return what a name is given in its function, and what is rounded: ``int(now - begun)``."""
    if isinstance(node, ast.Name):
        values = tree.bindings(node.id, node)
        node = values[0] if len(values) == 1 else node
    rounded = isinstance(node, ast.Call) and last_name(node.func) in _ROUND and len(node.args) == 1
    return node.args[0] if rounded else node  # type: ignore[attr-defined]


def _reckoned(sum_: ast.BinOp, other: ast.expr) -> Iterator[tuple[ast.expr, ast.expr, ast.expr]]:
    """Yield what may be the moment, the time now and the limit in ``now - moment > limit``."""
    if isinstance(sum_.op, ast.Sub):
        yield sum_.right, sum_.left, other
        yield other, sum_.left, sum_.right
    elif isinstance(sum_.op, ast.Add):
        yield sum_.left, other, sum_.right
        yield sum_.right, other, sum_.left


def _fact(
    compare: ast.Compare, kept: _Kept, name: str, limit: ast.expr, tree: ModuleTree
) -> WallClockFact | None:
    named = [*names_in(limit)]
    spoken = {*words(name), *(word for one in named for word in words(one))}
    given = " ".join(tree.text(compare).split())
    beats = words(name)[:1] == ("next",) and not _BEATS.isdisjoint(spoken)
    is_limit = any(map(is_timeout_like, named)) or not _ENDS.isdisjoint(words(name)) or beats
    if not is_limit or not spoken.isdisjoint(_GOOD_FOR):
        return None
    return WallClockFact(
        tree.place(compare),
        name,
        given,
        is_loop=False,
        of_limit=spoken.isdisjoint(_RESTS),
        lasts=lasts(limit, tree),
        kept_at=tree.span(kept.node).line,
    )
