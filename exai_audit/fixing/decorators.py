"""A decorator of functools that caches: where it stands, what it says, who asks for its cache."""

from __future__ import annotations

import ast
import re

from msgspec import Struct

from exai_audit.edits.edit import Edit
from exai_audit.finding import Finding
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.refusal import RefusedError
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import Function, argument

_CACHES = frozenset({"functools.cache", "functools.lru_cache"})


class Decorated(Struct, frozen=True):
    """A function and the decorator that caches it; ``name`` is the decorator's dotted name."""

    function: Function
    decorator: ast.expr
    name: str

    @property
    def called(self) -> ast.expr:
        """What is called, or the decorator itself."""
        return self.decorator.func if isinstance(self.decorator, ast.Call) else self.decorator


def decorated_at(finding: Finding, tree: ModuleTree) -> Decorated:
    """Return the decorated function of a finding.

    Raises:
        RefusedError: what caches there is no decorator of functools.
    """
    for function in tree.functions:
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = tree.qualified(called) or ""
            lines = (decorator.lineno, function.lineno)
            if finding.line in lines and name in _CACHES:
                return Decorated(function, decorator, name)
    raise RefusedError(f"it is no decorator of functools: {finding.remedy}")


def size_of(found: Decorated, tree: ModuleTree) -> str:
    """Return the bound of a cache as it is written; that of the library where it says none."""
    if not isinstance(found.decorator, ast.Call):
        return "None" if found.name == "functools.cache" else "128"
    given = argument(found.decorator, "maxsize", 0)
    return tree.text(given.value) if given else "128"


def asks_for_cache(name: str, bench: Bench) -> bool:
    """Tell whether anything clears or looks into the cache of a function of this name."""
    says = re.compile(rf"\b{re.escape(name)}\.(?:cache_\w+|__wrapped__)")
    return any(
        source is not None and "cache_" in source.text and says.search(source.text)
        for source in map(bench.read, bench.facts)
    )


def without_line(node: ast.expr, tree: ModuleTree) -> Edit:
    """Return the edit that removes a decorator with its line.

    Raises:
        RefusedError: a comment stands on it.
    """
    span, source = tree.span(node), tree.source
    before = source.line(span.line)[: span.column - 1].strip()
    after = source.line(span.end_line)[span.end_column - 1 :].strip()
    lines = range(span.line, span.end_line + 1)
    if before != "@" or after or any("#" in source.line(line) for line in lines):
        raise RefusedError("something else stands on the decorator's line")
    return Edit(source.path, Span(span.line, 1, span.end_line + 1, 1), "")
