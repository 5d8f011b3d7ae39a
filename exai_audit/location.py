"""Where something stands in a file."""

from msgspec import Struct


class Span(Struct, frozen=True, order=True):
    """A range of text: 1-based lines and columns, columns in Unicode characters.

    ``end_column`` is exclusive: the column just after the last character, as in SARIF.
    """

    line: int
    column: int
    end_line: int
    end_column: int


class Place(Struct, frozen=True, order=True):
    """A span, the symbol it sits in (``Class.method``, empty at module level), its source line."""

    span: Span
    symbol: str
    evidence: str


FILE_START = Span(1, 1, 1, 1)
