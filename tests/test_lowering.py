"""What is made of libcst's tree is the interpreter's, node by node and place by place."""

from __future__ import annotations

import argparse
import ast
import asyncio.base_events
import dataclasses
import inspect
import typing

import pytest

from exai_audit.collectors import collect
from exai_audit.files.source import decode
from exai_audit.syntax.lowering import UnknownSyntaxError, lowered

MODULES = [argparse, ast, asyncio.base_events, dataclasses, typing]
STATEMENTS = """
import a, b.c as d
from . import e
from ..f.g import (h as i, j,)
from k import *
x: "int" = (1)
y.z: (
    int | str
) = 2
a = b = c, d = 1, *e
a += 1; b //= 2; c @= d; e **= f; g >>= h
del a, (b), c[0]
del (a, b)
assert a, "b"
raise
raise E from cause
pass

@decorated
@with_arguments(1, *args, key=value, **kwargs)
async def f(a, b=1, /, c: int = 2, *d: str, e, f=3, **g: (int)) -> (
    int
):
    "Text."
    global h, i
    async for x, y in z:
        nonlocal_one = await x
        break
    else:
        continue
    async with a as b, (c), d as (e, f):
        return
    yield
    yield 1, 2
    z = yield from w
    return x, *y

def g(*, a): return a
class C: x = 1; y = 2
class D(B, *bases, metaclass=M, **more):
    while a:
        b
    else:
        c
    for i in j: k
    if l: m
    elif n:
        o
    elif p: q
    else:
        r
    try:
        s
    except t: u
    except (v, w) as x:
        y
    except:
        z
    else:
        a
    finally:
        b
"""
EXPRESSIONS = r"""
(a)
((b), c,)
f(x for x in y)
f((x for x in y), z)
f(a, *b, c=1, *d, **e)
(x for x in (y) if z if w for v in u)
[x async for x in y]
{x for x in y}; {x: y for x, y in z}
{}; {1: 2, **a, 3: 4}; {1, *a}; []; [1, *a]; ()
a[1]; a[1:2]; a[::2]; a[1:2, ...]; a[b, ]; a[(b, c)]; a[:]
a or b or c; a or (b or c); a and b or c and d; not a
a < b <= c != d is not e not in f is g in h
-1; +a; ~b; not c; a ** -b; 1 - 2 - 3; 1 - (2 - 3); a if b else c if d else e
lambda: 0; lambda a, *b, c=1, **d: (a, b)
(a := 1); f(a := 2); await_ = None; True; False; ...
1; 0x_ff; 1_000; 1.5e3; 2j; .5
"a"; 'b' "c"; b"d" b'e'; r"\f"; u"g"
f"a{b}c{{d}}{e!r:>{width}}"; f"{x = }"; f"{x=!s}"; rf"\d{e}"; "a" f"b{c}" "d" f"e"; f""
f'{a}"{b}\n{c}'
"""
PATTERNS = """
match a, b:
    case 1 | -2 | 3 + 4j | "x" | None:
        pass
    case [a, _, *rest] if b: c
    case {"k": v, **rest}:
        pass
    case C(1, x=D.E) as y:
        pass
    case _:
        pass
"""
LONG_STRINGS = '''
x = f"""{a}"{b}
{c}"""
y = ("a"
    f"b{d}")
'''


def same(text: str) -> tuple[str, str]:
    """Return both trees of a text in words."""
    return shown(ast.parse(text)), shown(lowered(decode("m.py", text.encode())))


def shown(tree: ast.AST) -> str:
    """Show a tree; kinds of strings are left out, which no collector reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.kind = None
        elif isinstance(node, ast.JoinedStr):
            node.values = [v for v in node.values if getattr(v, "value", "text") != ""]  # of 3.12.1
            _displace(node)
    return ast.dump(tree, include_attributes=True, indent=1)


def _displace(string: ast.JoinedStr) -> None:
    """Take the places of what is inside: interpreters differ, and older ones guess."""
    for node in ast.walk(string):
        if node is not string and hasattr(node, "lineno"):
            ast.copy_location(node, string)


@pytest.mark.parametrize("line", EXPRESSIONS.strip().split("\n"))
def test_expressions_are_the_same(line: str) -> None:
    theirs, ours = same(line)
    assert ours == theirs


@pytest.mark.parametrize(
    "text",
    [STATEMENTS, PATTERNS, LONG_STRINGS, *map(inspect.getsource, MODULES)],
    ids=["statements", "patterns", "strings", *(module.__name__ for module in MODULES)],
)
def test_modules_are_the_same(text: str) -> None:
    theirs, ours = same(text)
    assert ours == theirs


def test_places_count_in_bytes() -> None:
    theirs, ours = same("ä = 'ö'; x = f(é, 'ü', ß=1)\nℌ = 1\n")
    assert ours == theirs


@pytest.mark.parametrize(
    "text",
    [
        "type Names[T] = list[T]\ndef first[T: int](a: Names[T], timeout=30) -> T:\n    pass\n",
        "class Shop[T, *Ts, **P]:\n    timeout = 30\n",
        "try:\n    wait(timeout=30)\nexcept* OSError as errors:\n    pass\n",
        'f"{"a" + f"{"b"}"}"\nwait(timeout=30)\n',
    ],
    ids=["type parameters", "generic class", "exception groups", "nested quotes"],
)
def test_newer_grammar_is_read_by_any_interpreter(text: str) -> None:
    assert list(ast.walk(lowered(decode("m.py", text.encode()))))
    facts = collect("m.py", text.encode(), "m")
    assert facts.failure is None
    assert [fact.amount for fact in facts.timeouts] == [30.0]


def test_what_is_no_python_is_not_read() -> None:
    with pytest.raises(UnknownSyntaxError):
        lowered(decode("m.py", b"print 'two'\n"))
