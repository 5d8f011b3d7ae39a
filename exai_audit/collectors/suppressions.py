"""Comments that silence findings: ``# exai: ignore[CODE]`` and ``# exai: ignore-file[CODE]``."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from token import COMMENT, DEDENT, INDENT, NEWLINE, NL, STRING

from exai_audit.facts.suppressions import SuppressionFact
from exai_audit.source import SourceFile

TRIGGERS = re.compile(rb"exai:")
_COMMENT = re.compile(
    r"(?:^|\s)#\s*exai:\s*ignore(?P<file>-file)?\s*\[(?P<codes>[^\]]*)\]"
    r"(?:\s+until=\S+)?(?:\s*--\s*(?P<reason>.*))?"
)
_QUIET = frozenset((COMMENT, NL, INDENT, DEDENT))
_ENDS = frozenset((NEWLINE, DEDENT))
_GOES_ON = frozenset(("elif", "else", "except", "finally"))
Tokens = Sequence[tokenize.TokenInfo]


def suppressions(source: SourceFile) -> tuple[SuppressionFact, ...]:
    """Return the file's suppressions in order; text that only looks like one is none.

    A comment behind code speaks for its line; one on its own line for the whole statement below
    it; one for the file stands above the first statement, docstring aside.
    """
    if "exai:" not in source.text:
        return ()
    tokens = tuple(_tokens(source.text))
    facts = (_fact(tokens, at, len(source.lines)) for at in range(len(tokens)))
    return tuple(fact for fact in facts if fact)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield tokens as far as the tokenizer comes."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


def _fact(tokens: Tokens, at: int, last_line: int) -> SuppressionFact | None:
    comment = tokens[at]
    match = _COMMENT.search(comment.string) if comment.type == COMMENT else None
    if match is None:
        return None
    codes = tuple(code.strip().upper() for code in match["codes"].split(",") if code.strip())
    whole_file = bool(match["file"])
    if not codes or (whole_file and not _is_at_top(tokens, at)):
        return None
    if whole_file:
        first, last = 1, last_line
    elif _is_alone(comment):
        first, last = _statement_below(tokens, at)
    else:
        first, last = _first_line_of(tokens, at), comment.start[0]
    reason = (match["reason"] or "").strip()
    return SuppressionFact(comment.start[0], codes, reason, first, last, whole_file)


def _is_alone(comment: tokenize.TokenInfo) -> bool:
    return not comment.line[: comment.start[1]].strip()


def _is_at_top(tokens: Tokens, at: int) -> bool:
    before = [token for token in tokens[:at] if token.type not in _QUIET]
    return [token.type for token in before] in ([], [STRING, NEWLINE])


def _first_line_of(tokens: Tokens, at: int) -> int:
    """Return the line, or that where a string begins which ends on it before the comment."""
    line = tokens[at].start[0]
    first = line
    for token in reversed(tokens[:at]):
        if token.end[0] < line:
            break
        first = min(first, token.start[0])
    return first


def _statement_below(tokens: Tokens, at: int) -> tuple[int, int]:
    """Return the first and last line of the statement that begins after ``tokens[at]``.

    Inside brackets there is none: then it is the next line of code.
    """
    start = _next_code(tokens, at)
    first = tokens[start].start[0]
    if not _begins_statement(tokens, at):
        return first, first
    last, depth = first, 0
    for here in range(start, len(tokens)):
        kind = tokens[here].type
        depth += (kind == INDENT) - (kind == DEDENT)
        if kind == NEWLINE:
            last = tokens[here].start[0]
            if depth == 0 and tokens[start].string == "@":
                start = _next_code(tokens, here)
                continue
        if depth < 0 or (depth == 0 and kind in _ENDS and not _goes_on(tokens, here)):
            break
    return first, last


def _begins_statement(tokens: Tokens, at: int) -> bool:
    before = (token.type for token in reversed(tokens[:at]) if token.type not in _QUIET)
    return next(before, NEWLINE) == NEWLINE


def _goes_on(tokens: Tokens, here: int) -> bool:
    """Tell whether the statement has another part after the line or block that ends here."""
    following = (tokens[i] for i in range(here + 1, len(tokens)))
    part = next((token for token in following if token.type not in (COMMENT, NL)), None)
    return part is not None and (part.type == INDENT or part.string in _GOES_ON)


def _next_code(tokens: Tokens, at: int) -> int:
    following = range(at + 1, len(tokens))
    return next((i for i in following if tokens[i].type not in _QUIET), at)
