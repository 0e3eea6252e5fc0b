"""What formulas share does what MATLAB's functions do: shown beside scipy's convolutions."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import convolve2d

from srbench.errors import ImageError, Unsupported
from srbench.metrics import formulas

Samples = NDArray[Any]


def noise(shape: tuple[int, ...], dtype: str = "uint8") -> Samples:
    """Return samples uniform over 0..255."""
    return np.random.default_rng(0).uniform(0, 256, shape).astype(dtype)


def matlab_same(x: Samples, kernel: Samples) -> Samples:
    """Return MATLAB's conv2(x, kernel, "same"): of even kernels, the centre is what comes after the middle."""
    full = convolve2d(x, kernel)
    top, left = (side // 2 for side in kernel.shape)
    found: Samples = full[top : top + x.shape[0], left : left + x.shape[1]]
    return found


@pytest.mark.parametrize(
    ("images", "line"),
    [
        ([np.zeros((20, 20, 4))], r"cannot compute M of an array of float64 \(20, 20, 4\): expected uint8, float32"),
        ([np.zeros(20)], r"\(20,\)"),
        ([np.zeros((20, 20), int)], "int64"),
        ([np.zeros((20, 20)), np.zeros((20, 21))], r"different shapes, \(20, 20\) and \(20, 21\)"),
        ([np.full((20, 20), np.nan)], "M of NaN or infinite samples"),
        ([np.zeros((20, 20)), np.full((20, 20, 3), np.inf)[..., 0]], "M of NaN or infinite samples"),
    ],
)
def test_what_cannot_be_compared(images: list[Samples], line: str) -> None:
    """Other shapes, dtypes and values raise ImageError, in one line that says what was got and expected."""
    with pytest.raises(ImageError, match=line):
        formulas.check("M", 1, *images)


def test_too_small() -> None:
    """Of a short side the line names the image's size, the metric, and the size that it needs."""
    with pytest.raises(Unsupported, match="image of 30x9 pixels is too small for M, which needs 10x10"):
        formulas.check("M", 10, np.zeros((9, 30)))
    formulas.check("M", 9, np.zeros((9, 30)))


@pytest.mark.parametrize(
    ("colour", "expected"), [((1, 1, 1), 1), ((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29)]
)
def test_grey_is_that_of_matlab(colour: tuple[int, int, int], expected: int) -> None:
    """rgb2gray of pure colours is 76, 150 and 29, as MATLAB prints; of neutral ones it is their value."""
    for dtype in ("uint8", "float64"):
        assert formulas.grey(np.full((2, 2, 3), colour, dtype)).tolist() == [[expected] * 2] * 2


def test_luma_is_not_rounded() -> None:
    """Y of YIQ is 0.299 R + 0.587 G + 0.114 B; samples of (H, W) stay as they are."""
    image = noise((5, 6, 3))
    assert formulas.luma(image) == pytest.approx(image @ np.array([0.299, 0.587, 0.114]), abs=1e-12)
    grey = noise((5, 6), "float64")
    assert np.array_equal(formulas.luma(grey), grey)
    assert formulas.luma(grey.astype(np.uint8)).dtype == np.float64


def test_yiq_of_neutral_samples() -> None:
    """Neutral samples have no I and Q."""
    y, i, q = formulas.yiq(np.full((2, 3, 3), 200.0))
    assert y == pytest.approx(200)
    assert i == pytest.approx(0, abs=1e-9)
    assert q == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("shape", [(16, 20), (17, 23), (15, 12, 3)])
def test_shrunk_is_a_mean_filter_and_a_step(shape: tuple[int, ...], step: int, dtype: str) -> None:
    """It is conv2(image, ones(step) / step^2, "same")(1:step:end, 1:step:end), zeros beyond the edges."""
    image = noise(shape, dtype)
    planes = image.reshape(*shape[:2], -1).astype(float)
    filtered = [matlab_same(plane, np.full((step, step), 1 / step**2)) for plane in np.moveaxis(planes, 2, 0)]
    expected = np.stack(filtered, axis=2)[::step, ::step].squeeze()
    found = formulas.shrunk(image, step)
    exact = dtype == "float64" and step in {1, 2, 4}  # OpenCV has other fractions in float32
    assert found == pytest.approx(expected, abs=1e-10 if exact else 1e-4)


def test_shrunk_by_two_repeats_edges_if_asked() -> None:
    """With BORDER_REPLICATE, what an odd side lacks is its last line again: MATLAB's imfilter with "symmetric"."""
    found = formulas.shrunk(np.arange(9.0).reshape(3, 3), 2, cv2.BORDER_REPLICATE)
    assert found.tolist() == [[2.0, 3.5], [6.5, 8.0]]


@pytest.mark.parametrize("weights", [(1 / 3, 1 / 3, 1 / 3), (3 / 16, 10 / 16, 3 / 16)])
def test_squared_gradient(weights: tuple[float, float, float]) -> None:
    """It is the sum of squares of conv2 with Prewitt's or Scharr's filter and with that filter turned."""
    image = noise((13, 17), "float64")
    kernel = np.outer(weights, (1, 0, -1))
    expected = matlab_same(image, kernel) ** 2 + matlab_same(image, kernel.T) ** 2
    assert formulas.squared_gradient(image, weights) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_similarity() -> None:
    """It is (2ab + c) / (a^2 + b^2 + c): exactly 1 of equal magnitudes."""
    a, b = noise((4, 5), "float64"), noise((5, 4), "float64").T
    assert formulas.similarity(a, b, 3.0) == pytest.approx((2 * a * b + 3) / (a * a + b * b + 3))
    assert (formulas.similarity(a, a, 0.85) == 1).all()
