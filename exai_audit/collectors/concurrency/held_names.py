"""Under which names a module may hold what other files define, or a client of a library."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache

from exai_audit.knowledge.table import configuration, table
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.triggers import reached
from exai_audit.syntax.walk import descendants

_NO_HOLDERS = frozenset({
    "builtins", "time", "os", "pathlib", "shutil", "select", "selectors", "signal", "threading",
    "queue", "multiprocessing", "concurrent", "getpass", "socket", "ssl", "asyncio", "contextlib",
})  # fmt: skip
"""Libraries whose blocking calls are functions, or whose objects seldom leave their file."""
_SAY_NOTHING = frozenset({
    "typing", "typing_extensions", "__future__", "collections", "abc", "dataclasses", "enum",
})  # fmt: skip


@lru_cache(maxsize=4)
def _holders(own: object) -> frozenset[str]:
    """Return the libraries that have a client with blocking methods."""
    rows = table().calls.values()
    found = {row.name.partition(".")[0] for row in rows if row.blocking or row.methods}
    return frozenset(found - _NO_HOLDERS)


def imported_names(tree: ModuleTree) -> tuple[set[str], set[str]]:
    """Return the names that may be of another file of the project, and those of client libraries.

    A name of the project comes from a relative import, the module's own package, or a library that
    is neither known nor of the standard library.
    """
    own = tree.dotted.partition(".")[0] if "." in tree.dotted or _is_package(tree) else ""
    foreign: set[str] = set()
    clients: set[str] = set()
    for node in tree.each(ast.Import, ast.ImportFrom):
        for name, root in _bound(node):
            if not root or root == own:
                foreign.add(name)
            elif root in table().roots:
                if not _holders(configuration()).isdisjoint(reached(frozenset({root}))):
                    clients.add(name)
            elif root not in sys.stdlib_module_names and root not in _SAY_NOTHING:
                foreign.add(name)
    return foreign, clients


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
    """What names and attributes of a module may hold, by their last names: a superset."""

    def __init__(self, tree: ModuleTree) -> None:
        self._leads: dict[str, set[str]] = {}
        self._assigned(tree)
        self._annotated(tree)

    def from_names(self, names: Iterable[str]) -> set[str]:
        """Return ``names`` and all that is given what they denote, make or return."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self._leads.get(name, ()))
        return found

    def _lead(self, value: ast.AST | None, targets: Iterable[ast.AST]) -> None:
        heads = set(_heads(value)) if value is not None else ()
        if heads:
            self._lead_to(heads, {name for target in targets for name in _targets(target)})

    def _lead_to(self, heads: Iterable[str], names: set[str]) -> None:
        for head in heads:
            self._leads.setdefault(head, set()).update(names)

    def _assigned(self, tree: ModuleTree) -> None:
        for node in tree.all(ast.Assign):
            self._lead(node.value, node.targets)
        for one in tree.each(ast.AnnAssign, ast.NamedExpr):
            self._lead(one.value, [one.target])
        for item in tree.all(ast.withitem):
            if item.optional_vars is not None:
                self._lead(item.context_expr, [item.optional_vars])
        for node in tree.each(ast.Return, ast.Yield):  # type: ignore[assignment]
            function = tree.function_of(node)
            if node.value is not None and isinstance(
                function, (ast.FunctionDef, ast.AsyncFunctionDef)
            ):
                heads = set(_heads(node.value))
                if heads:
                    self._lead_to(heads, {function.name})

    def _annotated(self, tree: ModuleTree) -> None:
        for argument in tree.all(ast.arg):
            if argument.annotation is not None:
                self._lead_to(_mentioned(argument.annotation), {argument.arg})
        for node in tree.all(ast.AnnAssign):
            self._lead_to(_mentioned(node.annotation), set(_targets(node.target)))
        for function in tree.each(ast.FunctionDef, ast.AsyncFunctionDef):
            if function.returns is not None:
                self._lead_to(_mentioned(function.returns), {function.name})
            for argument, default in _defaults(function.args):
                self._lead(default, [ast.Name(argument.arg)])
        for owner in tree.all(ast.ClassDef):
            for base in owner.bases:
                self._lead_to(chain(base), {owner.name})


def _defaults(given: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    positional = [*given.posonlyargs, *given.args]
    if given.defaults:
        yield from zip(positional[-len(given.defaults) :], given.defaults, strict=True)
    for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if value is not None:
            yield argument, value


def chain(node: ast.AST) -> list[str]:
    """Return the names of which a chain of calls, attributes and subscripts is made."""
    found: list[str] = []
    while True:
        kind = type(node)
        if kind is ast.Attribute:
            found.append(node.attr)  # type: ignore[attr-defined]
            node = node.value  # type: ignore[attr-defined]
        elif kind is ast.Name:
            found.append(node.id)  # type: ignore[attr-defined]
            return found
        elif kind is ast.Call:
            node = node.func  # type: ignore[attr-defined]
        elif kind is ast.Subscript or kind is ast.Await:
            node = node.value  # type: ignore[attr-defined]
        else:
            return found


def _heads(value: ast.AST) -> Iterator[str]:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind in (ast.Constant, ast.JoinedStr, ast.Dict, ast.BinOp, ast.Compare):
            continue
        if isinstance(node, ast.IfExp):
            waiting += (node.body, node.orelse)
        elif isinstance(node, ast.BoolOp):
            waiting += node.values
        elif isinstance(node, (ast.Tuple, ast.List)):
            waiting += node.elts
        elif isinstance(node, ast.NamedExpr):
            waiting.append(node.value)
        else:
            yield from chain(node)
            if isinstance(node, ast.Call):  # closing(x), Depends(x), cast(X, x)
                yield from (one.id for one in node.args[:2] if type(one) is ast.Name)


def _targets(target: ast.AST) -> Iterator[str]:
    waiting = [target]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.Tuple, ast.List)):
            waiting += node.elts


def _mentioned(annotation: ast.expr) -> set[str]:
    """Return the names in an annotation, those in texts included."""
    kind = type(annotation)
    if kind is ast.Name:
        return {annotation.id}  # type: ignore[attr-defined]
    found: set[str] = set()
    for node in descendants(annotation):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(part for part in _words(node.value) if part.isidentifier())
    return found


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() or char == "_" else " " for char in text).split()
