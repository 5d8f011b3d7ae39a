"""Ranges of text, and whether they share any."""

from __future__ import annotations

from collections.abc import Iterable

from exai_audit.location import Span


def meet(one: Span, other: Span) -> bool:
    """Tell whether two ranges share text; one that inserts only shares what is around it."""
    return _start(one) < _end(other) and _start(other) < _end(one)


def is_empty(span: Span) -> bool:
    """Tell whether a range has no text: something is inserted there."""
    return _start(span) == _end(span)


def is_inside(span: Span, others: Iterable[Span]) -> bool:
    """Tell whether a range lies in one of others."""
    return any(_start(other) <= _start(span) and _end(span) <= _end(other) for other in others)


def is_within(span: Span, other: Span) -> bool:
    """Tell whether a range lies in another, and does not begin where it begins."""
    return _start(other) < _start(span) and _end(span) <= _end(other)


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column
