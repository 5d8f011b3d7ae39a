"""One walk over a syntax tree for all collectors, without libcst's rebuilding and recursion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import libcst as cst

Handler = Callable[[cst.CSTNode], object]

_TOKENS = frozenset({
    "asynchronous", "asname_whitespace", "colon", "comma", "dot", "equal", "first_colon", "footer",
    "header", "lbrace", "lbracket", "leading_lines", "lines_after_decorators", "lpar", "newline",
    "rbrace", "rbracket", "relative", "rpar", "second_colon", "semicolon", "star",
    "trailing_whitespace",
})  # fmt: skip
_STATEMENTS = (cst.BaseSmallStatement, cst.BaseCompoundStatement)


@dataclass(frozen=True, slots=True)
class Walked:
    """What the walk learnt: every node's parent, and the statements with their numbers in order."""

    parents: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    order: dict[cst.CSTNode, int] = field(default_factory=dict)

    @property
    def statements(self) -> tuple[cst.CSTNode, ...]:
        return tuple(self.order)


def walk(root: cst.CSTNode, visitors: Sequence[cst.CSTVisitor]) -> Walked:
    """Visit all nodes but whitespace and punctuation, in libcst's own order.

    Calls the ``visit_X`` and ``leave_X`` methods that a visitor overrides. A visitor whose
    ``visit_X`` returns False sees nothing below that node, and still leaves it. Attribute
    callbacks (``visit_X_attr``) are not called.
    """
    walked = Walked()
    parents, order = walked.parents, walked.order
    active: _Active = tuple(range(len(visitors)))
    plans = _Plans(visitors)
    of_kind = plans.of(active)
    stack: list[cst.CSTNode | _Leaving] = [root]
    while stack:
        node: Any = stack.pop()
        if type(node) is _Leaving:
            for leave in node.handlers:
                leave(node.node)
            of_kind = plans.of(node.active)
            continue
        kind = type(node)
        plan = of_kind.get(kind) or plans.learn(of_kind, node)
        if plan.is_statement:
            order[node] = len(order)
        closed = [index for index, visit in plan.visit if visit(node) is False]
        if closed or plan.leave:
            stack.append(_Leaving(node, plan.leave, plan.active))
            if closed:
                of_kind = plans.of(tuple(i for i in plan.active if i not in closed))
        found = _children(node, plan.fields)
        for child in found:
            parents[child] = node
        found.reverse()
        stack += found
    return walked


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the child nodes in libcst's order, without whitespace and punctuation."""
    kind = type(node)
    if kind not in _FIELDS:
        _FIELDS[kind] = _learn_fields(node)
    return _children(node, _FIELDS[kind])


def _children(node: cst.CSTNode, names: tuple[str, ...]) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for name in names:
        value = getattr(node, name)
        value_kind = type(value)
        if value_kind is tuple or value_kind is list:
            found.extend(value)
        elif _IS_NODE.get(value_kind) or (
            value_kind not in _IS_NODE and _is_a(value_kind, (cst.CSTNode,), _IS_NODE)
        ):
            found.append(value)
    return found


_IS_NODE: dict[type, bool] = {}
_IS_STATEMENT: dict[type, bool] = {}


def _is_a(kind: type, bases: tuple[type, ...], known: dict[type, bool]) -> bool:
    """Answer `issubclass`, which is slow for libcst's abstract classes, from ``known``."""
    answer = known.get(kind)
    if answer is None:
        answer = known[kind] = issubclass(kind, bases)
    return answer


class _FieldOrder(cst.CSTVisitor):
    """Notes in which order libcst visits the fields of one node, and goes no deeper."""

    def __init__(self, node: cst.CSTNode) -> None:
        super().__init__()
        self.node = node
        self.names: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node is self.node

    def on_visit_attribute(self, node: cst.CSTNode, attribute: str) -> None:
        if node is self.node:
            self.names.append(attribute)


_FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {}


def _learn_fields(node: cst.CSTNode) -> tuple[str, ...]:
    order = _FieldOrder(node)
    node.visit(order)
    names = [n for n in order.names if n not in _TOKENS and not n.startswith("whitespace")]
    if "format_spec" not in names and hasattr(node, "format_spec"):
        names.append("format_spec")  # visited, and so learnt, only where there is one
    return tuple(name for name in names if not _is_star_token(node, name))


def _is_star_token(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Parameters) and name == "posonly_ind"


_Active = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A node whose children have been visited, and for whom the walk went on below it."""

    node: cst.CSTNode
    handlers: tuple[Handler, ...]
    active: _Active


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to do at nodes of one kind, for those visitors that still look."""

    active: _Active
    fields: tuple[str, ...]
    is_statement: bool
    visit: tuple[tuple[int, Handler], ...]
    leave: tuple[Handler, ...]


class _Plans:
    """The plans of one walk, by the visitors that still look and by kind of node."""

    def __init__(self, visitors: Sequence[cst.CSTVisitor]) -> None:
        self._visitors = visitors
        self._own = [_overridden(type(visitor)) for visitor in visitors]
        self._known: dict[_Active, dict[type, _Plan]] = {}

    def of(self, active: _Active) -> dict[type, _Plan]:
        return self._known.setdefault(active, {})

    def learn(self, of_kind: dict[type, _Plan], node: cst.CSTNode) -> _Plan:
        """Make the plan for the kind of ``node``."""
        active = next(active for active, plans in self._known.items() if plans is of_kind)
        kind = type(node)
        children(node)  # learns the fields
        visit, leave = f"visit_{kind.__name__}", f"leave_{kind.__name__}"
        plan = of_kind[kind] = _Plan(
            active,
            _FIELDS[kind],
            _is_a(kind, _STATEMENTS, _IS_STATEMENT),
            tuple((i, getattr(self._visitors[i], visit)) for i in active if visit in self._own[i]),
            tuple(getattr(self._visitors[i], leave) for i in active if leave in self._own[i]),
        )
        return plan


@lru_cache(maxsize=256)
def _overridden(kind: type[cst.CSTVisitor]) -> frozenset[str]:
    """Return the methods of a visitor that are its own."""
    named = (name for name in dir(kind) if name.startswith(("visit_", "leave_")))
    return frozenset(n for n in named if getattr(kind, n) is not getattr(cst.CSTVisitor, n, None))
