"""Where a comment that silences a finding goes."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence
from typing import NamedTuple

from exai_audit.finding import Finding

_OURS = re.compile(r"#\s*exai:\s*ignore\[(?P<codes>[^\]]*)(?=\])")
_HEAD = re.compile(r"#!|#.*coding[:=]")
_ENDS = (tokenize.NEWLINE, tokenize.NL)


class Insertion(NamedTuple):
    """Text to be put in front of a character; both count from 0.

    ``reason`` is the part of the text that a person is to write.
    """

    line: int
    character: int
    before: str
    reason: str
    after: str


def suppression(finding: Finding, lines: Sequence[str], reason: str) -> Insertion | None:
    """Return what silences a finding in a file of these lines, None where no comment can.

    No comment silences what speaks of the whole project, nor can one stand in a string, behind a
    backslash, or in a file that cannot be parsed.
    """
    if finding.project_wide:
        return None
    if not finding.evidence:
        top = next((n for n, line in enumerate(lines) if not _HEAD.match(line)), len(lines))
        return Insertion(top, 0, f"# exai: ignore-file[{finding.code}] -- ", reason, "\n")
    end = _end_of_line(finding.line, lines)
    if end is None:
        return None
    known = _OURS.search(lines[finding.line - 1])
    if known is not None:
        between = ", " if known["codes"].strip() else ""
        return Insertion(finding.line - 1, known.end(), f"{between}{finding.code}", "", "")
    return Insertion(finding.line - 1, end, f"  # exai: ignore[{finding.code}] -- ", reason, "")


def _end_of_line(number: int, lines: Sequence[str]) -> int | None:
    """Return where the code and the comment of a line end, None where no comment can follow."""
    text = io.StringIO("\n".join((*lines, "")).partition("\0")[0])  # which breaks the tokenizer
    try:
        for token in tokenize.generate_tokens(text.readline):
            if token.type in _ENDS and token.start[0] == number:
                return len(lines[number - 1].rstrip())
    except (tokenize.TokenError, SyntaxError):
        return None
    return None
