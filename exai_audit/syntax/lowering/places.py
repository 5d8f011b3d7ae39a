"""Where libcst's nodes stand, counted as the interpreter counts: in UTF-8 bytes."""

from __future__ import annotations

import ast
from typing import TypedDict

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from exai_audit.files.source import SourceFile


class Where(TypedDict):
    """The arguments that every placed node of the interpreter's tree takes."""

    lineno: int
    col_offset: int
    end_lineno: int
    end_col_offset: int


class Places:
    """The places of one module's nodes."""

    def __init__(self, module: cst.Module, source: SourceFile) -> None:
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self._ranges = wrapper.resolve(PositionProvider)
        self._source = source

    def of(self, first: cst.CSTNode, last: cst.CSTNode | None = None) -> Where:
        """Return where ``first`` stands, or what lies from it to the end of ``last``."""
        start = self._ranges[first].start
        end = self._ranges[first if last is None else last].end
        return Where(
            lineno=start.line,
            col_offset=self._bytes(start.line, start.column),
            end_lineno=end.line,
            end_col_offset=self._bytes(end.line, end.column),
        )

    def bracketed(self, node: cst.BaseExpression) -> Where:
        """Return where a node stands with its innermost brackets, if it has any."""
        return self.of(node.lpar[-1], node.rpar[0]) if node.lpar else self.of(node)

    def _bytes(self, line: int, column: int) -> int:
        text = self._source.line(line)
        return column if text.isascii() else len(text[:column].encode("utf-8", "surrogatepass"))


def joined(first: Where, last: Where) -> Where:
    """Return what lies from the start of one place to the end of another."""
    return Where(
        lineno=first["lineno"],
        col_offset=first["col_offset"],
        end_lineno=last["end_lineno"],
        end_col_offset=last["end_col_offset"],
    )


def where(node: ast.expr | ast.stmt | ast.pattern) -> Where:
    """Return where a node of the interpreter's tree stands."""
    return Where(
        lineno=node.lineno,
        col_offset=node.col_offset,
        end_lineno=node.end_lineno or node.lineno,
        end_col_offset=node.end_col_offset or node.col_offset,
    )
