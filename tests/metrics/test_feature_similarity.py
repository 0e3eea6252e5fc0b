"""FSIM and FSIMc beyond their golden values: shrinking, and colours."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import ndimage

from srbench.metrics.feature_similarity import _colours, fsim
from srbench.metrics.formulas import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

FSIM, FSIMC = partial(fsim, "FSIM"), partial(fsim, "FSIMc")


def rough(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.uint8]:
    """Return a rough image, uint8."""
    image = ndimage.gaussian_filter(np.random.default_rng(seed).uniform(-400, 700, shape), (1, 1, 0)[: len(shape)])
    rounded: NDArray[np.uint8] = image.clip(0, 255).astype(np.uint8)
    return rounded


def test_colour_counts_in_fsimc_alone() -> None:
    """Where only colours differ FSIM is 1 but for rounding, and FSIMc less; of grey images both are one number."""
    a = rough((64, 64, 3))
    chroma = np.array([0.956, -0.272, -1.106]) * 12  # I of YIQ
    b = a + chroma
    assert FSIM(a, b) == pytest.approx(1, abs=2e-3)
    assert FSIMC(a, b) < FSIM(a, b) - 1e-3
    grey = rough((64, 64)), rough((64, 64), 1)
    assert FSIMC(*grey) == FSIM(*grey)


@pytest.mark.slow
@pytest.mark.parametrize(("side", "step"), [(383, 1), (384, 2), (640, 3)])
def test_large_images_are_shrunk(side: int, step: int) -> None:
    """By the shorter side over 256, rounded half up; shrunk ones have the same value."""
    pair = [rough((side, side + 30), seed) for seed in (0, 1)]
    assert FSIM(*pair) == pytest.approx(FSIM(*(shrunk(each, step) for each in pair)), abs=1e-7)
    assert FSIM(*pair) != pytest.approx(FSIM(*(shrunk(each, step + 1) for each in pair)), abs=1e-4)


def test_opposite_colours() -> None:
    """The similarity of opposite colours is negative; its power of 0.03 has the real part |s|^0.03 cos(0.03 pi)."""
    one = [np.full((1, 1), value, np.float32) for value in (40, 30)]
    other = [np.full((1, 1), value, np.float32) for value in (-40, 30)]
    share = (200 - 3200) / (3200 + 200)
    assert _colours(one, other)[0, 0] == pytest.approx((complex(share) ** 0.03).real, abs=1e-6)
    assert _colours(one, one)[0, 0] == 1
