"""The pieces at the top of a module: what each binds, and the lines it takes."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct, field

from exai_audit.collectors.structure.symbols.bound import bound_in
from exai_audit.collectors.structure.symbols.imported import (
    IMPORTS,
    conditional_facts,
    import_facts,
    is_conditional_import,
)
from exai_audit.collectors.structure.symbols.uses import last_name, uses_of
from exai_audit.facts.symbols import ImportFact, LineRange, SymbolKind
from exai_audit.files.source import SourceFile

OF_THE_MODULE = frozenset({"__all__", "__dir__", "__doc__", "__getattr__", "__path__"})
_STAYS = frozenset({"__getattr__", "__dir__"})
_DUNDER = re.compile(r"__\w+__\Z")
_OF_THE_FILE = re.compile(r"#!|#.*(?:coding[:=]|copyright|licen[cs]e|spdx)", re.IGNORECASE)
_LOGGERS = frozenset({"getLogger", "get_logger"})
_ALIASES = frozenset(
    {"TypeVar", "NewType", "Union", "Optional", "Callable", "Literal", "ParamSpec"}
)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


class Piece(Struct):
    """Statements that belong together whatever happens: one name, or one line."""

    names: list[str]
    kind: SymbolKind
    nodes: list[ast.stmt] = field(default_factory=list)
    ranges: list[LineRange] = field(default_factory=list)


class Pieces(Struct):
    """What a module's body falls into."""

    pieces: list[Piece] = field(default_factory=list)
    imports: list[ImportFact] = field(default_factory=list)
    features: list[str] = field(default_factory=list)
    exported: tuple[str, ...] | None = None
    exported_at: LineRange | None = None
    docstring: LineRange | None = None
    licence: LineRange | None = None


def pieces_of(source: SourceFile, syntax: ast.Module) -> Pieces:
    """Part the body of a module into pieces, in source order."""
    reader = _Parting(source)
    for number, node in enumerate(syntax.body):
        reader.read(node, is_first=number == 0)
    reader.end()
    return reader.found


class _Parting:
    def __init__(self, source: SourceFile) -> None:
        self.found = Pieces()
        self._source = source
        self._by_name: dict[str, Piece] = {}
        self._last_line = 0
        self._last: Piece | None = None

    def end(self) -> None:
        """Give the comments after all code to what stands last."""
        self._trail(len(self._source.lines), lambda line: line.lstrip().startswith("#"))

    def read(self, node: ast.stmt, *, is_first: bool) -> None:
        first = _first_line(node)
        if is_first:
            self._last_line = self._licence(first, is_docstring=_is_docstring(node))
        self._trail(first - 1, lambda line: line[:1].isspace() and line.lstrip().startswith("#"))
        self._last = None
        lines = self._lines(node, first)
        shares_line = first <= self._last_line
        self._last_line = node.end_lineno or node.lineno
        if is_first and _is_docstring(node):
            self.found.docstring = LineRange(node.lineno, self._last_line)
        elif isinstance(node, IMPORTS):
            self._import(node, lines)
        elif is_conditional_import(node) and not self._needs_pieces(node):
            self.found.imports += conditional_facts(node, lines, self._source)
        elif names := _exports(node):
            self.found.exported = names
            self.found.exported_at = lines
        else:
            self._piece(node, lines, shares_line)

    def _trail(self, end: int, is_its: Callable[[str], bool]) -> None:
        """Give the last piece the comment lines right after it, up to the line ``end``."""
        last = self._last_line
        for number in range(self._last_line + 1, end + 1):
            line = self._source.line(number)
            if is_its(line):
                last = number
            elif line.strip():
                break
        if last > self._last_line and self._last is not None:
            self._last.ranges[-1] = LineRange(self._last.ranges[-1].first, last)
            self._last_line = last

    def _needs_pieces(self, node: ast.stmt) -> bool:
        needed = uses_of([node], annotations_run=True)
        return any(name in self._by_name for name in needed.eager | set(bound_in(node)))

    def _import(self, node: ast.Import | ast.ImportFrom, lines: LineRange) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self.found.features.extend(alias.name for alias in node.names)
        else:
            self.found.imports += import_facts(node, lines, self._source)

    def _piece(self, node: ast.stmt, lines: LineRange, shares_line: bool) -> None:
        is_nameless = isinstance(node, _Definition) and node.name == "_"
        names = [] if is_nameless else list(dict.fromkeys(bound_in(node)))
        known = [self._by_name[name] for name in names if name in self._by_name]
        if shares_line and self.found.pieces:
            known.append(self.found.pieces[-1])
        piece = known[0] if known else self._new(names, _kind(node, names))
        for other in known[1:]:
            if other is not piece and other in self.found.pieces:
                self._join(piece, other)
        piece.names.extend(name for name in names if name not in piece.names)
        piece.nodes.append(node)
        piece.ranges.append(lines)
        self._last = piece
        self._by_name.update(dict.fromkeys(names, piece))

    def _new(self, names: list[str], kind: SymbolKind) -> Piece:
        piece = Piece(list(names), kind)
        self.found.pieces.append(piece)
        return piece

    def _join(self, piece: Piece, other: Piece) -> None:
        self.found.pieces.remove(other)
        piece.names.extend(other.names)
        piece.nodes.extend(other.nodes)
        piece.ranges = sorted([*piece.ranges, *other.ranges], key=lambda r: r.first)
        self._by_name.update(dict.fromkeys(other.names, piece))

    def _licence(self, first: int, *, is_docstring: bool) -> int:
        """Note the comments above all code, and return the last line of what is of the file.

        A comment right above a definition is its own, unless it speaks of the file.
        """
        comments = [n for n in range(1, first) if self._source.line(n).startswith("#")]
        if not comments:
            return 0
        last = comments[-1]
        is_own = last == first - 1 and not is_docstring
        if is_own and not any(_OF_THE_FILE.match(self._source.line(n)) for n in comments):
            return 0
        self.found.licence = LineRange(comments[0], last)
        return last

    def _lines(self, node: ast.stmt, first: int) -> LineRange:
        """Return the lines of a statement with the comments above it, headings among them."""
        top = number = first
        while number - 1 > self._last_line:
            number -= 1
            line = self._source.line(number)
            if line.startswith("#"):
                top = number
            elif line.strip():
                break
        return LineRange(top, node.end_lineno or node.lineno)


