"""One walk over a syntax tree for all collectors, without libcst's rebuilding and recursion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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
    """What the walk learnt: every node's parent, and the statements in source order."""

    parents: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    statements: list[cst.CSTNode] = field(default_factory=list)


def walk(module: cst.Module, visitors: Sequence[cst.CSTVisitor]) -> Walked:
    """Visit all nodes but whitespace and punctuation, in libcst's own order.

    Calls the ``visit_X`` and ``leave_X`` methods that a visitor overrides. A visitor whose
    ``visit_X`` returns False sees nothing below that node, and still leaves it. Attribute
    callbacks (``visit_X_attr``) are not called.
    """
    walked = Walked()
    dispatch = _Dispatch(visitors)
    stack: list[tuple[cst.CSTNode, bool, tuple[int, ...]]]
    stack = [(module, False, tuple(range(len(visitors))))]
    while stack:
        node, leaving, active = stack.pop()
        if leaving:
            for _, leave in dispatch.leavers(type(node), active):
                leave(node)
            continue
        if _is_a(type(node), _STATEMENTS, _IS_STATEMENT):
            walked.statements.append(node)
        below = active
        for index, visit in dispatch.visitors(type(node), active):
            if visit(node) is False:
                below = tuple(i for i in below if i != index)
        if dispatch.leavers(type(node), active):
            stack.append((node, True, active))
        for child in reversed(children(node)):
            walked.parents[child] = node
            stack.append((child, False, below))
    return walked


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the child nodes in libcst's order, without whitespace and punctuation."""
    kind = type(node)
    names = _FIELDS.get(kind)
    if names is None:
        names = _FIELDS[kind] = _learn_fields(node)
    found: list[cst.CSTNode] = []
    for name in names:
        value = getattr(node, name)
        value_kind = type(value)
        if value_kind is tuple or value_kind is list:
            found.extend(value)
        elif _is_a(value_kind, (cst.CSTNode,), _IS_NODE):
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


class _Dispatch:
    """Which methods to call for a node type, given the visitors that still look."""

    def __init__(self, visitors: Sequence[cst.CSTVisitor]) -> None:
        self._all = visitors
        self._visit: dict[tuple[int, ...], dict[type, list[tuple[int, Handler]]]] = {}
        self._leave: dict[tuple[int, ...], dict[type, list[tuple[int, Handler]]]] = {}

    def visitors(self, kind: type, active: tuple[int, ...]) -> list[tuple[int, Handler]]:
        return self._handlers(self._visit, "visit_", kind, active)

    def leavers(self, kind: type, active: tuple[int, ...]) -> list[tuple[int, Handler]]:
        return self._handlers(self._leave, "leave_", kind, active)

    def _handlers(
        self,
        known: dict[tuple[int, ...], dict[type, list[tuple[int, Handler]]]],
        prefix: str,
        kind: type,
        active: tuple[int, ...],
    ) -> list[tuple[int, Handler]]:
        by_kind = known.setdefault(active, {})
        handlers = by_kind.get(kind)
        if handlers is None:
            name = prefix + kind.__name__
            handlers = [(i, getattr(self._all[i], name)) for i in active if self._has(i, name)]
            by_kind[kind] = handlers
        return handlers

    def _has(self, index: int, name: str) -> bool:
        own = getattr(type(self._all[index]), name, None)
        return own is not None and own is not getattr(cst.CSTVisitor, name, None)
