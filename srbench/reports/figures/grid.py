"""The panels of a chart: one for each setting, side by side where there are several, never more than fit a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from srbench.errors import UsageError
from srbench.reports.figures.drawing import figure, fitted, folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 3.0
"""Inches of a panel."""
LEGEND = 36
"""Letters of a line of a legend."""
MOST = 24
"""Panels of a figure."""
_WIDTHS = {1: 4.6, 2: 3.8, 3: 3.4}
"""Inches of a panel, by how many stand side by side."""
_TITLE, _TEXT = 9, 7
"""Points of a panel's title, and of the numbers and names of small panels."""


def grid(number: int, height: float = HEIGHT, aside: float = 0) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels, each `height` inches high, and their axes; one alone leaves room `aside`.

    Raises:
        UsageError: there are more panels than fit a figure.

    """
    if number > MOST:
        raise UsageError(
            f"{number} panels are to be drawn, one for each setting, and a figure has room for {MOST}; choose settings "
            "with --dataset, --factor or --protocol"
        )
    columns = 1 if number == 1 else 2 if number <= 4 else 3  # noqa: PLR2004 - 2 x 2, then three in a row
    lines = math.ceil(number / columns)
    drawn = figure(columns * _WIDTHS[columns] + aside * (number == 1), height * lines)
    axes = list(drawn.subplots(lines, columns, squeeze=False).ravel())
    for each in axes[number:]:
        each.remove()
    for each in axes if number > 1 else ():
        each.tick_params(labelsize=_TEXT)
        each.xaxis.label.set_size(_TEXT)
        each.yaxis.label.set_size(_TEXT)
    return drawn, axes[:number]


def row(methods: Sequence[str], panels: int) -> float:
    """Return the inches that a method's line has, where its name stands beside it."""
    least, line = (0.3, 0.16) if panels == 1 else (0.2, 0.12)
    return max([least, *(line * (1 + folded(name).count("\n")) for name in methods)])


def label(axes: Axes, title: str, x: str, y: str = "") -> None:
    """Write title and labels in lines that fit the panel; those of `x` may be parted already."""
    width = _WIDTHS[axes.get_gridspec().ncols]  # type: ignore[union-attr]
    size = float(axes.xaxis.label.get_fontsize())
    axes.set_title("\n".join(fitted(title, 0.65 * width, _TITLE)), fontsize=_TITLE)
    axes.set_xlabel("\n".join(line for part in x.split("\n") for line in fitted(part, 0.75 * width, size)))
    axes.set_ylabel(y)


def legend(drawn: Figure, axes: Sequence[Axes], inside: bool) -> None:
    """Name what is drawn: in its panel or beside it, of several panels once, below all."""
    if len(axes) == 1:
        beside: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
        axes[0].legend(fontsize=_TEXT, frameon=False, **({"loc": "best"} if inside else beside))
        return
    named = {text: handle for each in axes for handle, text in zip(*each.get_legend_handles_labels(), strict=True)}
    columns = max(1, min(len(named), 2 * axes[0].get_gridspec().ncols))  # type: ignore[union-attr]
    room = 0.13 * sum(max(text.count("\n") + 1 for text in line) for line in _lines(list(named), columns)) + 0.1
    width, height = drawn.get_size_inches()
    drawn.set_size_inches(width, height + room)
    drawn.legend(named.values(), named, loc="outside lower center", ncols=columns, fontsize=_TEXT, frameon=False)


def _lines(names: list[str], columns: int) -> list[list[str]]:
    """Return names as they stand in a legend, which fills column by column."""
    lines = math.ceil(len(names) / columns)
    return [names[line::lines] for line in range(lines)]
