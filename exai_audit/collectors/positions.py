"""Where nodes stand, worked out only for the statements that are asked about.

The nth libcst statement is the nth ``ast`` statement, which knows its place; inside one statement
libcst's own code generation tells how far each node is from its start. Where ``ast`` cannot read a
file, or a node hangs between statements, the whole module is generated instead.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import libcst as cst
from libcst._nodes.internal import CodegenState

from exai_audit.collectors.walk import Walked
from exai_audit.location import FILE_START, Span
from exai_audit.source import SourceFile

_STATEMENTS = (cst.BaseSmallStatement, cst.BaseCompoundStatement)
_BODIES = (cst.IndentedBlock, cst.SimpleStatementSuite)
_BETWEEN = (
    cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally, cst.Else, cst.MatchCase, *_BODIES,
    cst.SimpleStatementLine,
)  # fmt: skip


class Positions:
    """Spans of nodes of one module.

    ``twins`` are the statements of the interpreter's tree, one for each of libcst's, else none.
    """

    def __init__(
        self,
        source: SourceFile,
        module: cst.Module,
        walked: Walked,
        twins: Sequence[ast.stmt],
    ) -> None:
        self._source = source
        self._module = module
        self._walked = walked
        self._spans: dict[cst.CSTNode, Span] = {}
        self._twins = twins
        self._whole = len(twins) != len(walked.order)
        self._generated = False

    def span(self, node: cst.CSTNode) -> Span:
        """Return where ``node`` stands, without the whitespace around it."""
        if node not in self._spans:
            self._locate(node)
        return self._spans.get(node, FILE_START)

    def line_of_statement(self, node: cst.CSTNode) -> int | None:
        """Return a statement's first line from ``ast`` alone, or None where it cannot tell."""
        return None if self._whole else self._twin(node).lineno

    def _locate(self, node: cst.CSTNode) -> None:
        statement = None if self._whole else self._anchor(node)
        if statement is None:
            self._generate_module()
        elif statement is node:
            self._spans[node] = self._twin_span(node)
        else:
            self._generate(statement)
            if node not in self._spans:
                self._generate_module()

    def _anchor(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the statement whose header holds ``node``, None between two statements."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, _STATEMENTS):
            if isinstance(current, _BETWEEN):
                return None
            current = self._walked.parents.get(current)
        return current

    def _twin(self, statement: cst.CSTNode) -> ast.stmt:
        return self._twins[self._walked.order[statement]]

    def _twin_span(self, statement: cst.CSTNode) -> Span:
        twin = self._twin(statement)
        end_line = twin.end_lineno or twin.lineno
        end = self._characters(end_line, twin.end_col_offset or 0)
        return Span(twin.lineno, self._characters(twin.lineno, twin.col_offset), end_line, end)

    def _characters(self, line: int, offset: int) -> int:
        """Turn ``ast``'s offset in UTF-8 bytes into a 1-based column in characters."""
        text = self._source.line(line)
        if text.isascii():
            return offset + 1
        return len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")) + 1

    def _generate(self, statement: cst.CSTNode) -> None:
        twin = self._twin(statement)
        state = _Recorder(self._module, self._indents(statement), stops=True)
        small = isinstance(statement, cst.BaseSmallStatement)
        if small:
            state.column = self._characters(twin.lineno, twin.col_offset) - 1
        elif_branch = isinstance(self._walked.parents.get(statement), cst.If)
        try:
            if isinstance(statement, cst.If) and elif_branch:
                statement._codegen(state, is_elif=True)
            else:
                statement._codegen(state)
        except _BodyReached:
            pass
        first = state.spans.pop(statement, None)
        start = 1 if small else state.starts.get(statement, first.line if first else 1)
        self._keep(state, twin.lineno - start)
        self._spans[statement] = self._twin_span(statement)

    def _keep(self, state: _Recorder, shift: int) -> None:
        for node, span in state.spans.items():
            self._spans[node] = Span(
                span.line + shift, span.column, span.end_line + shift, span.end_column
            )

    def _indents(self, node: cst.CSTNode) -> list[str]:
        indents: list[str] = []
        current: cst.CSTNode | None = node
        while current is not None:
            if isinstance(current, cst.IndentedBlock):
                indent = current.indent
                indents.append(self._module.default_indent if indent is None else indent)
            current = self._walked.parents.get(current)
        return indents[::-1]

    def _generate_module(self) -> None:
        if not self._generated:
            self._generated = True
            state = _Recorder(self._module, [], stops=False)
            self._module._codegen(state)
            for node, span in state.spans.items():
                self._spans.setdefault(node, span)


class _BodyReached(Exception):  # noqa: N818 - a signal, not an error
    """The header of a compound statement is generated; its body is not wanted."""


class _Recorder(CodegenState):
    """A code generator that notes where each node starts and ends."""

    def __init__(self, module: cst.Module, indents: list[str], stops: bool) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.indent_tokens = indents
        self.line = 1
        self.column = 0
        self.spans: dict[cst.CSTNode, Span] = {}
        self.starts: dict[cst.CSTNode, int] = {}
        self._stops = stops
        self._begun: list[tuple[int, int]] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value: str) -> None:
        newlines = value.count("\n")
        if newlines:
            self.line += newlines
            self.column = len(value) - value.rindex("\n") - 1
        else:
            self.column += len(value)

    def pop_trailing_newline(self) -> None:
        """Tokens are not kept, so there is nothing to take back."""

    def before_codegen(self, node: cst.CSTNode) -> None:
        if self._stops and isinstance(node, _BODIES):
            raise _BodyReached
        self._begun.append((self.line, self.column))

    def after_codegen(self, node: cst.CSTNode) -> None:
        line, column = self._begun.pop()
        if node not in self.spans:
            self.spans[node] = Span(line, column + 1, self.line, self.column + 1)

    @contextmanager
    def record_syntactic_position(
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> Iterator[None]:
        line, column = self.line, self.column
        self.starts[node] = line
        yield
        span = Span(line, column + 1, self.line, self.column + 1)
        if start_node in self.spans:
            first = self.spans[start_node]
            span = Span(first.line, first.column, span.end_line, span.end_column)
        if end_node in self.spans:
            last = self.spans[end_node]
            span = Span(span.line, span.column, last.end_line, last.end_column)
        self.spans[node] = span


def statements_of(syntax: ast.Module, left_out: Collection[ast.AST]) -> list[ast.stmt]:
    """Return all statements, outer before inner, in source order.

    Args:
        left_out: functions of whose bodies libcst sees one statement only.
    """
    found: list[ast.stmt] = []
    stack: list[ast.AST] = list(reversed(syntax.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            found.append(node)
        if node in left_out:
            found.append(node.body[0])  # type: ignore[attr-defined]
            continue
        for block in ("cases", "finalbody", "orelse", "handlers", "body"):
            inner = getattr(node, block, None)
            if isinstance(inner, list):
                stack.extend(reversed(inner))
    return found
