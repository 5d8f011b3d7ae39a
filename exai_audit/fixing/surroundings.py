"""What around a number or a call forbids to change it there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from exai_audit.fixing.bench import Bench
from exai_audit.fixing.refusal import RefusedError
from exai_audit.location import Span
from exai_audit.syntax.module import ModuleTree
from exai_audit.syntax.nodes import FUNCTIONS, last_name

_SOURCE_READERS = frozenset({"jit", "njit", "script", "cfunc", "vectorize", "compile_module"})
_VENDORED = frozenset({
    "vendor", "vendored", "_vendor", "_vendored", "vendors", "third_party", "thirdparty", "extern",
    "_extern", "external",
})  # fmt: skip
_MIGRATIONS = frozenset({"migrations", "alembic"})
_RUN_BY_TOOLS = frozenset({"setup.py", "conf.py", "conftest.py", "noxfile.py"})
_NAMED_FILE = re.compile(r"""\b([A-Za-z_]\w{0,99})\.py["']""")
_MAIN_GUARD = re.compile(r"""^if\s+__name__\s*==\s*["']__main__["']""", re.MULTILINE)
_NUMBERS = (ast.Constant, ast.BinOp, ast.UnaryOp)


def node_at(span: Span, tree: ModuleTree) -> ast.expr:
    """Return the number or text that stands at a span.

    Raises:
        RefusedError: there is none: the file is not what it was.
    """
    for node in tree.nodes:
        at_line = getattr(node, "lineno", 0) == span.line
        if at_line and isinstance(node, _NUMBERS) and tree.span(node) == span:
            return node
    raise RefusedError("the number is not where it was")


def check_number(node: ast.expr, tree: ModuleTree) -> None:
    """Raise an error where a name cannot stand for a number.

    Raises:
        RefusedError: see above.
    """
    for around in tree.ancestors(node):
        if isinstance(around, (ast.JoinedStr, ast.FormattedValue)):
            raise RefusedError("it stands in an f-string")
        if isinstance(around, ast.match_case) and node in ast.walk(around.pattern):
            raise RefusedError("it stands in a pattern of match")
        if isinstance(around, ast.Subscript) and last_name(around.value) == "Literal":
            raise RefusedError("it stands in a type")
        if isinstance(around, FUNCTIONS):
            if not _SOURCE_READERS.isdisjoint(map(last_name, around.decorator_list)):
                raise RefusedError("a decorator of its function reads the source")
            if any(last_name(one) == "overload" for one in around.decorator_list):
                raise RefusedError("it stands in an overload")
        if isinstance(around, ast.ClassDef) and _is_protocol(around, tree):
            raise RefusedError("it stands in a protocol")


def _is_protocol(node: ast.ClassDef, tree: ModuleTree) -> bool:
    names = {tree.qualified(base) for base in node.bases}
    return not names.isdisjoint(("typing.Protocol", "typing_extensions.Protocol"))


def check_file(path: str, tree: ModuleTree, bench: Bench) -> None:
    """Raise an error where a file must stand on its own, without imports of its project.

    Raises:
        RefusedError: it is vendored, a migration, of tests, run or loaded by its path, or read by
            a tool.
    """
    *folders, name = path.split("/")
    if not _VENDORED.isdisjoint(folders):
        raise RefusedError("the file is vendored")
    if not _MIGRATIONS.isdisjoint(folders[-2:]) and name[:1].isalnum():
        raise RefusedError("a migration stays as it was")
    if name in _RUN_BY_TOOLS:
        raise RefusedError(f"{name} is run by a tool, outside of its package")
    if not tree.roots.isdisjoint(("pytest", "unittest")):
        raise RefusedError("the file belongs to tests")
    if _imports_own(tree):
        return
    is_script = name == "__main__.py" or tree.source.text.startswith("#!")
    if is_script or _MAIN_GUARD.search(tree.source.text):
        raise RefusedError("the file may be run by its path, where its package is not found")
    stem = name.rpartition(".")[0]
    naming = _files_by_name(bench).get(stem, frozenset()) - {path}
    if stem != "__init__" and naming:
        raise RefusedError(f"{min(naming)} names the file, so it may be copied or run by its path")


def _imports_own(tree: ModuleTree) -> bool:
    """Tell whether the module itself imports of its package, so that it runs nowhere else."""
    root = tree.dotted.partition(".")[0]
    return any(
        (isinstance(node, ast.ImportFrom) and (node.level > 0 or _root(node.module) == root))
        or (isinstance(node, ast.Import) and any(_root(one.name) == root for one in node.names))
        for node in tree.module.body
    )


def _root(name: str | None) -> str:
    return (name or "").partition(".")[0]


def _files_by_name(bench: Bench) -> dict[str, frozenset[str]]:
    """Return which files name a Python file in a text, by its stem."""

    def make() -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for path, stem in _named_files(bench):
            found.setdefault(stem, set()).add(path)
        return {stem: frozenset(paths) for stem, paths in found.items()}

    made = bench.made("named files", make)
    assert isinstance(made, dict)
    return made


def _named_files(bench: Bench) -> Iterator[tuple[str, str]]:
    for path in bench.facts:
        source = bench.read(path)
        if source is not None and ".py" in source.text:
            for found in _NAMED_FILE.finditer(source.text):
                yield path, found[1]
