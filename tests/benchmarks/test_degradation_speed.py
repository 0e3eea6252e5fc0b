"""How long making LR of a 1920x1080 RGB image takes, beside scikit-image's function and BasicSR's formula.

BasicSR's `imresize` is written here anew, as in `test_metrics_speed.py`: float32, borders mirrored, one product of a
matrix and a vector per output row and channel. Its pixels and ours agree. scikit-image has no such kernel: it blurs,
then takes a cubic spline, and its pixels are near.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.transform import resize

from srbench.quality.image import round_half_up
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture
    from torch import Tensor

Pixels: TypeAlias = NDArray[Any]


def cubic(x: Tensor) -> Tensor:
    """Return Keys' kernel with a = -0.5."""
    x = x.abs()
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return near * (x <= 1) + far * ((x > 1) & (x <= 2))


def shrink_rows(image: Tensor, factor: int) -> Tensor:
    """Shrink (C, H, W) to (C, H / factor, W), row by row."""
    height = image.shape[1] // factor
    margin = 2 * factor
    padded = torch.cat([image[:, :margin].flip(1), image, image[:, -margin:].flip(1)], dim=1)
    rows = torch.empty((image.shape[0], height, image.shape[2]))
    for row in range(height):
        centre = (row + 0.5) * factor - 0.5
        first = math.floor(centre) - margin + 1
        taps = torch.arange(first, first + 2 * margin, dtype=torch.float32)
        weights = cubic((taps - centre) / factor)
        weights /= weights.sum()
        for channel in range(image.shape[0]):
            window = padded[channel, first + margin : first + 3 * margin]
            rows[channel, row] = window.t().mv(weights)
    return rows


def degrade_of_basicsr(hr: Pixels, factor: int) -> Pixels:
    """Return `hr` shrunk as MATLAB does, in float32, and rounded once."""
    image = torch.from_numpy(hr.astype(np.float32) / 255).permute(2, 0, 1)
    lr = shrink_rows(shrink_rows(image, factor).transpose(1, 2), factor).transpose(1, 2)
    return round_half_up(lr.permute(1, 2, 0).numpy() * 255.0).astype(np.uint8)


def degrade_of_scikit_image(hr: Pixels, factor: int) -> Pixels:
    """Return `hr` blurred and shrunk by a cubic spline."""
    shape = (hr.shape[0] // factor, hr.shape[1] // factor)
    lr: Pixels = resize(hr, shape, order=3, anti_aliasing=True)  # type: ignore[no-untyped-call] # it has no types
    return round_half_up(lr * 255).astype(np.uint8)


def degrade(hr: Pixels, factor: int) -> Pixels:
    """Return what the protocols with BasicSR's LR take."""
    return imresize(hr, Fraction(1, factor), border="mirror", rounding="once")


DEGRADE: dict[str, tuple[Callable[[Pixels, int], Pixels], float]] = {
    "srbench": (degrade, 0),
    "srbench, as MATLAB": (lambda hr, factor: imresize(hr, Fraction(1, factor)), 0.2),
    "scikit-image": (degrade_of_scikit_image, 3),
    "BasicSR": (degrade_of_basicsr, 1e-4),
}
"""Each with the mean difference to the first that it may have, in levels of 255."""


@pytest.fixture(scope="module")
def hr() -> Pixels:
    """Return a 1080p RGB image: waves, and noise of two pixels."""
    y, x = np.mgrid[0:1080, 0:1920]
    waves = [127 + 50 * np.sin(x / width) + 50 * np.cos(y / 31) for width in (7, 11, 23)]
    noise = np.random.default_rng(0).normal(0, 8, (540, 960, 3)).repeat(2, 0).repeat(2, 1)
    return (np.dstack(waves) + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("whose", DEGRADE)
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_degrade(benchmark: BenchmarkFixture, hr: Pixels, factor: int, whose: str) -> None:
    """BasicSR's pixels are ours but for ties that float32 breaks; scikit-image's are near, by another kernel."""
    benchmark.group = f"degrade 1920x1080 RGB uint8 by {factor}"
    function, tolerance = DEGRADE[whose]
    lr = benchmark(partial(function, hr, factor))
    assert np.abs(lr.astype(float) - degrade(hr, factor)).mean() <= tolerance
