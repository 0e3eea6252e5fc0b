"""The comparison strip: each image whole, with a box, beside what HR and each method have there, pixel by pixel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from srbench.reports.figures.panels import GAP, Example, Panel, Title, draw, titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.figure import Figure

_ROW, _LONG = 4, 7
"""Crops in a row, at most: of one image, and of several, which have one row each if they can."""
_SIDE, _NARROW, _WIDE = 1.5, 1.2, 3.6
"""Inches: how high a crop is, how wide its cell is at least, and how wide a crop may be."""
_ACROSS = 10
"""Inches of all crops of a row together, at most."""
_WHOLE = 4.5
"""Inches that a whole image may be wide."""


class _Block(NamedTuple):
    """An image and its crops, with what all blocks of a figure share, so that their columns are aligned."""

    example: Example
    cell: float
    """Inches that a crop's cell is wide."""
    columns: int
    """Crops in a row."""
    beside: float = 0
    """Inches of the column of whole images."""

    @property
    def lines(self) -> list[list[tuple[str, Title]]]:
        """Return the rows of crops, with their titles."""
        cells = list(zip(self.example.names, titles(self.example), strict=True))
        return [cells[start : start + self.columns] for start in range(0, len(cells), self.columns)]

    @property
    def heading(self) -> Title:
        """Return the title of the whole image."""
        return Title(str(self.example.rows[0].image), [self.example.setting])

    @property
    def title_heights(self) -> list[float]:
        """Return the inches that the titles of each row of crops take, in the first row also that of the image."""
        first, *others = (max(title.height(self.cell) for _, title in line) for line in self.lines)
        return [max(first, self.heading.height(self.beside) if self.beside else 0), *others]

    @property
    def room(self) -> float:
        """Return the inches from the top of the first row of crops to the foot of the last."""
        heights = self.title_heights
        return sum(heights[1:]) + len(heights) * (_size(self.example)[1] + GAP) - GAP

    @property
    def height(self) -> float:
        """Return the inches of all, the titles of the first row included."""
        return self.title_heights[0] + self.room

    @property
    def whole(self) -> tuple[float, float]:
        """Return width and height of the whole image in inches: as high as its crops, but for a panorama."""
        height, width = self.example.images[self.example.reference].shape[:2]
        wide = min(_WHOLE, self.room * width / height)
        return wide, wide * height / width

    def panels(self, top: float) -> Iterator[Panel]:
        """Yield the whole image, in the middle of its column, and the rows of crops right of it."""
        example, (wide, high) = self.example, _size(self.example)
        x, y, width, height = (side / example.factor(example.reference) for side in example.box)
        start, left = top + self.title_heights[0], GAP + (self.beside - self.whole[0]) / 2
        image = example.images[example.reference]
        yield Panel(image, left, start, *self.whole, self.heading, self.beside, (x, y, width, height))
        for line, title_height in zip(self.lines, self.title_heights, strict=True):
            top += title_height
            for number, (name, title) in enumerate(line):
                left = 2 * GAP + self.beside + number * (self.cell + GAP) + (self.cell - wide) / 2
                yield Panel(example.crop(name), left, top, wide, high, title, self.cell)
            top += high + GAP


def figure(examples: Sequence[Example]) -> Figure:
    """Return the figure: names with the scores of the whole image, the best in the leading metric bold.

    A score of an image that the method was trained on is marked. One that methods are not judged by is never the best.
    """
    cell = max([_NARROW, *(_size(each)[0] for each in examples)])
    most = max(1, min(_LONG if len(examples) > 1 else _ROW, int(_ACROSS / cell)))
    columns = _columns(max(len(each.names) for each in examples), most)
    beside = max([_NARROW, *(_Block(each, cell, columns).whole[0] for each in examples)])
    panels: list[Panel] = []
    top = 0.0
    for block in (_Block(each, cell, columns, beside) for each in examples):
        panels += block.panels(top)
        top += block.height + GAP
    return draw(panels, 2 * GAP + beside + columns * (cell + GAP), top)


def _size(example: Example) -> tuple[float, float]:
    """Return width and height of a crop in inches."""
    aspect = example.box.width / example.box.height
    width = min(_SIDE * aspect, _WIDE)
    return width, width / aspect


def _columns(number: int, most: int) -> int:
    """Return how many of so many crops are in a row: no row is much shorter than others."""
    return math.ceil(number / math.ceil(number / most))
