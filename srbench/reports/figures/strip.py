"""The comparison strip: HR (or the input) with a box, then what it and each method have there, pixel by pixel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from srbench.analysis.common_images import best_of_image
from srbench.analysis.settings import SETTING, setting_name
from srbench.metrics.classical import CLASSICAL
from srbench.quality.crops import Box
from srbench.quality.image import to_uint8
from srbench.reports.figures.drawing import figure, folded
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
_SIDE = 1.5
"""Of a crop, in inches."""
_TITLE, _LINE = 0.25 * _SIDE, 1 / 6
"""Inches that a title of two lines takes, and each line beyond them."""


class _Title(NamedTuple):
    """What stands above a crop."""

    name: str
    scores: Sequence[str] = ()
    """Lines, that of the leading metric first."""
    best: bool = False
    """By the leading metric, so that its line and the name are bold."""

    @property
    def head(self) -> str:
        """Return the lines that may be bold."""
        return "\n".join([folded(self.name), *self.scores[:1]])

    @property
    def rest(self) -> str:
        """Return the lines below them."""
        return "\n".join(self.scores[1:])

    @property
    def lines(self) -> int:
        """Return how many lines there are."""
        return self.head.count("\n") + max(1, len(self.scores))


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
    columns, titles = min(_ROW, len(strip.rows) + 1), _titles(strip, shown)
    lines = math.ceil(len(titles) / columns)
    over = max(0, *(title.lines - 2 for title in titles))
    whole = _SIDE * lines * 1.25 * hr.shape[1] / hr.shape[0]
    drawn = figure(whole + columns * _SIDE * box.width / box.height, lines * (_SIDE + _TITLE + over * _LINE))
    grid = drawn.add_gridspec(lines, columns + 1, width_ratios=[whole / _SIDE, *[box.width / box.height] * columns])
    first = strip.rows[0]
    left = drawn.add_subplot(grid[:, 0])
    _show(left, hr, _Title(str(first.image), [setting_name([getattr(first, name) for name in SETTING])]))
    left.add_patch(_rectangle(Box(*(side // factor for side in box))))
    for number, title in enumerate(titles):
        axes = drawn.add_subplot(grid[number // columns, 1 + number % columns])
        crop = box.of(strip.images[title.name], factor if title.name == shown else 1)
        _show(axes, crop, title)
    for axes in drawn.axes if over else ():
        axes.set_anchor("S")  # in its cell, so that what room is left is above, for the title
    return drawn


def _titles(strip: Strip, shown: str) -> list[_Title]:
    """Return the titles of HR (or the input), which is `shown`, and of each method.

    PSNR and SSIM share a line, under their names; other metrics have theirs in a line of their own.
    """
    table, metrics = pd.DataFrame(map(vars, strip.rows)), strip.metrics
    plain = set(metrics) <= set(CLASSICAL)
    best = best_of_image(table, metrics) if metrics else [False] * len(table)
    names = [" / ".join(metric.heading for metric in metrics.values())] if plain else []
    scores = [_joined(row, metrics) if plain else _named(row, metrics) for row in strip.rows]
    made = zip(strip.rows, scores, best, strict=True)
    return [_Title(shown, names), *(_Title(row.method, texts, bool(is_best)) for row, texts, is_best in made)]


def _joined(row: Any, metrics: Metrics) -> list[str]:  # noqa: ANN401 - a line of scores
    return [_mark(row) + " / ".join(metric.text(getattr(row, name)) for name, metric in metrics.items())]


def _named(row: Any, metrics: Metrics) -> list[str]:  # noqa: ANN401 - as above
    first, *others = (f"{metric.label} {metric.measure(getattr(row, name))}" for name, metric in metrics.items())
    return [_mark(row) + first, *others]


def _mark(row: Any) -> str:  # noqa: ANN401 - as above
    return TRAINED_ON if row.trained_on else ""


def _rectangle(box: Box) -> Any:  # noqa: ANN401 - matplotlib's
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - an extra

    return Rectangle((box.x - 0.5, box.y - 0.5), box.width, box.height, fill=False, edgecolor=_RED, linewidth=1.5)


def _show(axes: Axes, image: Image, title: _Title) -> None:
    pixels, size = to_uint8(image), 8
    axes.imshow(pixels, interpolation="nearest", cmap="gray", vmin=0, vmax=255)  # a map is for grey alone
    room = "\n" * len(title.scores[1:])
    axes.set_title(title.head + room, fontsize=size, fontweight="bold" if title.best else "normal")
    if title.rest:  # in that room
        below = axes.title.get_transform()
        axes.text(0.5, 1, title.rest, transform=below, fontsize=size, ha="center", va="baseline")
    axes.set_axis_off()
