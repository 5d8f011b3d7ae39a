"""Comments that silence findings: ``# exai: ignore[CODE]`` and ``# exai: ignore-file[CODE]``."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from token import COMMENT, DEDENT, INDENT, NEWLINE, NL, OP, STRING

from exai_audit.facts.suppressions import SuppressionFact
from exai_audit.files.source import SourceFile

TRIGGERS = re.compile(rb"exai:")
_COMMENT = re.compile(
    r"(?:^|\s)(?P<text>#\s*exai:\s*ignore(?P<file>-file)?(?![\w-])"
    r"(?:\s*\[(?P<codes>[^\]]*)\])?"
    r"(?:\s+until=(?P<until>\S*))?"
    r"(?:\s*--\s*(?P<reason>.*?)(?=\s*$|\s+#\s*(?:exai|noqa|type|pyright|pylint|mypy|nosec)\b))?)"
)
_REASON_UNTIL = re.compile(r"(?:^|\s+)until=(?P<until>\S*)$")
_CLOSING = frozenset(")]}")
_OPENING = frozenset("([{")
_QUIET = frozenset((COMMENT, NL, INDENT, DEDENT))
_ENDS = frozenset((NEWLINE, DEDENT))
_GOES_ON = frozenset(("elif", "else", "except", "finally"))
Tokens = Sequence[tokenize.TokenInfo]


def suppressions(source: SourceFile) -> tuple[SuppressionFact, ...]:
    """Return the file's suppressions in order; text that only looks like one is none.

    A comment behind code speaks for its line, and for what a bracket closes that the line begins
    with: formatters move it there. One on its own line speaks for the whole statement below it; one
    for the file stands above the first statement, docstring aside. One that silences nothing,
    because it names no code or stands in the wrong place, is returned too.
    """
    if "exai:" not in source.text:
        return ()
    tokens = tuple(_tokens(source.text))
    return tuple(
        _fact(tokens, at, len(source.lines), match)
        for at, token in enumerate(tokens)
        if token.type == COMMENT
        for match in _COMMENT.finditer(token.string)
    )


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield tokens as far as the tokenizer comes; never past a null character, which breaks it."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text.partition("\0")[0]).readline)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


def _fact(tokens: Tokens, at: int, last_line: int, match: re.Match[str]) -> SuppressionFact:
    comment = tokens[at]
    named = (code.strip().upper() for code in (match["codes"] or "").split(","))
    reason, until = _reason_and_day(match)
    whole_file = bool(match["file"])
    if whole_file:
        first, last = 1, last_line
    elif _is_alone(comment):
        first, last = _statement_below(tokens, at)
    else:
        first, last = _first_line_of(tokens, at), comment.start[0]
    return SuppressionFact(
        line=comment.start[0],
        codes=tuple(dict.fromkeys(code for code in named if code)),
        reason=reason,
        first=first,
        last=last,
        whole_file=whole_file,
        column=comment.start[1] + match.start("text") + 1,
        text=match["text"].strip(),
        until=until,
        at_top=not whole_file or _is_at_top(tokens, at),
    )


def _reason_and_day(match: re.Match[str]) -> tuple[str, str]:
    """Return both as written; the day, which may also follow the reason, is ``?`` if left out."""
    reason, until = (match["reason"] or "").strip(), match["until"]
    if until is None and (behind := _REASON_UNTIL.search(reason)):
        reason, until = reason[: behind.start()], behind["until"]
    return reason, "" if until is None else until or "?"


def _is_alone(comment: tokenize.TokenInfo) -> bool:
    return not comment.line[: comment.start[1]].strip()


def _is_at_top(tokens: Tokens, at: int) -> bool:
    before = [token for token in tokens[:at] if token.type not in _QUIET]
    return [token.type for token in before] in ([], [STRING, NEWLINE])


def _first_line_of(tokens: Tokens, at: int) -> int:
    """Return the line, or that where begins what ends on it before the comment.

    That is a long string, or what the bracket closes that the line begins with.
    """
    line = tokens[at].start[0]
    begin = at
    while begin > 0 and tokens[begin - 1].end[0] == line:
        begin -= 1
    if tokens[begin].string in _CLOSING:
        begin = _opening(tokens, begin)
    return min(line, tokens[begin].start[0])


def _opening(tokens: Tokens, closing: int) -> int:
    """Return the index of the bracket that ``tokens[closing]`` closes."""
    depth = 0
    for here in range(closing, -1, -1):
        if tokens[here].type == OP:
            depth += (tokens[here].string in _CLOSING) - (tokens[here].string in _OPENING)
        if depth == 0:
            return here
    return closing


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
