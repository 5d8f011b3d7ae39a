"""What every changed file must still be: parsable, and with all its comments."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections import Counter

from exai_audit.edits.edit import FileChange
from exai_audit.facts.file import Failure
from exai_audit.files.source import UnreadableSourceError, decode
from exai_audit.syntax.parse import parse_module

_OWN = "exai:"


def flaw(change: FileChange, python: tuple[int, int] | None = None) -> str:
    """Return what is wrong with a changed file, empty where nothing is.

    Args:
        python: the lowest version that the file is for.
    """
    if change.after is None:
        return ""
    try:
        after = decode(change.path, change.after)
        before = decode(change.path, change.before or b"")
    except UnreadableSourceError as error:
        return f"the result could not be decoded: {error}"
    parsed = parse_module(after)
    if isinstance(parsed, Failure):
        return f"the result could not be parsed: line {parsed.line}: {parsed.reason}"
    if _keeps_to(before.text, python) and not _keeps_to(after.text, python):
        return "the result is not for the project's lowest version of Python"
    lost = _comments(before.text) - _comments(after.text)
    comment = next((text for text in lost if _OWN not in text), "")
    return f"the comment {comment!r} would be lost" if comment else ""


def _keeps_to(text: str, python: tuple[int, int] | None) -> bool:
    """Tell whether a version of Python can parse a text, as far as this one can say."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, feature_version=python)
    except (SyntaxError, ValueError):
        return False
    return True


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    try:
        return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        return Counter()
