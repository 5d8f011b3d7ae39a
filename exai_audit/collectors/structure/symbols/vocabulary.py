"""The words of a symbol's code: of its identifiers, keywords, texts; and its parameters."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable

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

_IDENTIFIERS: dict[type[ast.AST], str] = {
    ast.FunctionDef: "name", ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name", ast.arg: "arg", ast.keyword: "arg",
}  # fmt: skip


def words_in(nodes: Iterable[ast.AST]) -> tuple[tuple[str, int], ...]:
    """Return the words that nodes say with how often each does, in alphabetical order.

    Args:
        nodes: all of some statements, see `exai_audit.syntax.walk.below`.
    """
    said: list[str] = []
    identifiers = _IDENTIFIERS
    for node in nodes:
        kind = type(node)
        if kind is ast.Name:  # the two commonest
            said.append(node.id)  # type: ignore[attr-defined]
        elif kind is ast.Attribute:
            said.append(node.attr)  # type: ignore[attr-defined]
        elif kind in identifiers:
            name = getattr(node, identifiers[kind])
            if name is not None:
                said.append(name)
        elif kind is ast.Constant and isinstance(node.value, str):  # type: ignore[attr-defined]
            said += _TEXT.findall(node.value[:_LONGEST_TEXT])  # type: ignore[attr-defined]
    found: dict[str, int] = {}
    for name, count in Counter(said).items():
        for word in words_of(name):
            found[word] = found.get(word, 0) + count
    return tuple(sorted([(w, n) for w, n in found.items() if w not in _EMPTY and len(w) > 1]))


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
