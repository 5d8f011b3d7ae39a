"""Products of matrices of whole numbers, fast without numpy and the same everywhere.

A row is kept in one long integer, 64 bits a number, so that one multiplication is one of a row by
a number, and one sum that of two rows. What comes out must stay below 2**62.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import mul

Matrix = list[list[int]]
Packed = list[int]
"""The rows of a matrix, each packed."""
_BITS, _BYTES = 64, 8
_BLOCK = 64


def gram(rows: Sequence[Sequence[int]]) -> Matrix:
    """Return the products of each two rows.

    What stands left of a block on the diagonal is what stands above it, mirrored.
    """
    count = len(rows)
    whole = [*zip(*rows, strict=True)]
    found: Matrix = []
    for begin in range(0, count, _BLOCK):
        columns = [packed(column[begin:]) for column in whole]
        known = [*zip(*(row[begin : begin + _BLOCK] for row in found), strict=True)]
        for number, row in enumerate(rows[begin : begin + _BLOCK]):
            right = unpacked(sum(map(mul, row, columns)), count - begin)
            found.append([*(known[number] if known else ()), *right])
    return found


def sparse_gram(rows: Sequence[Sequence[tuple[int, int]]], columns: int) -> Packed:
    """Return the products of each two rows, of which only some columns are given."""
    totals = [0] * columns
    for number, row in enumerate(rows):
        shift = number * _BITS
        for column, value in row:
            totals[column] += value << shift
    return sparse_product(rows, totals)


def sparse_product(rows: Sequence[Sequence[tuple[int, int]]], others: Packed) -> Packed:
    """Return the product of a matrix, of which only some columns are given, and another."""
    return [sum([value * others[column] for column, value in row]) for row in rows]


def symmetric(halves: Sequence[Sequence[int]]) -> Packed:
    """Return a matrix that is its own mirror image, with zeros in its diagonal.

    Args:
        halves: of each row what stands right of the diagonal.
    """
    rows = [[*[0] * (number + 1), *half] for number, half in enumerate(halves)]
    columns = zip(*rows, strict=True)
    return [packed(row) + packed(column) for row, column in zip(rows, columns, strict=True)]


def shifted(row: int, bits: int, count: int) -> int:
    """Return a packed row of numbers that are not negative, each shifted right."""
    return (row >> bits) & _kept(bits, count)


def placed(value: int, number: int) -> int:
    """Return what adds a value to one number of a packed row."""
    return value << (number * _BITS)


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
    return (1 << (_BITS - 1)) * _ones(count)


@lru_cache(maxsize=8)
def _kept(bits: int, count: int) -> int:
    """Return all bits of each number but the highest ``bits``, where its neighbour's come in."""
    return ((1 << (_BITS - bits)) - 1) * _ones(count)


def _ones(count: int) -> int:
    return ((1 << (_BITS * count)) - 1) // ((1 << _BITS) - 1)
