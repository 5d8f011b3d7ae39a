"""What every changed file must still be: parsable, and with all its comments."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections import Counter

from exai_audit.edits.edit import FileChange
from exai_audit.files.source import UnreadableSourceError, decode

_OWN = "exai:"


def flaw(change: FileChange, python: tuple[int, int] | None = None) -> str:
    """Return what is wrong with a changed file, empty where nothing is.

    Args:
        python: the lowest version that the file is for.
    """
    if change.after is None:
        return ""
    try:
        after = decode(change.path, change.after).text
        before = decode(change.path, change.before or b"").text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(after, feature_version=_version(before, python))
    except (SyntaxError, ValueError, UnreadableSourceError) as error:
        return f"the result could not be parsed: {error}"
    lost = _comments(before) - _comments(after)
    comment = next((text for text in lost if _OWN not in text), "")
    return f"the comment {comment!r} would be lost" if comment else ""


def _version(text: str, python: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the version that a file is for: none where it does not keep to it itself."""
    try:
        ast.parse(text, feature_version=python)
    except SyntaxError:
        return None
    return python


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    try:
        return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        return Counter()
