"""The suite that holds a metric to its contract, on pieces of a photograph that comes with scikit-image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from srbench.errors import MetricError, Unsupported, first_line
from srbench.metrics import contract
from srbench.quality.files import read_image
from srbench.quality.image import from_255, grey

if TYPE_CHECKING:
    from srbench.metrics.declaration import Metric, Score
    from srbench.quality.image import Image

SIZES = ((80, 96), (192, 208), (480, 496))
"""Height and width of the pieces: of these, the smallest that a metric does not refuse."""

SMALL = ((1, 1), (1, 9), (9, 1), (8, 8), (16, 16), (33, 20))
"""Sizes that a metric may refuse with `Unsupported`; else it gives a value."""

_WEAK, _STRONG = 1.0, 3.0
"""Sigma of the blurs, in pixels."""

_CLOSE = 1e-6
"""How far apart equal values may be, relative to them or to 1: order of summation, and float32 in networks."""


def check(metric: Metric, score: Score) -> None:
    """Hold a metric to the whole contract.

    Raises:
        MetricError: the first thing that is wrong, with the images it happened on: an exception, no number or NaN, a
            value outside of the declared range, two values for one pair, an input that was written to, a blurred image
            that is no worse than the sharp one, identical images that miss the best value, images that may not change
            places although METRIC says so, another value for float64 than for uint8, or grey or RGB images that are
            refused by a metric that sees what is scored.
        Unsupported: it refuses the largest piece of the photograph, too, so nothing was tested.

    """
    size = next((size for size in SIZES if _scores(metric, score, size)), SIZES[-1])
    for name, picture in _pictures(metric, size).items():
        _check_picture(_Trial(metric, score, f"{name} {size[1]}x{size[0]}"), picture)
        for height, width in SMALL:
            piece = picture[:height, :width]
            _Trial(metric, score, f"{name} {width}x{height}").value_or_refusal(_blurred(piece, _WEAK), piece)


@dataclass(frozen=True)
class _Trial:
    """A metric on images of one kind and size."""

    metric: Metric
    score: Score
    where: str

    def value(self, image: Image, reference: Image) -> float:
        """Return the value of an image, and check what every call must keep to."""
        given = [reference.copy(), image.copy()][0 if self.metric.reference else 1 :]
        try:
            value = contract.hold(self.score(*given))
        except Unsupported:
            raise
        except (Exception, SystemExit) as error:
            what = "" if isinstance(error, MetricError) else f"{type(error).__name__}: "
            raise self.wrong(f"{what}{first_line(error)}") from error
        if not all(map(np.array_equal, reversed(given), (image, reference))):
            raise self.wrong("an input was changed")
        slack = _CLOSE * max(1, abs(value)) if np.isfinite(value) else 0
        if not self.metric.low - slack <= value <= self.metric.high + slack:
            raise self.wrong(f"{value} is outside of the declared range, {self.metric.low:g} to {self.metric.high:g}")
        return value

    def value_or_refusal(self, image: Image, reference: Image) -> None:
        """Check the value of an image that may be refused, too."""
        try:
            self.value(image, reference)
        except Unsupported:
            return

    def wrong(self, what: str) -> MetricError:
        """Return the error about these images."""
        return MetricError(f"{self.where}: {what}")


def _check_picture(trial: _Trial, picture: Image) -> None:
    """Hold a metric to what it must do with a picture, grey or RGB, and with blurs of it."""
    metric = trial.metric
    weak, strong = (_blurred(picture, sigma) for sigma in (_WEAK, _STRONG))
    values = [trial.value(image, picture) for image in (picture, weak, strong)]
    _check_order(trial, values)
    if trial.value(strong, picture) != values[-1]:
        raise trial.wrong("two calls gave two values")
    if metric.reference:
        _check_best(trial, values[0])
    if metric.reference and metric.symmetric and not _are_close(back := trial.value(picture, weak), values[1]):
        what = f"{values[1]:.9g} becomes {back:.9g} where both images change places"
        raise trial.wrong(f"{what}; say so in METRIC with symmetric=False")
    if metric.sees == "scored" and not _are_close(floats := trial.value(_floats(weak), _floats(picture)), values[1]):
        what = f"uint8 has {values[1]:.9g}, and the same in float64 {floats:.9g}"
        raise trial.wrong(f"{what}; both are on the 0..255 scale")
    black = np.zeros_like(picture)
    for reference in (black, picture):
        _Trial(metric, trial.score, f"{trial.where}, all black").value_or_refusal(black, reference)


def _check_order(trial: _Trial, values: list[float]) -> None:
    """Check that a blur is worse than the sharp image; beside a reference, a strong blur also than a weak one."""
    names = ["the sharp image", *(f"a blur of sigma {sigma:g}" for sigma in (_WEAK, _STRONG))]
    sign = -1 if trial.metric.better == "lower" else 1
    for one, other in [(0, 1), (1, 2)] if trial.metric.reference else [(0, 2)]:
        if not sign * values[one] > sign * values[other]:
            what = f"{names[one]} has {values[one]:.6g}, {names[other]} has {values[other]:.6g}"
            raise trial.wrong(f"{what}; expected the second to be worse, as {trial.metric.better} is better")


def _check_best(trial: _Trial, value: float) -> None:
    """Check that identical images have the best value that there is, to the digits that are shown."""
    metric = trial.metric
    end, best = ("high", metric.high) if metric.better == "higher" else ("low", metric.low)
    if np.isfinite(best) and abs(value - best) > 0.5 * 10**-metric.digits:
        what = f"identical images have {value:.6g}, expected the best value, {end}={best:g}"
        raise trial.wrong(f"{what}; leave {end} out of METRIC where they do not reach it")


def _are_close(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=_CLOSE, atol=_CLOSE))


def _scores(metric: Metric, score: Score, size: tuple[int, int]) -> bool:
    """Tell whether a metric takes pieces of a size; one that sees what is scored takes all kinds, or none.

    Raises:
        MetricError: it refuses one kind.

    """
    refusals = {}
    pictures = _pictures(metric, size)
    for name, picture in pictures.items():
        try:
            _Trial(metric, score, f"{name} {size[1]}x{size[0]}").value(picture, picture)
        except Unsupported as error:
            refusals[name] = first_line(error)
    if 0 < len(refusals) < len(pictures):
        what = "; ".join(f"{name} {size[1]}x{size[0]} is refused: {reason}" for name, reason in refusals.items())
        raise MetricError(f'{what}; a metric that sees="scored" takes (H, W) and (H, W, 3)')
    return not refusals


def _pictures(metric: Metric, size: tuple[int, int]) -> dict[str, Image]:
    """Return a piece of the photograph as a metric may see it, uint8: RGB, and grey if it sees what is scored."""
    height, width = size
    left = (_photograph().shape[1] - width) // 2  # a face, whatever the width
    piece = _photograph()[:height, left : left + width]
    grey_piece = {"grey": from_255(grey(piece), np.dtype(np.uint8))} if metric.sees == "scored" else {}
    return {**grey_piece, "RGB": piece}


@lru_cache(maxsize=1)
def _photograph() -> Image:
    return read_image(Path(str(files("skimage") / "data" / "astronaut.png")))


def _blurred(image: Image, sigma: float) -> Image:
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def _floats(image: Image) -> Image:
    return image.astype(np.float64)
