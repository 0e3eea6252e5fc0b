"""Marks: the colour and the outline that stand for a method, the same on pages and in figures."""

from __future__ import annotations

from typing import NamedTuple

COLOURS = ("#0072b2", "#c14f00", "#00805c", "#b04c86", "#8a6d00", "#4a3aa7", "#5f6670", "#9c1f2e")
"""On white, after Okabe and Ito; `report.css` has them as `--m0` and on, with others on black."""

_SHAPES = (
    ("M0-5A5 5 0 1 1 0 5A5 5 0 1 1 0-5Z", "o"),  # circle
    ("M-4.5-4.5H4.5V4.5H-4.5Z", "s"),  # square
    ("M0-6L5.6 4.4H-5.6Z", "^"),  # triangle
    ("M0-6.2L6.2 0L0 6.2L-6.2 0Z", "D"),  # diamond
    ("M0 6L5.6-4.4H-5.6Z", "v"),  # triangle, on its tip
    ("M-2-5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5V-2H-2Z", "P"),  # plus
    ("M0-6L1.7-2.3L5.7-1.9L2.7.9L3.5 4.9L0 2.8L-3.5 4.9L-2.7.9L-5.7-1.9L-1.7-2.3Z", "*"),  # star
    ("M-3-5.2H3L6 0L3 5.2H-3L-6 0Z", "H"),  # hexagon
    ("M-3.5-5.5L0-2L3.5-5.5L5.5-3.5L2 0L5.5 3.5L3.5 5.5L0 2L-3.5 5.5L-5.5 3.5L-2 0L-5.5-3.5Z", "X"),  # cross
)
"""Outlines as SVG paths about the origin, and as matplotlib's markers; one more than there are colours, so that 72
methods have marks of their own."""


class Look(NamedTuple):
    """What a method is drawn with."""

    number: int
    """That of its colour."""
    colour: str
    outline: str
    """An SVG path."""
    marker: str
    """As matplotlib calls the outline."""


def look(number: int) -> Look:
    """Return what the method of this number, from 0, is drawn with."""
    colour = number % len(COLOURS)
    return Look(colour, COLOURS[colour], *_SHAPES[number % len(_SHAPES)])
