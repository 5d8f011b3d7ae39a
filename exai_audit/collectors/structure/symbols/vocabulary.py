"""The words of a symbol's code: of its identifiers, keywords, texts; and its parameters."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable

from exai_audit.syntax.walk import descendants
from exai_audit.words import words_of

_TEXT = re.compile(r"[A-Za-z]{3,}")
_LONGEST_TEXT = 4_000
_USUAL = frozenset({"self", "cls", "args", "kwargs"})
_EMPTY = frozenset({
    "self", "cls", "arg", "args", "kwarg", "kwargs", "none", "true", "false", "str", "int",
    "float", "bool", "list", "dict", "set", "tuple", "len", "isinstance", "type", "object", "the",
    "and", "for", "that", "this", "with", "not", "are", "from", "will", "can", "should", "has",
    "have", "all", "any", "which", "when", "then", "than", "into", "its", "was", "were", "but",
    "use", "used", "using", "return", "returns", "get", "value", "name", "key", "item", "param",
    "parameter", "default", "optional", "given", "note", "see", "example", "raise", "error",
    "exception", "super", "init", "append", "format", "join", "new", "one", "only", "other",
})  # fmt: skip


def words_in(nodes: Iterable[ast.stmt]) -> tuple[tuple[str, int], ...]:
    """Return the words of statements with how often each is said, in alphabetical order."""
    found: Counter[str] = Counter()
    for root in nodes:
        for node in descendants(root):
            for name in _identifiers(node):
                found.update(words_of(name))
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for text in _TEXT.findall(node.value[:_LONGEST_TEXT]):
                    found.update(words_of(text))
    return tuple(sorted((w, n) for w, n in found.items() if w not in _EMPTY and len(w) > 1))


def _identifiers(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.keyword) and node.arg is not None:
        return (node.arg,)
    return ()


def parameters_of(nodes: Iterable[ast.stmt]) -> tuple[str, ...]:
    """Return the parameters of functions, of a class those of its methods, but for the usual."""
    found: set[str] = set()
    for node in nodes:
        functions = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in functions:
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                given = function.args
                every = (*given.posonlyargs, *given.args, *given.kwonlyargs)
                found.update(argument.arg for argument in every)
    return tuple(sorted(found - _USUAL))
