"""libcst's tree as the interpreter's: for files that this one cannot parse, and to compare with.

libcst knows the grammars of all versions of Python. What the interpreter's `ast` has no kind of
node for becomes the nearest that it has.
"""

from __future__ import annotations

import ast

import libcst as cst

from exai_audit.files.source import SourceFile
from exai_audit.syntax.lowering.contexts import set_contexts
from exai_audit.syntax.lowering.expressions import Expressions
from exai_audit.syntax.lowering.places import Places
from exai_audit.syntax.lowering.statements import Statements


class UnknownSyntaxError(Exception):
    """libcst cannot parse a text, or has a kind of node for it that is not known here."""


def lowered(source: SourceFile) -> ast.Module:
    """Parse ``source`` with libcst and return its tree in the interpreter's form.

    Raises:
        UnknownSyntaxError: the text is not Python, or newer than this.
        RecursionError: it is nested too deeply.
    """
    try:
        module = cst.parse_module(source.text)
        expressions = Expressions(Places(module, source))
        tree = ast.Module(Statements(expressions).block(module.body), type_ignores=[])
        set_contexts(tree)
        return tree
    except RecursionError:
        raise
    except Exception as error:  # values of literals are evaluated, and may be none
        raise UnknownSyntaxError(type(error).__name__) from error
