"""Powers of two by additions, multiplications and divisions alone.

Mathematical libraries round powers differently from one another. These operations are rounded
alike wherever floats are IEEE 754 doubles, so the score has the same digits on every platform, and
in the HTML report, which computes it again in a browser.
"""

from __future__ import annotations

from math import floor

_LN2 = 0.6931471805599453
_TERMS = 14
"""The terms left out are below half a unit in the last place, for parts of at most one half."""


def negative_power_of_two(exponent: float) -> float:
    """Return 2 to the power of ``-exponent``, for an exponent from 0 to 1000."""
    whole = floor(exponent + 0.5)
    part = (whole - exponent) * _LN2
    series = 1.0
    for term in range(_TERMS, 0, -1):
        series = 1.0 + part * series / term
    for _ in range(whole):
        series *= 0.5
    return series
