"""Numbers as they are printed: their digits say how precise they are."""

from __future__ import annotations


def unit(printed: str) -> float:
    """Return one unit of the last digit of a number as it is printed: 0.01 of 33.60."""
    return float(10.0 ** -len(printed.partition(".")[2]))
