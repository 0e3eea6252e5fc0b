"""Pictures in a figure: each where it is put, in inches, with its title above it, which is as wide as its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from srbench.analysis.common_images import best_of_image
from srbench.metrics.classical import CLASSICAL
from srbench.quality.image import to_uint8
from srbench.reports.figures.drawing import figure, fitted
from srbench.reports.remarks import TRAINED_ON
from srbench.store.pictures import HR, INPUT, LR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from srbench.analysis.columns import Metrics
    from srbench.quality.crops import Box
    from srbench.quality.image import Image

RED = "#e02020"
GAP = 0.08
"""Inches between pictures, and at the edges."""
_SIZE = 8
"""Points of a title's letters."""
_LINE = 1 / 6
"""Inches of a title's line."""
_TEXT: Any = {"fontsize": _SIZE, "linespacing": _LINE * 72 / _SIZE / 1.2}
"""matplotlib's lines are 1.2 times as high as letters."""


class Example(NamedTuple):
    """One image of a run, with what is shown of it."""

    rows: Sequence[Any]
    """Its lines of scores, one for each method that is shown."""
    images: Mapping[str, Image]
    """HR and LR by these names, or else the `input`; and SR of each method."""
    names: Sequence[str]
    """What of `images` is shown, in this order."""
    box: Box
    """The region of HR to enlarge."""
    setting: str
    metrics: Metrics
    """Those to name, the leading one first."""

    @property
    def reference(self) -> str:
        """Return the name of what SR is looked at beside: HR, or the input where there is none."""
        return HR if HR in self.images else INPUT

    def factor(self, name: str) -> int:
        """Return how many pixels of HR one of the image `name` is wide."""
        return int(self.rows[0].factor) if name in (LR, INPUT) else 1

    def crop(self, name: str) -> Image:
        """Return the region of one image: of LR each pixel as a square of pixels of HR."""
        image, factor, (x, y, width, height) = self.images[name], self.factor(name), self.box
        top, left, bottom, right = y // factor, x // factor, -(-(y + height) // factor), -(-(x + width) // factor)
        part = image[top:bottom, left:right].repeat(factor, 0).repeat(factor, 1)
        down, across = y - top * factor, x - left * factor
        return part[down : down + height, across : across + width]


class Title(NamedTuple):
    """What stands above a picture."""

    name: str
    scores: Sequence[str] = ()
    """Lines, that of the leading metric first."""
    best: bool = False
    """By the leading metric, so that its line and the name are bold."""

    def head(self, width: float) -> list[str]:
        """Return the lines that may be bold, none of them wider than `width` inches."""
        texts = [self.name, *self.scores[:1]]
        return [line for text in texts for line in fitted(text, width, _SIZE, bold=self.best)]

    def rest(self, width: float) -> list[str]:
        """Return the lines below them."""
        return [line for text in self.scores[1:] for line in fitted(text, width, _SIZE)]

    def height(self, width: float) -> float:
        """Return the inches that the title takes."""
        return _LINE * len(self.head(width) + self.rest(width)) + GAP


class Panel(NamedTuple):
    """A picture: its pixels, and its place in inches from the left and from the top; its title stands above that."""

    image: Image
    left: float
    top: float
    width: float
    height: float
    title: Title = Title("")
    cell: float = 0
    """Inches that the title may be wide."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, width and height of a box in pixels of the image."""
    framed: bool = False
    """Whether the frame has the colour of the box: this is what is in it."""
    label: str = ""
    """Lines that stand left of it, read from below."""


def titles(example: Example, sizes: bool = False) -> list[Title]:
    """Return the titles of what is shown; HR, LR and the input may have their `sizes` in pixels.

    PSNR and SSIM share a line, and what is looked at beside SR has their names; other metrics have lines of their own.
    """
    table, metrics = pd.DataFrame(map(vars, example.rows)), example.metrics
    plain = set(metrics) <= set(CLASSICAL)
    best = best_of_image(table, metrics) if metrics else [False] * len(table)
    scores = [_joined(row, metrics) if plain else _named(row, metrics) for row in example.rows]
    made = zip(example.rows, scores, best, strict=True)
    found = {row.method: Title(row.method, texts, bool(is_best)) for row, texts, is_best in made}
    for name in (HR, LR, INPUT):
        if name in example.images:
            height, width = example.images[name].shape[:2]
            heading = [" / ".join(metric.heading for metric in metrics.values())] if plain and metrics else []
            text = f"{name}, {width} x {height}" if sizes else name
            found[name] = Title(text, heading if name == example.reference else [])
    return [found[name] for name in example.names]


def _joined(row: Any, metrics: Metrics) -> list[str]:  # noqa: ANN401 - a line of scores
    return [_mark(row) + " / ".join(metric.text(getattr(row, name)) for name, metric in metrics.items())]


def _named(row: Any, metrics: Metrics) -> list[str]:  # noqa: ANN401 - as above
    first, *others = (f"{metric.label} {metric.measure(getattr(row, name))}" for name, metric in metrics.items())
    return [_mark(row) + first, *others]


def _mark(row: Any) -> str:  # noqa: ANN401 - as above
    return TRAINED_ON if row.trained_on else ""


def draw(panels: Sequence[Panel], width: float, height: float) -> Figure:
    """Return a figure of so many inches with the panels where they belong."""
    drawn = figure(width, height, layout=None)
    for panel in panels:
        place = panel.left / width, 1 - (panel.top + panel.height) / height, panel.width / width, panel.height / height
        axes = drawn.add_axes(place)
        sampling = "antialiased" if panel.box else "nearest"  # a whole image may have more pixels than the figure
        axes.imshow(to_uint8(panel.image), interpolation=sampling, cmap="gray", vmin=0, vmax=255, aspect="auto")
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(visible=panel.framed, color=RED, linewidth=1.5)
        if panel.box:
            axes.add_patch(_rectangle(panel.box))
        axes.set_ylabel(panel.label, **_TEXT)
        _write(axes, panel)
    return drawn


def beside(text: str, height: float) -> str:
    """Return the lines of a label left of a picture of so many inches."""
    return "\n".join(line for part in text.splitlines() for line in fitted(part, height, _SIZE))


def label_width(label: str) -> float:
    """Return the inches that the lines of a label take."""
    return _LINE * len(label.splitlines()) + GAP


def _write(axes: Any, panel: Panel) -> None:  # noqa: ANN401 - matplotlib's
    """Write the title: the lines that may be bold are the title of the axes, and leave room for those below them."""
    head, rest = panel.title.head(panel.cell or panel.width), panel.title.rest(panel.cell or panel.width)
    weight = "bold" if panel.title.best else "normal"
    axes.set_title("\n".join(head), pad=72 * (GAP / 2 + _LINE * len(rest)), fontweight=weight, **_TEXT)
    if rest:
        at = {"xytext": (0, 72 * GAP / 2), "xycoords": "axes fraction", "textcoords": "offset points"}
        axes.annotate("\n".join(rest), (0.5, 1), ha="center", va="bottom", **at, **_TEXT)


def _rectangle(box: tuple[float, float, float, float]) -> Any:  # noqa: ANN401 - matplotlib's
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - an extra

    left, top, width, height = box
    return Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=RED, linewidth=1.5)
