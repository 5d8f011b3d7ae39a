"""Complexity is radon's."""

from __future__ import annotations

import argparse
import ast
import asyncio.base_events
import dataclasses
import inspect
import typing
from types import ModuleType

import pytest
from radon.visitors import ComplexityVisitor

from exai_audit.collectors import collect
from exai_audit.collectors.structure.complexity import complexities
from exai_audit.files.source import decode
from exai_audit.syntax.module import ModuleTree

SOURCE = """
def everything(a, b, *c):
    @decorated(a or b)
    def inner(x=a if b else c):
        return x and a
    class Inner:
        def method(self):
            return a or b
    try:
        assert a and b or c
    except (A, B):
        pass
    except C:
        raise
    else:
        with a if b else c as d, e or f:
            pass
    for x in a or b:
        pass
    else:
        pass
    while (lambda: a or b)():
        break
    match a:
        case [1, 2] if b and c:
            return [x for x in a if x if not x for y in x]
        case {"or": z}:
            return "a or b if c"
        case _:
            pass
    if a: return b or \\
        c
    elif b:
        del a[b or c], b
    return {k: v for k, v in a} or {
        x  # and
        for x in b
    }

async def other():
    async for x in y:
        yield x if y else 1
    else:
        await z
"""


def by_radon(function: ast.AST) -> int:
    visitor = ComplexityVisitor(off=False)
    visitor.visit(function)
    return int(visitor.functions[0].complexity)


def assert_same(source: str) -> None:
    tree = ModuleTree(decode("m.py", source.encode()), ast.parse(source), "m")
    counted = complexities(tree)
    for function in tree.functions:
        assert counted.get(function, 1) == by_radon(function), function.name


def test_every_branch_counts_as_in_radon() -> None:
    assert_same(SOURCE)


@pytest.mark.parametrize("module", [argparse, ast, asyncio.base_events, dataclasses, typing])
def test_the_standard_library_counts_as_in_radon(module: ModuleType) -> None:
    assert_same(inspect.getsource(module))


def test_groups_of_exceptions_count_as_exceptions_do() -> None:
    handlers = "    except{0} A:\n        pass\n    except{0} B:\n        pass\n"
    text = "def f():\n    try:\n        g()\n" + handlers
    counts = [
        collect("m.py", text.format(star).encode(), "m").size.functions[0].complexity
        for star in ("", "*")
    ]
    assert counts == [3, 3]
