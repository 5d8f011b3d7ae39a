"""One parsed file: its nodes by kind, what holds them, and where they stand."""

from __future__ import annotations

import ast
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TypeVar, overload

from exai_audit.files.source import SourceFile
from exai_audit.location import FILE_START, Place, Span
from exai_audit.syntax.nodes import FUNCTIONS, Function
from exai_audit.syntax.triggers import words_of
from exai_audit.syntax.walk import LEAVES, walk
from exai_audit.syntax.work import Work

_NAMED = (*FUNCTIONS, ast.ClassDef)
_FUNCTIONS = frozenset(FUNCTIONS)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
LONGEST_EVIDENCE = 200
_LONG_LINE = 500
_First = TypeVar("_First", bound=ast.AST)
_Second = TypeVar("_Second", bound=ast.AST)
_Third = TypeVar("_Third", bound=ast.AST)


class SyntaxTree:
    """The nodes of a module, before anybody asks what their names denote.

    ``work`` counts what is handed out: whoever asks is about to look at all of it.
    """

    def __init__(self, source: SourceFile, module: ast.Module, work: Work | None = None) -> None:
        self.source = source
        self.work = work or Work()
        self.module = module
        self._walked = walk(module)
        self.work.add(len(self._walked.parents))
        self.parents = self._walked.parents
        self._functions: dict[ast.AST, Function | ast.Lambda | None] = {}
        self._in_order: set[str] = set()
        self._by_function: dict[str, dict[ast.AST | None, list[ast.Name]]] = {}
        self._evidence: dict[int, str] = {}
        self._columns: dict[int, Sequence[int]] = {}
        self._found: dict[tuple[type[ast.AST], ...], list[ast.AST]] = {}
        self._blocks: dict[ast.AST, dict[ast.AST, tuple[list[ast.AST], int]]] = {}

    @property
    def nodes(self) -> Sequence[ast.AST]:
        """All nodes, outer before inner, in source order."""
        self.work.add(len(self._walked.parents))
        return self._walked.nodes

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[int]]:
        """The places of the inner nodes among all of them, by their kind."""
        by_kind: dict[type[ast.AST], list[int]] = defaultdict(list)
        for number, node in enumerate(self._walked.inner):
            by_kind[type(node)].append(number)
        return by_kind

    @overload
    def all(self, first: type[_First], /) -> Sequence[_First]: ...
    @overload
    def all(self, first: type[_First], second: type[_Second], /) -> Sequence[_First | _Second]: ...
    @overload
    def all(
        self, first: type[_First], second: type[_Second], third: type[_Third], /
    ) -> Sequence[_First | _Second | _Third]: ...
    def all(self, *kinds: type[ast.AST]) -> Sequence[ast.AST]:
        """Return the nodes of exactly these kinds, in source order."""
        if kinds not in self._found:
            self._found[kinds] = self._of_kinds(kinds)
        found = self._found[kinds]
        self.work.add(len(found))
        return found

    def _of_kinds(self, kinds: Collection[type[ast.AST]]) -> list[ast.AST]:
        if not LEAVES.isdisjoint(kinds):
            return [node for node in self._walked.nodes if type(node) in kinds]
        inner, by_kind = self._walked.inner, self._by_kind
        there = [by_kind[kind] for kind in kinds if kind in by_kind]
        numbers = sorted(chain(*there)) if len(there) > 1 else chain(*there)
        return [inner[number] for number in numbers]

    def each(self, first: type[_First], second: type[_Second]) -> Iterator[_First | _Second]:
        """Yield the nodes of two kinds, one kind after the other: faster than in order."""
        yield from self.all(first)
        yield from self.all(second)

    def named(self, identifier: str) -> Sequence[ast.Name]:
        """Return where a name stands for its value or is assigned one, in source order."""
        found = self._by_identifier.get(identifier, [])
        if len(found) > 1 and identifier not in self._in_order:
            self._in_order.add(identifier)
            if any(map(self._is_formatted, found)):  # older interpreters guess where these stand
                found[:] = [one for one in self.all(ast.Name) if one.id == identifier]
            else:
                found.sort(key=_start)
        self.work.add(len(found))
        return found

    def named_in(self, identifier: str, function: ast.AST | None) -> Sequence[ast.Name]:
        """Return where a name stands right in a function's body, as `named` does of the module."""
        if identifier not in self._by_function:
            grouped: dict[ast.AST | None, list[ast.Name]] = {}
            for one in self.named(identifier):
                grouped.setdefault(self.function_of(one), []).append(one)
            self._by_function[identifier] = grouped
        found = self._by_function[identifier].get(function, ())
        self.work.add(len(found))
        return found

    @cached_property
    def _by_identifier(self) -> dict[str, list[ast.Name]]:
        by_identifier: dict[str, list[ast.Name]] = defaultdict(list)
        for node in self.parents:
            if type(node) is ast.Name:
                by_identifier[node.id].append(node)
        return by_identifier

    def mentions(self, identifier: str) -> Sequence[ast.AST]:
        """Return where a name, an attribute or an annotation in quotes says an identifier."""
        names, attributes, quoted = self._mentioning
        found = [
            *names.get(identifier, ()),
            *attributes.get(identifier, ()),
            *quoted.get(identifier, ()),
        ]
        self.work.add(len(found))
        return found

    @cached_property
    def _mentioning(self) -> Sequence[Mapping[str, Sequence[ast.AST]]]:
        return (self._by_identifier, self._by_attribute, self._quoted)

    @cached_property
    def _by_attribute(self) -> dict[str, list[ast.Attribute]]:
        found: dict[str, list[ast.Attribute]] = defaultdict(list)
        for node in self.all(ast.Attribute):
            found[node.attr].append(node)
        return found

    @cached_property
    def _quoted(self) -> dict[str, list[ast.AST]]:
        """The annotations that are written as texts, by the identifiers in them."""
        found: dict[str, list[ast.AST]] = defaultdict(list)
        annotations = [node.annotation for node in self.each(ast.arg, ast.AnnAssign)]
        annotations += [function.returns for function in self.functions]
        for annotation in annotations:
            if type(annotation) is ast.Constant and isinstance(annotation.value, str):
                for word in words_of(annotation.value):
                    found[word].append(annotation)
        return found

    def _is_formatted(self, node: ast.AST) -> bool:
        return any(type(one) is ast.JoinedStr for one in self.ancestors(node))

    @cached_property
    def functions(self) -> Sequence[Function]:
        """All functions, coroutines among them, in source order."""
        return self.all(ast.FunctionDef, ast.AsyncFunctionDef)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that holds ``node``, None for the module."""
        return self.parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around ``node``, from inner to outer."""
        parents = self.parents
        parent = parents.get(node)
        while parent is not None:
            yield parent
            parent = parents.get(parent)

    def block(self, node: ast.AST) -> list[ast.AST]:
        """Return the list of its parent in which a statement, handler or case stands."""
        block, _ = self.place_in_block(node)
        self.work.add(len(block))
        return block

    def place_in_block(self, node: ast.AST) -> tuple[list[ast.AST], int]:
        """Return the block of `block`, and which of it the node is; an empty one without any.

        It spares a look at the whole block.
        """
        parent = self.parents.get(node)
        if parent is None:
            return [], 0
        if parent not in self._blocks:
            self._blocks[parent] = _places_in_blocks(parent)
        return self._blocks[parent].get(node) or ([], 0)

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """Return the innermost statement that ``node`` is or stands in; None for the module."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.parents.get(current)
        return current

    def function_of(self, node: ast.AST) -> Function | ast.Lambda | None:
        """Return the function in whose body ``node`` stands.

        A function's own decorators and defaults belong to what is around it.
        """
        parents, known = self.parents, self._functions
        if node in known:
            return known[node]
        passed: list[ast.AST] = []
        child, parent = node, parents.get(node)
        while parent is not None and child not in known:
            passed.append(child)
            kind = type(parent)
            if (kind in _FUNCTIONS and isinstance(child, ast.stmt)) or (
                kind is ast.Lambda and child is parent.body  # type: ignore[attr-defined]
            ):
                known[child] = parent  # type: ignore[assignment]
                break
            child, parent = parent, parents.get(parent)
        function = known.get(child)
        known.update(dict.fromkeys(passed, function))
        return function

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the nearest class in whose body ``node`` stands, through functions too."""
        child = node
        for parent in self.ancestors(node):
            if type(parent) is ast.ClassDef and isinstance(child, ast.stmt):
                return parent
            child = parent
        return None

    def symbol(self, node: ast.AST) -> str:
        """Return ``Class.method`` for a node in its body, signature or decorators, or itself."""
        named: list[str] = []
        current: ast.AST | None = node
        parents = self.parents
        while current is not None:
            if type(current) in _NAMED:
                named.append(current.name)  # type: ignore[attr-defined]
            current = parents.get(current)
        return ".".join(reversed(named))

    def text(self, node: ast.AST) -> str:
        """Return the text of a node as it is written, without brackets around it."""
        span = self.span(node)
        first, last = span.line, span.end_line
        if first == last:
            return self.source.line(first)[span.column - 1 : span.end_column - 1]
        lines = [self.source.line(number) for number in range(first, last + 1)]
        lines[0], lines[-1] = lines[0][span.column - 1 :], lines[-1][: span.end_column - 1]
        return "\n".join(lines)

    def span(self, node: ast.AST) -> Span:
        """Return where ``node`` stands; a function or class starts at its ``def`` or ``class``."""
        line = getattr(node, "lineno", None)
        if line is None:
            return FILE_START
        end_line: int = node.end_lineno  # type: ignore[attr-defined]
        return Span(
            line,
            self._column(line, node.col_offset),  # type: ignore[attr-defined]
            end_line,
            self._column(end_line, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def _column(self, line: int, offset: int) -> int:
        """Turn an offset in UTF-8 bytes into a 1-based column in characters."""
        text = self.source.line(line)
        if text.isascii():
            return offset + 1
        if len(text) < _LONG_LINE:
            before = text.encode("utf-8", "surrogatepass")[:offset]
            return len(before.decode("utf-8", "replace")) + 1
        if line not in self._columns:
            self._columns[line] = _columns(text)
        return self._columns[line][min(offset, len(self._columns[line]) - 1)]

    def place(self, node: ast.AST) -> Place:
        """Return the span of ``node`` with its symbol and the start of its line as evidence."""
        span = self.span(node)
        if span.line not in self._evidence:
            line = self.source.line(span.line).lstrip()
            self._evidence[span.line] = line[:LONGEST_EVIDENCE].rstrip()
        return Place(span, self.symbol(node), self._evidence[span.line])


def _places_in_blocks(parent: ast.AST) -> dict[ast.AST, tuple[list[ast.AST], int]]:
    return {
        node: (held, index)
        for name in reversed(_BLOCKS)
        if isinstance(held := getattr(parent, name, None), list)
        for index, node in enumerate(held)
    }


def _columns(text: str) -> Sequence[int]:
    """Return the 1-based column of the character that each byte of a line in UTF-8 is of."""
    columns = array("l")
    for column, char in enumerate(text, 1):
        columns.extend([column] * len(char.encode("utf-8", "surrogatepass")))
    columns.append(len(text) + 1)
    return columns


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset
