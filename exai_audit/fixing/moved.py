"""A number in the code becomes the name of a constant: the edits of one site."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from exai_audit.edits.edit import Edit
from exai_audit.facts.timeouts import TimeoutForm
from exai_audit.fixing.bench import Bench
from exai_audit.fixing.imports import Imported, import_member, spelling
from exai_audit.fixing.limits import Constant
from exai_audit.fixing.packages import Home
from exai_audit.fixing.refusal import RefusedError
from exai_audit.fixing.signatures import check_signature
from exai_audit.fixing.sites import Site
from exai_audit.fixing.surroundings import check_file, check_number, node_at
from exai_audit.fixing.wrapping import wrapped
from exai_audit.knowledge.standard_library import STANDARD_LIBRARY
from exai_audit.location import FILE_START, Span
from exai_audit.syntax.module import ModuleTree

_HEAD = '"""Timeouts: how long to wait; a name ends with its unit where that is known."""\n\n'
_ENVIRONMENT_HEAD = '''\
"""Timeouts: how long to wait; a name ends with its unit where that is known.

The environment variable {prefix}_NAME overrides the limit NAME.
"""

import os
from typing import TypeVar

_Number = TypeVar("_Number", int, float)


def _limit(name: str, default: _Number) -> _Number:
    given = os.environ.get(f"{prefix}_{{name}}")
    return type(default)(given) if given else default


'''


def moved(site: Site, constant: Constant, bench: Bench) -> tuple[Edit, ...]:
    """Return the edits that let a site use its constant: there, its import, its definition.

    Raises:
        RefusedError: the place forbids it.
    """
    tree = bench.tree(site.path)
    span = site.fact.literal_span
    assert span is not None
    node = node_at(span, tree)
    check_number(node, tree)
    if site.fact.form is TimeoutForm.PARAMETER_DEFAULT:
        check_signature(node, site, tree, bench)
    check_file(site.path, tree, bench)
    _check_counter(node, tree)
    name, imported = used(constant, tree, node, bench)
    text = f"str({name})" if site.is_text else name
    spans = (span, *(tree.span(one) for one in _compared(node, tree)))
    edits = [Edit(site.path, one, text) for one in spans]
    if _is_alone(site, bench):
        edits += wrapped(node, text, tree, bench)
    return (*edits, *imported, *defined(constant, bench))


def _is_alone(site: Site, bench: Bench) -> bool:
    """Tell whether no other limit is written on the line of a site."""
    spans = {fact.literal_span for fact in bench.facts[site.path].timeouts}
    line = site.fact.literal_span.line if site.fact.literal_span is not None else 0
    return sum(span is not None and span.line == line for span in spans) == 1


def _assigned(node: ast.expr, tree: ModuleTree) -> str:
    """Return the plain name that is given a number, empty where that is none."""
    statement = tree.parent(node)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _check_counter(node: ast.expr, tree: ModuleTree) -> None:
    """Raise an error where a number is the first of those that a loop counts through."""
    name, function = _assigned(node, tree), tree.function_of(node)
    for one in tree.all(ast.AugAssign) if name else ():
        counts = isinstance(one.op, (ast.Add, ast.Sub)) and isinstance(one.value, ast.Constant)
        is_it = isinstance(one.target, ast.Name) and one.target.id == name
        if counts and is_it and tree.function_of(one) is function:
            raise RefusedError("it counts the turns of a loop")


def _compared(node: ast.expr, tree: ModuleTree) -> Iterator[ast.expr]:
    """Yield the same number in the condition under which a name is given it: both are one limit."""
    name, statement = _assigned(node, tree), tree.parent(node)
    around = tree.parent(statement) if name and statement is not None else None
    if not isinstance(around, ast.If) or not isinstance(around.test, ast.Compare):
        return
    parts = [around.test.left, *around.test.comparators]
    if any(isinstance(part, ast.Name) and part.id == name for part in parts):
        yield from (part for part in parts if tree.text(part) == tree.text(node))


def used(
    constant: Constant, tree: ModuleTree, node: ast.AST, bench: Bench
) -> tuple[str, tuple[Edit, ...]]:
    """Return how a file writes a constant, and the edits that import it.

    Raises:
        RefusedError: every name for it means something else in the file.
    """
    home = constant.home
    _check_package(home, bench)
    before = _first_use(node, tree)
    spelled, beside = spelling(home.package, tree), _own_packages(bench)
    try:
        found = import_member(home.package, home.name, tree, before, spelled, beside)
    except RefusedError:
        joint = "" if spelled.endswith(".") else "."
        package, inner = f"{home.package}.{home.name}", f"{spelled}{joint}{home.name}"
        direct: Imported = import_member(package, constant.name, tree, before, inner, beside)
        return direct.name, direct.edits
    return f"{found.name}.{constant.name}", found.edits


def _own_packages(bench: Bench) -> frozenset[str]:
    """Return the top names by which the project's files import one another."""

    def found() -> frozenset[str]:
        roots = {bench.dotted(path).partition(".")[0] for path in bench.facts}
        return frozenset(roots - STANDARD_LIBRARY)

    roots = bench.made("own packages", found)
    assert isinstance(roots, frozenset)
    return roots


def _first_use(node: ast.AST, tree: ModuleTree) -> int:
    """Return the line above which an import must stand, when the code runs as it is imported."""
    if tree.function_of(node) is not None:
        return sys.maxsize
    statement = tree.statement(node)
    while statement is not None and tree.parent(statement) is not tree.module:
        parent = tree.parent(statement)
        statement = tree.statement(parent) if parent is not None else None
    decorators = getattr(statement, "decorator_list", [])
    lines = [one.lineno for one in (*decorators, statement) if one is not None]
    return min(lines, default=sys.maxsize)


def _check_package(home: Home, bench: Bench) -> None:
    """Raise an error where the package gives the module's name another meaning."""
    path = f"{home.path.rpartition('/')[0]}/__init__.py"
    source = bench.read(path)
    if source is None or home.name not in source.text:
        return
    bindings = bench.tree(path).scopes.module.names.get(home.name, [])
    if any(binding.target != f"{home.package}.{home.name}" for binding in bindings):
        raise RefusedError(f"{path} gives the name {home.name} another meaning")


def defined(constant: Constant, bench: Bench) -> tuple[Edit, ...]:
    """Return the edits that define a constant: its module, if it is new, and its line.

    Raises:
        RefusedError: environment variables are to override it, but its module has no way for that.
    """
    if not constant.is_new:
        return ()
    home, line = constant.home, f"{constant.name} = {constant.literal}\n"
    source = bench.read(home.path)
    if bench.choices.environment:
        line = f'{constant.name} = _limit("{constant.name}", {constant.literal})\n'
    if source is None:
        return (Edit(home.path, FILE_START, _head(home, bench)), Edit(home.path, FILE_START, line))
    if bench.choices.environment and "def _limit(" not in source.text:
        raise RefusedError(f"{home.path} does not read the environment: add to it by hand")
    last = len(source.lines)
    if source.text.endswith("\n") or not source.text:
        return (Edit(home.path, _at(last + 1, 1), line),)
    end = _at(last, len(source.lines[-1]) + 1)
    return (Edit(home.path, end, "\n"), Edit(home.path, end, line))


def _head(home: Home, bench: Bench) -> str:
    if not bench.choices.environment:
        return _HEAD
    return _ENVIRONMENT_HEAD.format(prefix=home.package.partition(".")[0].upper())


def _at(line: int, column: int) -> Span:
    return Span(line, column, line, column)
