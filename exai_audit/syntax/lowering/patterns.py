"""Patterns of ``match`` statements of libcst as the interpreter's."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from exai_audit.syntax.lowering.expressions import CONSTANTS, Expressions, identifier


def pattern(node: cst.CSTNode, expressions: Expressions) -> ast.pattern:
    """Return a pattern.

    Raises:
        TypeError: libcst has a kind of node that this does not know.
    """
    at = expressions.places.of(node)
    if isinstance(node, cst.MatchSequenceElement):
        return pattern(node.value, expressions)
    if isinstance(node, cst.MatchValue):
        return ast.MatchValue(expressions.of(node.value), **at)
    if isinstance(node, cst.MatchSingleton):
        return ast.MatchSingleton(CONSTANTS[node.value.value], **at)
    if isinstance(node, (cst.MatchList, cst.MatchTuple)):
        return ast.MatchSequence(_all(node.patterns, expressions), **at)
    if isinstance(node, cst.MatchStar):
        return ast.MatchStar(_name(node.name), **at)
    if isinstance(node, cst.MatchAs):
        inner = pattern(node.pattern, expressions) if node.pattern else None
        return ast.MatchAs(inner, _name(node.name), **at)
    if isinstance(node, cst.MatchOr):
        return ast.MatchOr(_all([e.pattern for e in node.patterns], expressions), **at)
    if isinstance(node, cst.MatchMapping):
        keys = [expressions.of(element.key) for element in node.elements]
        values = _all([element.pattern for element in node.elements], expressions)
        return ast.MatchMapping(keys, values, _name(node.rest), **at)
    if isinstance(node, cst.MatchClass):
        return ast.MatchClass(
            expressions.of(node.cls),
            _all([element.value for element in node.patterns], expressions),
            [identifier(element.key) for element in node.kwds],
            _all([element.pattern for element in node.kwds], expressions),
            **at,
        )
    raise TypeError(f"no pattern is known for {type(node).__name__}")


def _all(nodes: Sequence[cst.CSTNode], expressions: Expressions) -> list[ast.pattern]:
    return [pattern(node, expressions) for node in nodes]


def _name(node: cst.Name | None) -> str | None:
    return None if node is None or node.value == "_" else identifier(node)
