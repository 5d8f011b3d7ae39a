"""Text to syntax tree: by the interpreter's own parser, by libcst where its grammar differs.

libcst reads the grammars of all versions of Python, at over ten times the cost: it is loaded only
for a file that the interpreter cannot parse, and as the second reader that tests compare with.
"""

from __future__ import annotations

import ast
import warnings
from functools import partial

from exai_audit.facts.file import Failure, FailureKind
from exai_audit.files.source import SourceFile
from exai_audit.syntax.nesting import is_simple, is_too_deep, may_be_too_deep
from exai_audit.syntax.tree import LONGEST_EVIDENCE
from exai_audit.syntax.trial import survives

TOO_DEEP = Failure(FailureKind.UNREADABLE, 1, 1, "nested too deeply to be parsed", "")


def parse_module(source: SourceFile) -> ast.Module | Failure:
    """Return the tree of a file, or why it has none."""
    if "\0" in source.text:  # libcst reads it, and what Pythons say of it differs
        return _with_null(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source.text)
        except SyntaxError as error:
            return _read_by_libcst(source) or _failure(error, source)
        except ValueError as error:
            return Failure(FailureKind.SYNTAX, 1, 1, str(error), "")
        except (RecursionError, MemoryError):
            return TOO_DEEP


_last: dict[str, ast.Module | Failure] = {}


def parse_once(source: SourceFile) -> ast.Module | Failure:
    """Return what `parse_module` does; the last tree is kept for who asks right after."""
    if source.text not in _last:
        _last.clear()  # first: no two trees at a time
        _last[source.text] = parse_module(source)
    return _last[source.text]


def _with_null(source: SourceFile) -> Failure:
    before = source.text.partition("\0")[0]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Failure(FailureKind.SYNTAX, line, column, "source code cannot contain null bytes", "")


def parse_with_both(source: SourceFile) -> ast.Module | Failure:
    """Return the tree that libcst makes of a file, if both parsers can read it."""
    syntax = parse_module(source)
    if isinstance(syntax, Failure) or is_too_deep(syntax, source.lines):
        return syntax
    return _read_by_libcst(source, is_trusted=True) or syntax


def _failure(error: SyntaxError, source: SourceFile) -> Failure:
    line = error.lineno or 1
    evidence = source.line(line).strip()[:LONGEST_EVIDENCE]
    reason = error.msg or "invalid syntax"
    return Failure(FailureKind.SYNTAX, line, max(error.offset or 1, 1), reason, evidence)


def _read_by_libcst(source: SourceFile, *, is_trusted: bool = False) -> ast.Module | None:
    """Return libcst's tree; None where it cannot read the file, or must not: it recurses."""
    if may_be_too_deep(source.text):
        return None
    from exai_audit.syntax.lowering import UnknownSyntaxError, lowered

    if not is_trusted and not is_simple(source.text) and not survives(partial(lowered, source)):
        return None
    try:
        return lowered(source)
    except (UnknownSyntaxError, RecursionError):
        return None
