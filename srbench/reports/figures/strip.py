"""The comparison strip: HR (or the input) with a box, then what it and each method have there, pixel by pixel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from srbench.analysis.common_images import best_of_image
from srbench.analysis.settings import SETTING, setting_name
from srbench.quality.crops import Box
from srbench.quality.image import to_uint8
from srbench.reports.figures.drawing import figure
from srbench.reports.remarks import TRAINED_ON
from srbench.store.pictures import HR, INPUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from srbench.analysis.columns import Metrics
    from srbench.quality.image import Image

_RED = "#e02020"
_ROW = 4
"""Crops in a row."""
_BESIDE = 2
"""Scores in a line above a crop."""


class Strip(NamedTuple):
    """What a strip shows."""

    rows: Sequence[Any]
    """The lines of scores of one image, one for each method."""
    images: Mapping[str, Image]
    """HR, as `HR`, or else the `input`; and SR of each method."""
    box: Box
    metrics: Metrics
    """Those to name, the leading one first."""


def draw(strip: Strip) -> Figure:
    """Return the figure: names with the scores of the whole image, the best in the leading metric bold.

    A score of an image that the method was trained on is marked. One that methods are not judged by is never the best.
    """
    shown, box = HR if HR in strip.images else INPUT, strip.box
    hr, factor = strip.images[shown], 1 if shown == HR else int(strip.rows[0].factor)
    columns = min(_ROW, len(strip.rows) + 1)
    lines = math.ceil((len(strip.rows) + 1) / columns)
    side = 1.5
    whole = side * lines * 1.25 * hr.shape[1] / hr.shape[0]
    drawn = figure(whole + columns * side * box.width / box.height, lines * side * 1.25)
    grid = drawn.add_gridspec(lines, columns + 1, width_ratios=[whole / side, *[box.width / box.height] * columns])
    first = strip.rows[0]
    left = drawn.add_subplot(grid[:, 0])
    _show(left, hr, f"{first.image}\n{setting_name([getattr(first, name) for name in SETTING])}")
    left.add_patch(_rectangle(Box(*(side // factor for side in box))))
    titles = [(shown, _listed([metric.heading for metric in strip.metrics.values()]), False)]
    table = pd.DataFrame(map(vars, strip.rows))
    best = best_of_image(table, strip.metrics) if strip.metrics else [False] * len(table)
    titles += [
        (row.method, _scores(row, strip.metrics), bool(is_best)) for row, is_best in zip(strip.rows, best, strict=True)
    ]
    for number, (name, scores, is_best) in enumerate(titles):
        axes = drawn.add_subplot(grid[number // columns, 1 + number % columns])
        crop = box.of(strip.images[name], factor if name == shown else 1)
        _show(axes, crop, f"{_folded(name)}\n{scores}", bold=is_best)
    return drawn


def _scores(row: Any, metrics: Metrics) -> str:  # noqa: ANN401 - a line of scores
    mark = TRAINED_ON if row.trained_on else ""
    return mark + _listed([metric.text(getattr(row, name)) for name, metric in metrics.items()])


def _listed(texts: Sequence[str]) -> str:
    """Return texts in lines that fit above a crop."""
    lines = [" / ".join(texts[start : start + _BESIDE]) for start in range(0, len(texts), _BESIDE)]
    return "\n".join(lines)


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
