"""The triptych: original, LR and upscaled side by side, each image whole and, below that, its crop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.reports.figures.panels import GAP, Example, Panel, beside, draw, label_width, titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.figure import Figure

_WIDTH, _HEIGHT, _NARROW = 2.2, 2.8, 1.4
"""Inches: how wide and how high a picture may be, and how wide a column is at least."""


def figure(examples: Sequence[Example]) -> Figure:
    """Return the figure: a column for HR, LR and each method, and two rows for each image.

    Titles are those of a strip, with the sizes of HR and LR in pixels. LR is as large as HR, each pixel a square.
    """
    cell = max([_NARROW, *(width for each in examples for width in (_whole(each)[0], _crop(each)[0]))])
    labels = [beside(f"{each.rows[0].image}\n{each.setting}", _whole(each)[1]) for each in examples]
    margin = GAP + max(map(label_width, labels))
    panels: list[Panel] = []
    top = 0.0
    for example, label in zip(examples, labels, strict=True):
        panels += _block(example, label, cell, margin, top)
        top = panels[-1].top + panels[-1].height + GAP
    return draw(panels, margin + max(len(each.names) for each in examples) * (cell + GAP), top)


def _fitted(width: int, height: int) -> tuple[float, float]:
    """Return width and height in inches of a picture of so many pixels."""
    scale = min(_WIDTH / width, _HEIGHT / height)
    return width * scale, height * scale


def _whole(example: Example) -> tuple[float, float]:
    height, width = example.images[example.reference].shape[:2]
    return _fitted(width, height)


def _crop(example: Example) -> tuple[float, float]:
    return _fitted(example.box.width, example.box.height)


def _block(example: Example, label: str, cell: float, margin: float, top: float) -> Iterator[Panel]:
    """Yield the two rows of an image, whose name stands left of the first."""
    heads = titles(example, sizes=True)
    start = top + max(title.height(cell) for title in heads)
    (wide, high), (across, down) = _whole(example), _crop(example)
    for column, (name, title) in enumerate(zip(example.names, heads, strict=True)):
        left, factor = margin + column * (cell + GAP), example.factor(name)
        x, y, width, height = (side / factor for side in example.box)
        place = left + (cell - wide) / 2, start, wide, high
        named = label if column == 0 else ""
        yield Panel(example.images[name], *place, title, cell, (x, y, width, height), label=named)
        yield Panel(example.crop(name), left + (cell - across) / 2, start + high + GAP, across, down, framed=True)
