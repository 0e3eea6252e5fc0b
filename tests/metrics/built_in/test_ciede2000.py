"""CIEDE2000 is that of its authors' test data, and of scikit-image."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from srbench.metrics.built_in.ciede2000 import ciede2000, delta_e, to_lab

SHARMA = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
"""L*, a*, b* of two colours, and their difference. Source: G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-
difference formula", Color Research and Application 30 (2005), table 1."""

PAIRS = [tuple(map(float, line.split())) for line in SHARMA.split("\n") if line]


@pytest.mark.parametrize("pair", PAIRS)
def test_sharmas_pairs(pair: tuple[float, ...]) -> None:
    """The difference is the printed one to four decimals, in either order."""
    a, b = np.array(pair[:3]), np.array(pair[3:6])
    found = [float(delta_e(*(each.reshape(3, 1) for each in order))[0]) for order in ((a, b), (b, a))]
    assert [f"{each:.4f}" for each in found] == [f"{pair[6]:.4f}"] * 2


def test_all_pairs_are_there() -> None:
    """The table has 34 pairs."""
    assert len(PAIRS) == 34


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_images_as_scikit_image(dtype: str) -> None:
    """The mean over an image is scikit-image's, in float64, to six decimals."""
    random = np.random.default_rng(0)
    a, b = random.integers(0, 256, (2, 90, 70, 3), dtype=np.uint8)
    b = (0.9 * a + 0.1 * b).astype(np.uint8)
    expected = deltaE_ciede2000(rgb2lab(a), rgb2lab(b)).mean()  # type: ignore[no-untyped-call] # it has no types
    assert ciede2000(a.astype(dtype), b.astype(dtype)) == pytest.approx(expected, abs=1e-6)


def test_lab_of_known_colours() -> None:
    """White is 100, 0, 0, black 0, 0, 0, and red 53.24, 80.09, 67.20, as tables of sRGB under D65 have it."""
    lab = to_lab(np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0]]], np.uint8))[:, 0].T
    assert lab == pytest.approx(np.array([[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20]]), abs=0.02)


def test_grey_counts_as_neutral_rgb() -> None:
    """(H, W) is R = G = B: a step of grey from 100 to 110 is a difference of lightness alone."""
    a, b = np.full((5, 4), 100, np.uint8), np.full((5, 4), 110, np.uint8)
    score = import_module("srbench.metrics.built_in.ciede2000").load()
    assert score(a, b) == score(*(np.dstack([each] * 3) for each in (a, b)))
    lightness = [to_lab(np.dstack([each] * 3))[0, 0, 0] for each in (a, b)]
    middle = (sum(lightness) / 2 - 50) ** 2
    expected = (lightness[1] - lightness[0]) / (1 + 0.015 * middle / np.sqrt(20 + middle))
    assert score(a, b) == pytest.approx(float(expected), abs=1e-4)
