"""The walk visits what libcst visits, in libcst's own order."""

from __future__ import annotations

import argparse
import ast
import asyncio.base_events
import dataclasses
import enum
import inspect
from types import ModuleType

import libcst as cst
import pytest

from exai_audit.collectors.walk import walk

_TOKENS = {
    "AssignEqual", "Asynchronous", "Colon", "Comma", "Comment", "Dot", "EmptyLine",
    "LeftCurlyBrace", "LeftParen", "LeftSquareBracket", "Newline", "ParamSlash", "ParamStar",
    "ParenthesizedWhitespace", "RightCurlyBrace", "RightParen", "RightSquareBracket", "Semicolon",
    "SimpleWhitespace", "TrailingWhitespace",
}  # fmt: skip
_NODES = [name for name in dir(cst) if isinstance(getattr(cst, name), type)]


def _record(self: cst.CSTVisitor, node: cst.CSTNode) -> None:
    vars(self)["seen"].append(node)


_Recorder = type("_Recorder", (cst.CSTVisitor,), {f"visit_{name}": _record for name in _NODES})


def recorder() -> cst.CSTVisitor:
    """Return a visitor that notes every node in ``seen``."""
    visitor: cst.CSTVisitor = _Recorder()
    vars(visitor)["seen"] = []
    return visitor


@pytest.mark.parametrize("module", [argparse, asyncio.base_events, dataclasses, enum, ast])
def test_order_is_libcsts(module: ModuleType) -> None:
    tree = cst.parse_module(inspect.getsource(module))
    theirs, ours = recorder(), recorder()
    tree.visit(theirs)
    walk(tree, [ours])
    walked = set(vars(ours)["seen"])
    assert vars(ours)["seen"] == [node for node in vars(theirs)["seen"] if node in walked]
    missed = {type(node).__name__ for node in vars(theirs)["seen"] if node not in walked}
    assert missed <= _TOKENS


class _Functions(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.entered: list[str] = []
        self.left: list[str] = []
        self.names: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.entered.append(node.name.value)
        return node.name.value != "closed"

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self.left.append(original_node.name.value)

    def visit_Name(self, node: cst.Name) -> None:
        self.names.append(node.value)


SOURCE = "def open():\n    a\n    def inner():\n        b\n\ndef closed():\n    c\n"


def test_false_closes_a_node_for_that_visitor_only() -> None:
    strict, other = _Functions(), _NameRecorder()
    walk(cst.parse_module(SOURCE), [strict, other])
    assert strict.entered == ["open", "inner", "closed"]
    assert strict.left == ["inner", "open", "closed"]
    assert strict.names == ["open", "a", "inner", "b"]
    assert other.names == ["open", "a", "inner", "b", "closed", "c"]


class _NameRecorder(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def visit_Name(self, node: cst.Name) -> None:
        self.names.append(node.value)


def test_parents_and_statements_are_known() -> None:
    tree = cst.parse_module("def f():\n    return 1\n")
    walked = walk(tree, [])
    statements = list(walked.order)
    kinds = [type(node).__name__ for node in statements]
    assert kinds == ["FunctionDef", "Return"]
    assert walked.parents[statements[1]] in walked.parents


def test_format_specifications_are_walked_whichever_string_comes_first() -> None:
    visitor = _NameRecorder()
    walk(cst.parse_module('f"{a}"\nf"{b:{width}}"\n'), [visitor])
    assert visitor.names == ["a", "b", "width"]
