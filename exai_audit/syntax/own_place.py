"""Where a module asks for its own name, package or file, and how it asks one folder deeper."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from exai_audit.facts.file import Failure
from exai_audit.files.source import SourceFile
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.parse import parse_module

NAME, PACKAGE, FILE = "__name__", "__package__", "__file__"
_PARENT = '__package__.rpartition(".")[0]'
_SAME_FILE = frozenset({"Path", "PurePath", "abspath", "realpath", "normpath", "fspath", "str"})
_SAME_PATH = frozenset({"resolve", "absolute", "expanduser"})
_IN_FOLDER = frozenset({
    "PackageLoader", "files", "get_data", "is_resource", "open_binary", "open_text", "read_binary",
    "read_text", "resource_exists", "resource_filename", "resource_listdir", "resource_stream",
    "resource_string",
})  # fmt: skip
_KEEPS_FOLDER = frozenset({"APIBlueprint", "APIFlask", "Blueprint", "Flask", "OpenAPI", "Quart"})


class OwnPlace(Struct, frozen=True):
    """A place where a module asks for ``what``: one of ``NAME``, ``PACKAGE``, ``FILE``.

    ``edits`` are the texts of spans, each within a line, by which a module one folder deeper asks
    for the same; none where nobody can say.
    """

    what: str
    line: int
    edits: tuple[tuple[Span, str], ...] = ()


def own_places(source: SourceFile, dotted: str) -> tuple[OwnPlace, ...]:
    """Return where a module asks, in source order; of a package where it asks for its name.

    Args:
        dotted: the module's name.
    """
    syntax = parse_module(source)
    if isinstance(syntax, Failure):
        return ()
    tree = ModuleTree(source, syntax, dotted)
    found = [*_names(tree)]
    if tree.package != dotted:
        found += [*_files(tree), *_packages(tree)]
    return tuple(sorted(found, key=lambda place: (place.line, place.what)))


def _place(tree: ModuleTree, node: ast.expr, what: str, *edits: tuple[Span, str]) -> OwnPlace:
    is_seen = all(span.line == span.end_line for span, _ in edits)
    return OwnPlace(what, node.lineno, edits if is_seen and _said(tree, node) == what else ())


def _said(tree: ModuleTree, node: ast.expr) -> str:
    """Return the text of a node of one line: older interpreters misplace those of f-strings."""
    span = tree.span(node)
    line = tree.source.line(span.line)
    return line[span.column - 1 : span.end_column - 1] if span.line == span.end_line else ""


def _before(span: Span) -> Span:
    return Span(span.line, span.column, span.line, span.column)


def _behind(span: Span) -> Span:
    return Span(span.end_line, span.end_column, span.end_line, span.end_column)


# The file


def _files(tree: ModuleTree) -> Iterator[OwnPlace]:
    for name in tree.named(FILE):
        yield _place(tree, name, FILE, *_folder_up(tree, name))


def _folder_up(tree: ModuleTree, name: ast.Name) -> tuple[tuple[Span, str], ...]:
    """Return the edits by which the folder of a file is the one above it."""
    node, is_path = _as_path(tree, name)
    parent, end = tree.parents.get(node), _behind(tree.span(node))
    if isinstance(parent, ast.Call) and _called(parent) == "dirname" and node in parent.args:
        return (_before(tree.span(node)), f"{_said(tree, parent.func)}("), (end, ")")
    if not isinstance(parent, ast.Attribute) or not is_path:
        return ()
    if parent.attr in ("parent", "with_name"):
        return ((end, ".parent"),)
    index = tree.parents.get(parent)
    if parent.attr == "parents" and isinstance(index, ast.Subscript):
        count = index.slice
        if isinstance(count, ast.Constant) and type(count.value) is int and count.value >= 0:
            return ((tree.span(count), str(count.value + 1)),)
    return ()


def _as_path(tree: ModuleTree, name: ast.Name) -> tuple[ast.expr, bool]:
    """Return the expression that is the same file, and whether it is a path of ``pathlib``."""
    node: ast.expr = name
    is_path = False
    while True:
        parent = tree.parents.get(node)
        if isinstance(parent, ast.Call) and node in parent.args and _called(parent) in _SAME_FILE:
            node, is_path = parent, _called(parent) in ("Path", "PurePath")
        elif isinstance(parent, ast.Attribute) and parent.attr in _SAME_PATH:
            call = tree.parents.get(parent)
            if not isinstance(call, ast.Call) or call.func is not parent:
                return node, is_path
            node = call
        else:
            return node, is_path


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


# The package and the name


def _packages(tree: ModuleTree) -> Iterator[OwnPlace]:
    """Yield the uses of the package's name: those that are arguments are known to be texts."""
    for name in tree.named(PACKAGE):
        parent = tree.parents.get(name)
        if isinstance(parent, ast.Call | ast.keyword):
            yield _place(tree, name, PACKAGE, (tree.span(name), _PARENT))
        else:
            yield OwnPlace(PACKAGE, name.lineno)


def _names(tree: ModuleTree) -> Iterator[OwnPlace]:
    """Yield the uses of the module's name, but comparisons: ``__main__`` is that of a script."""
    for name in tree.named(NAME):
        parent = tree.parents.get(name)
        if isinstance(parent, ast.Compare):
            continue
        said = _name_above(tree, _called(parent) if isinstance(parent, ast.Call) else "")
        is_set = not isinstance(name.ctx, ast.Load) or _sets_something(tree, parent)
        if is_set or not said:
            yield OwnPlace(NAME, name.lineno)
        else:
            yield _place(tree, name, NAME, (tree.span(name), said))


def _name_above(tree: ModuleTree, called: str) -> str:
    """Return how a module below says the name of the package that this one becomes, or is.

    Who looks for files beside the module needs the folder that it stood in.
    """
    if tree.package == tree.dotted or called not in _IN_FOLDER | _KEEPS_FOLDER:
        return PACKAGE
    return _PARENT if called in _IN_FOLDER and tree.package else ""


def _sets_something(tree: ModuleTree, parent: ast.AST | None) -> bool:
    """Tell whether ``sys.modules[__name__]``, or something of it, is given a value."""
    above = tree.parents.get(parent) if isinstance(parent, ast.Subscript) else None
    is_named = isinstance(above, ast.Call) and _called(above) in ("setattr", "delattr")
    stored = (parent, above)
    return is_named or any(
        isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
        for node in stored
    )