def _first_line(node: ast.stmt) -> int:
    if not isinstance(node, _Definition) or not node.decorator_list:
        return node.lineno
    return min(node.lineno, *(decorator.lineno for decorator in node.decorator_list))


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _kind(node: ast.stmt, names: Sequence[str]) -> SymbolKind:
    if names and all(name in _STAYS or _DUNDER.match(name) for name in names):
        return SymbolKind.FIXED
    if isinstance(node, ast.ClassDef):
        return SymbolKind.CLASS
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return SymbolKind.FUNCTION if names else SymbolKind.STATEMENT
    if isinstance(node, ast.If) and _is_main_test(node.test):
        return SymbolKind.MAIN
    if not names:
        return SymbolKind.STATEMENT
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return _assigned_kind(node, names[0])
    return SymbolKind.ALIAS if type(node).__name__ == "TypeAlias" else SymbolKind.BLOCK


def _assigned_kind(node: ast.Assign | ast.AnnAssign, name: str) -> SymbolKind:
    value = node.value
    if isinstance(value, ast.Call):
        called = last_name(value.func)
        if called in _LOGGERS:
            return SymbolKind.LOGGER
        if called in _ALIASES:
            return SymbolKind.ALIAS
    if isinstance(value, ast.Subscript) and last_name(value.value) in _ALIASES:
        return SymbolKind.ALIAS
    if isinstance(value, (ast.Dict, ast.List, ast.Set, ast.Call)) and not name.isupper():
        return SymbolKind.VARIABLE
    return SymbolKind.CONSTANT


def _is_main_test(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
    )


def blocks_below(node: ast.stmt) -> Iterator[ast.AST]:
    """Yield a statement and all statements, handlers and cases in it, nested scopes or not."""
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        yield part
        for block in _BLOCKS if "body" in part._fields or "cases" in part._fields else ():
            stack.extend(getattr(part, block, ()))


def _exports(node: ast.stmt) -> tuple[str, ...]:
    """Return the names of a plain ``__all__ = [...]``."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, (ast.List, ast.Tuple)):
        return ()
    if not any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
        return ()
    names = [e.value for e in node.value.elts if isinstance(e, ast.Constant)]
    return tuple(name for name in names if isinstance(name, str))
