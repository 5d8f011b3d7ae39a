"""The walk visits every node once, outer before inner, as it is written."""

from __future__ import annotations

import argparse
import ast
import asyncio.base_events
import dataclasses
import enum
import inspect
import typing
from collections import Counter
from typing import Any

import pytest

from exai_audit.syntax.walk import children, descendants, walk

MODULES = [argparse, asyncio.base_events, dataclasses, enum, ast, typing]
_STAND_NOWHERE = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.alias)
RICH = """
@first(a)
@second
async def f(p, /, q=1, *r, s: int = 2, t, **u) -> int:
    call(x, *y, k=1, *z, **w)
    {a: b, **c, d: e}
    return (g if h else i), [j for k in l if m for n in o], {v: w for v, w in x}

@third
class C(Base, metaclass=Meta):
    x: int = 3

with a as b, c as d:
    try:
        assert e, "f"
    except (G, H) as i:
        raise J from k
    else:
        lambda l=m: n
    finally:
        del o[p:q:r], s[t, u]
match v:
    case {"w": x, **y} if z:
        global g
    case C(1, d=[2, *e]) | -1:
        pass
"""
SOURCES = [RICH, *map(inspect.getsource, MODULES)]
NAMES = ["rich", *(module.__name__ for module in MODULES)]


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_every_node_is_visited_once(source: str) -> None:
    tree = ast.parse(source)
    seen = Counter(map(id, walk(tree).nodes))
    assert set(seen.values()) == {1}
    missed = [node for node in ast.walk(tree) if id(node) not in seen]
    assert {type(node) for node in missed if not isinstance(node, _STAND_NOWHERE)} == set()


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_order_is_that_of_the_source(source: str) -> None:
    walked = walk(ast.parse(source))
    starts = [_start(node) for node in walked.nodes if _is_placed(node, walked.parents)]
    assert len(starts) > 30
    assert starts == sorted(starts)


def _is_placed(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Tell whether a node has a place: in a formatted string, older interpreters guess it."""
    if not hasattr(node, "lineno"):
        return False
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.JoinedStr):
            return False
    return True


def _start(node: ast.AST) -> tuple[int, int]:
    first: Any = next(iter(getattr(node, "decorator_list", ())), node)
    return first.lineno, first.col_offset


def test_parents_hold_their_children() -> None:
    walked = walk(ast.parse(RICH))
    for node in walked.nodes:
        assert all(walked.parents[child] is node for child in children(node))
    assert set(walked.nodes) - set(walked.parents) == {walked.nodes[0]}


def test_descendants_begin_with_the_node_itself() -> None:
    tree = ast.parse("f(a, b=c)")
    kinds = [type(node).__name__ for node in descendants(tree.body[0])]
    assert kinds == ["Expr", "Call", "Name", "Name", "keyword", "Name"]


def test_depth_needs_no_stack() -> None:
    tree: ast.expr = ast.Name("x")
    for _ in range(50_000):
        tree = ast.Attribute(tree, "y")
    assert len(walk(tree).nodes) == 50_001


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        ("if True:\n    a()\nelse:\n    b()", {"a"}),
        ("if False:\n    a()\nelif c():\n    b()", {"b", "c"}),
        ("while 0:\n    a()\nb()", {"b"}),
        ("while True:\n    a()\nelse:\n    b()", {"a"}),
        ("if a():\n    b()\nelse:\n    c()", {"a", "b", "c"}),
    ],
)
def test_the_side_that_a_constant_excludes_is_not_walked(source: str, reached: set[str]) -> None:
    called = [node.func for node in walk(ast.parse(source)).inner if isinstance(node, ast.Call)]
    assert {one.id for one in called if isinstance(one, ast.Name)} == reached


def test_an_excluded_yield_still_makes_a_generator() -> None:
    inner = walk(ast.parse("def f():\n    if False:\n        yield")).inner
    assert any(isinstance(node, ast.Yield) for node in inner)
