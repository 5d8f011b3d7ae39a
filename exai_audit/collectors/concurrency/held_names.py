"""Under which names a module may hold what other files define, or a client of a library."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.knowledge.table import configuration, table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name, names_bound
from exai_audit.syntax.triggers import reached

_NO_HOLDERS = frozenset({
    "builtins", "time", "os", "pathlib", "shutil", "select", "selectors", "signal", "threading",
    "queue", "multiprocessing", "concurrent", "getpass", "socket", "ssl", "asyncio", "contextlib",
})  # fmt: skip
"""Libraries whose blocking calls are functions, or whose objects seldom leave their file."""
_SAY_NOTHING = frozenset({
    "typing", "typing_extensions", "__future__", "collections", "abc", "dataclasses", "enum",
    "pytest", "numpy", "pandas", "torch", "pydantic", "attr", "attrs", "yaml", "loguru",
    "structlog",
})  # fmt: skip
_HAND_ON = frozenset({"cast", "closing", "aclosing", "Depends", "Security", "next", "partial"})
_PARTS = frozenset({
    ast.Attribute, ast.IfExp, ast.BoolOp, ast.BinOp, ast.Tuple, ast.List, ast.Starred,
    ast.Subscript, ast.Await,
})  # fmt: skip
_GIVE = frozenset({
    ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.arg, ast.withitem, ast.Return, ast.Yield,
    *FUNCTIONS, ast.ClassDef, ast.arguments, ast.For, ast.AsyncFor, ast.comprehension,
})  # fmt: skip


@lru_cache(maxsize=4)
def _holders(own: object) -> frozenset[str]:
    """Return the libraries that have a client with blocking methods."""
    rows = table().calls.values()
    found = {row.name.partition(".")[0] for row in rows if row.blocking or row.methods}
    return frozenset(found - _NO_HOLDERS)


@lru_cache(maxsize=4096)
def _leads_to_client(root: str, own: object) -> bool:
    return not _holders(own).isdisjoint(reached(frozenset({root})))


def imported_names(tree: ModuleTree) -> tuple[set[str], set[str]]:
    """Return the names that may be of another file of the project, and those of client libraries.

    A name of the project comes from a relative import, the module's own package, or a library that
    is neither known nor of the standard library.
    """
    own = tree.dotted.partition(".")[0] if "." in tree.dotted or _is_package(tree) else ""
    foreign: set[str] = set()
    clients: set[str] = set()
    libraries, configured = table().roots, configuration()
    for node in tree.each(ast.Import, ast.ImportFrom):
        for name, root in _bound(node):
            if not root or root == own:
                foreign.add(name)
            elif root in libraries:
                if _leads_to_client(root, configured):
                    clients.add(name)
            elif root not in STANDARD_LIBRARY and root not in _SAY_NOTHING:
                foreign.add(name)
    return foreign, clients


def names_from(roots: frozenset[str], tree: ModuleTree) -> set[str]:
    """Return the names that come from the libraries, or lead there."""
    return {
        name
        for node in tree.each(ast.Import, ast.ImportFrom)
        for name, root in _bound(node)
        if not roots.isdisjoint(reached(frozenset({root})))
    }


def _is_package(tree: ModuleTree) -> bool:
    return tree.package == tree.dotted


def _bound(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds with the top-level module; none for a relative one."""
    if isinstance(node, ast.ImportFrom):
        root = "" if node.level else (node.module or "").partition(".")[0]
        for alias in node.names:
            yield alias.asname or alias.name, root
        return
    for alias in node.names:
        root = alias.name.partition(".")[0]
        yield alias.asname or root, root


class HeldNames:
    """What names and attributes of a module may hold, by their last names: a superset.

    ``names`` are those that hold what a few names denote, make or return; ``calls`` the calls of
    something that comes from them.
    """

    def __init__(self, names: Iterable[str], tree: ModuleTree) -> None:
        self._tree = tree
        self.names: set[str] = set()
        self.calls: dict[ast.Call, None] = {}
        self.add(names)

    def add(self, names: Iterable[str]) -> None:
        """Follow further names, too."""
        waiting = sorted(name for name in names if name not in self.names)
        while waiting:
            name = waiting.pop()
            if name not in self.names:
                self.names.add(name)
                for node in self._tree.mentions(name):
                    found = self._holding(node)
                    if found:
                        waiting.extend(found)

    def follow(self, node: ast.AST) -> None:
        """Follow the names that are given what comes from an expression, too."""
        self.add(self._holding(node))

    def _holding(self, node: ast.AST) -> Iterable[str]:
        """Return the names that are given what comes from an expression; note its calls."""
        parents, calls = self._tree.parents, self.calls
        child, parent = node, parents.get(node)
        while parent is not None:
            kind = type(parent)
            if kind is ast.Call:
                if parent.func is child:  # type: ignore[attr-defined]
                    calls[parent] = None  # type: ignore[index]
                elif last_name(parent.func) not in _HAND_ON:  # type: ignore[attr-defined]
                    return ()
            elif kind in _GIVE:
                return self._given(child, parent)
            elif kind not in _PARTS:
                return ()
            child, parent = parent, parents.get(parent)
        return ()

    def _given(self, child: ast.AST, parent: ast.AST) -> Iterable[str]:
        if isinstance(parent, ast.Assign):
            return [name for target in parent.targets for name in names_bound(target)]
        if isinstance(parent, (ast.AnnAssign, ast.NamedExpr)):
            return names_bound(parent.target) if child is not parent.target else ()
        if isinstance(parent, ast.arg):
            return (parent.arg,)
        if isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)):
            return names_bound(parent.target) if child is parent.iter else ()
        if isinstance(parent, ast.withitem):
            return names_bound(parent.optional_vars) if parent.optional_vars is not None else ()
        if isinstance(parent, (ast.Return, ast.Yield)):
            function = self._tree.function_of(parent)
            return (function.name,) if isinstance(function, FUNCTIONS) else ()
        if isinstance(parent, FUNCTIONS):
            return (parent.name,) if child is parent.returns else ()
        if isinstance(parent, ast.ClassDef):
            return (parent.name,) if child in parent.bases else ()
        if isinstance(parent, ast.arguments):
            return [one.arg for one, default in _defaults(parent) if default is child]
        return ()


def _defaults(given: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    positional = [*given.posonlyargs, *given.args]
    if given.defaults:
        yield from zip(positional[-len(given.defaults) :], given.defaults, strict=True)
    for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if value is not None:
            yield argument, value
