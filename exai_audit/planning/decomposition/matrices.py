"""Products of matrices of whole numbers, fast without numpy and the same everywhere.

A row is kept in one long integer, 64 bits a number, so that one multiplication is one of a row by
a number. What comes out must stay below 2**62.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import mul

Matrix = list[list[int]]
_BITS, _BYTES = 64, 8


def gram(rows: Sequence[Sequence[int]]) -> Matrix:
    """Return the products of each two rows."""
    count = len(rows)
    columns = [packed(column) for column in zip(*rows, strict=True)]
    return [unpacked(sum(map(mul, row, columns)), count) for row in rows]


def sparse_gram(rows: Sequence[Sequence[tuple[int, int]]], columns: int) -> Matrix:
    """Return the products of each two rows, of which only some columns are given."""
    totals = [0] * columns
    for number, row in enumerate(rows):
        shift = number * _BITS
        for column, value in row:
            totals[column] += value << shift
    return [
        unpacked(sum([value * totals[column] for column, value in row]), len(rows)) for row in rows
    ]


def sparse_product(rows: Sequence[Sequence[tuple[int, int]]], others: Matrix) -> Matrix:
    """Return the product of a matrix, of which only some columns are given, and another."""
    whole = [packed(row) for row in others]
    return [
        unpacked(sum([value * whole[column] for column, value in row]), len(others)) for row in rows
    ]


def packed(row: Iterable[int]) -> int:
    """Return a row as one integer."""
    found = array("q", row)
    if sys.byteorder == "big":
        found.byteswap()
    signs = _signs(len(found))
    return (int.from_bytes(found.tobytes(), "little") ^ signs) - signs


def unpacked(row: int, count: int) -> list[int]:
    """Return the numbers of a packed row."""
    signs = _signs(count)
    found = array("q", ((row + signs) ^ signs).to_bytes(count * _BYTES, "little"))
    if sys.byteorder == "big":
        found.byteswap()
    return found.tolist()


@lru_cache(maxsize=8)
def _signs(count: int) -> int:
    """Return the highest bit of each number, which is worth as much less as it is set."""
    return (1 << (_BITS - 1)) * (((1 << (_BITS * count)) - 1) // ((1 << _BITS) - 1))
