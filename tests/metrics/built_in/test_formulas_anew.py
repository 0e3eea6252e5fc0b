"""Each formula beside its paper's steps, written a second time in the plainest way, by scipy's convolutions."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import convolve2d
from skimage.metrics import structural_similarity

Samples = NDArray[Any]
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def built_in(name: str) -> Any:  # noqa: ANN401 - a module
    """Return the module of a metric."""
    return import_module(f"srbench.metrics.built_in.{name}")


def pair(height: int, width: int) -> tuple[Samples, Samples]:
    """Return a rough image and a blurred, noisy and brighter copy, float64 on 0..255."""
    random = np.random.default_rng(height)
    a = ndimage.gaussian_filter(random.uniform(-600, 900, (height, width)), 1.2).clip(0, 255)
    return a, (ndimage.gaussian_filter(a, 0.8) + random.normal(6, 8, a.shape)).clip(0, 255)


def matlab_same(x: Samples, kernel: Samples) -> Samples:
    """Return MATLAB's conv2(x, kernel, "same")."""
    top, left = (side // 2 for side in kernel.shape)
    found: Samples = convolve2d(x, kernel)[top : top + x.shape[0], left : left + x.shape[1]]
    return found


def gaussian(side: int, sigma: float) -> Samples:
    """Return MATLAB's fspecial("gaussian", side, sigma)."""
    x = np.arange(side) - side // 2
    kernel = np.exp(-(x**2 + x[:, None] ** 2) / (2 * sigma**2))
    normalised: Samples = kernel / kernel.sum()
    return normalised


def test_gmsd() -> None:
    """GMSD: images halved, Prewitt's gradients, c = 170, deviation with N - 1."""
    gradients = []
    for image in pair(101, 80):
        half = matlab_same(image, np.full((2, 2), 0.25))[::2, ::2]
        kernel = np.array([[1, 0, -1]] * 3) / 3
        gradients.append(np.hypot(matlab_same(half, kernel), matlab_same(half, kernel.T)))
    a, b = gradients
    expected = ((2 * a * b + 170) / (a**2 + b**2 + 170)).std(ddof=1)
    assert built_in("gmsd").load()(*pair(101, 80)) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("colour", [False, True])
def test_haarpsi(colour: bool) -> None:
    """HaarPSI: images halved, three scales of Haar filters, of colours 2x2 means; C = 30, alpha = 4.2."""
    a, b = pair(61, 74)
    if colour:
        a, b = (np.dstack([each, each.T.reshape(each.shape), 255 - each]) for each in (a, b))
    yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    planes = [[each] if not colour else list(np.moveaxis(each @ yiq.T, 2, 0)) for each in (a, b)]
    halves = [[matlab_same(plane, np.full((2, 2), 0.25))[::2, ::2] for plane in each] for each in planes]

    def alike(one: Samples, other: Samples) -> Samples:
        found: Samples = (2 * np.abs(one * other) + 30) / (one**2 + other**2 + 30)
        return found

    maps = []
    for turned in (False, True):
        found = []
        for scale in (1, 2, 3):
            kernel = np.full((2**scale, 2**scale), 0.5**scale)
            kernel[: 2**scale // 2] *= -1
            found.append([matlab_same(each[0], kernel.T if turned else kernel) for each in halves])
        maps.append(((alike(*found[0]) + alike(*found[1])) / 2, np.abs(found[2]).max(axis=0)))
    if colour:
        means = [[np.abs(matlab_same(plane, np.full((2, 2), 0.25))) for plane in each[1:]] for each in halves]
        colours = [alike(one, other) for one, other in zip(*means, strict=True)]
        maps.append(((colours[0] + colours[1]) / 2, (maps[0][1] + maps[1][1]) / 2))
    squashed = sum((weight / (1 + np.exp(-4.2 * same))).sum() for same, weight in maps)
    share = squashed / sum(weight.sum() for _, weight in maps)
    expected = (math.log(share / (1 - share)) / 4.2) ** 2
    assert built_in("haarpsi").load()(a, b) == pytest.approx(expected, abs=1e-12)


def test_vifp() -> None:
    """VIFp: four scales, windows of 17, 9, 5 and 3 pixels, noise of variance 2."""
    a, b = pair(90, 133)
    kept = held = 0.0
    x, y = a, b
    for side in (17, 9, 5, 3):
        window = gaussian(side, side / 5)
        if side < 17:
            x, y = (convolve2d(each, window, "valid")[::2, ::2] for each in (x, y))
        means = [convolve2d(each, window, "valid") for each in (x, y, x * x, y * y, x * y)]
        in_x = (means[2] - means[0] ** 2).clip(0)
        in_y = (means[3] - means[1] ** 2).clip(0)
        gain = (means[4] - means[0] * means[1]) / (in_x + 1e-10)
        lost = np.where(gain < 0, in_y, in_y - gain * gain * in_x).clip(1e-10)
        gain = gain.clip(0)
        kept += np.log10(1 + gain**2 * in_x / (lost + 2)).sum()
        held += np.log10(1 + in_x / 2).sum()
    assert built_in("vifp").load()(a, b) == pytest.approx(kept / held, abs=1e-10)


@pytest.mark.parametrize(("height", "width"), [(176, 192), (209, 187)])
def test_ms_ssim(height: int, width: int) -> None:
    """MS-SSIM: contrast and structure at five scales, SSIM at the last; sides halved, odd ones with their last line."""
    a, b = pair(height, width)
    expected = []
    x, y = a, b
    for scale in range(5):
        window = gaussian(11, 1.5)
        means = [convolve2d(each, window, "valid") for each in (x, y, x * x, y * y, x * y)]
        spread = means[2] + means[3] - means[0] ** 2 - means[1] ** 2 + (0.03 * 255) ** 2
        factor = (2 * (means[4] - means[0] * means[1]) + (0.03 * 255) ** 2) / spread
        if scale == 4:
            factor *= (2 * means[0] * means[1] + 2.55**2) / (means[0] ** 2 + means[1] ** 2 + 2.55**2)
            whole = structural_similarity(
                x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
            )  # type: ignore[no-untyped-call] # it has no types
            assert factor.mean() == pytest.approx(whole, abs=1e-9)
        expected.append(factor.mean())
        x, y = (np.pad(each, [(0, side % 2) for side in each.shape], mode="edge") for each in (x, y))
        x, y = ((each[::2, ::2] + each[1::2, ::2] + each[::2, 1::2] + each[1::2, 1::2]) / 4 for each in (x, y))
    load = built_in("ms-ssim").load
    assert load()(a, b) == pytest.approx(np.average(expected, weights=WEIGHTS), abs=1e-6)
    assert load(combine="sum")(a, b) == load()(a, b)
    assert load(combine="product")(a, b) == pytest.approx(np.prod(np.power(expected, WEIGHTS)), abs=1e-6)


def test_ms_ssim_of_opposites() -> None:
    """Of an image and its negative the sum is negative, and the product, which has no real power, 0."""
    a, _ = pair(180, 180)
    load = built_in("ms-ssim").load
    assert load()(a, 255 - a) < 0
    assert load(combine="product")(a, 255 - a) == 0
