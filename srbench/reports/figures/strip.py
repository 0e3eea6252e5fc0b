"""The comparison strip: HR with a box, then what HR and each method have there, pixel by pixel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from srbench.analysis.common_images import best_of_image
from srbench.analysis.settings import SETTING, setting_name
from srbench.quality.image import to_uint8
from srbench.reports.classical import METRICS
from srbench.reports.figures.drawing import figure
from srbench.reports.remarks import TRAINED_ON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from srbench.quality.crops import Box
    from srbench.quality.image import Image

_RED = "#e02020"
_ROW = 4
"""Crops in a row."""


class Strip(NamedTuple):
    """What a strip shows."""

    rows: Sequence[Any]
    """The lines of scores of one image, one for each method."""
    images: Mapping[str, Image]
    """HR, as `HR`, and SR of each method."""
    box: Box


def draw(strip: Strip) -> Figure:
    """Return the figure: names with the scores of the whole image, the best in the leading metric bold.

    A score of an image that the method was trained on is marked. One that methods are not judged by is never the best.
    """
    hr, box = strip.images["HR"], strip.box
    columns = min(_ROW, len(strip.rows) + 1)
    lines = math.ceil((len(strip.rows) + 1) / columns)
    side = 1.5
    whole = side * lines * 1.25 * hr.shape[1] / hr.shape[0]
    drawn = figure(whole + columns * side * box.width / box.height, lines * side * 1.25)
    grid = drawn.add_gridspec(lines, columns + 1, width_ratios=[whole / side, *[box.width / box.height] * columns])
    first = strip.rows[0]
    left = drawn.add_subplot(grid[:, 0])
    _show(left, hr, f"{first.image}\n{setting_name([getattr(first, name) for name in SETTING])}")
    left.add_patch(_rectangle(box))
    titles = [("HR", " / ".join(metric.heading for metric in METRICS.values()), False)]
    best = best_of_image(pd.DataFrame(strip.rows), METRICS)
    titles += [(row.method, _scores(row), bool(is_best)) for row, is_best in zip(strip.rows, best, strict=True)]
    for number, (name, scores, is_best) in enumerate(titles):
        axes = drawn.add_subplot(grid[number // columns, 1 + number % columns])
        _show(axes, box.of(strip.images[name]), f"{_folded(name)}\n{scores}", bold=is_best)
    return drawn


def _scores(row: Any) -> str:  # noqa: ANN401 - a line of scores
    mark = TRAINED_ON if row.trained_on else ""
    return mark + " / ".join(metric.text(getattr(row, name)) for name, metric in METRICS.items())


def _rectangle(box: Box) -> Any:  # noqa: ANN401 - matplotlib's
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - an extra

    return Rectangle((box.x - 0.5, box.y - 0.5), box.width, box.height, fill=False, edgecolor=_RED, linewidth=1.5)


def _show(axes: Axes, image: Image, title: str, *, bold: bool = False) -> None:
    pixels = to_uint8(image)
    axes.imshow(pixels, interpolation="nearest", cmap="gray", vmin=0, vmax=255)  # a map is for grey alone
    axes.set_title(title, fontsize=8, fontweight="bold" if bold else "normal")
    axes.set_axis_off()


def _folded(name: str) -> str:
    """Return a name in lines that fit above a crop, parted where specs have colons."""
    return name.replace(":", "\n", 1) if len(name) > 16 else name  # noqa: PLR2004 - letters above a crop
