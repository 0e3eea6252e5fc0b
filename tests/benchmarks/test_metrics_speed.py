"""How long PSNR and SSIM of a 1920x1080 luma pair take, beside scikit-image's functions and BasicSR's formulas.

BasicSR does not import beside today's torchvision, so its formulas are written here anew: the steps, their order and
their precision are its, the code is not. Scores agree, so that what is timed is the same thing.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from srbench.quality.metrics import psnr, ssim

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

Samples: TypeAlias = NDArray[Any]


def psnr_of_basicsr(a: Samples, b: Samples) -> float:
    """Return PSNR from a mean of squares in float64, with numpy."""
    mse = np.square(a.astype(np.float64) - b.astype(np.float64)).mean()
    return 20 * math.log10(255 / math.sqrt(mse))


def ssim_of_basicsr(a: Samples, b: Samples) -> float:
    """Return SSIM from five images filtered with the 11x11 window as one two-dimensional kernel, in float64."""
    gaussian = cv2.getGaussianKernel(11, 1.5)
    a, b = a.astype(np.float64), b.astype(np.float64)

    def mean(image: Samples) -> Samples:
        return cv2.filter2D(image, -1, gaussian @ gaussian.T)[5:-5, 5:-5]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b = mean(a**2) - mean_a**2, mean(b**2) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    light = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    contrast = (2 * covariance + c2) / (variance_a + variance_b + c2)
    return float((light * contrast).mean())


PSNR: dict[str, Callable[..., float]] = {
    "srbench": psnr,
    "scikit-image": partial(peak_signal_noise_ratio, data_range=255),
    "BasicSR": psnr_of_basicsr,
}
WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
SSIM: dict[str, Callable[..., float]] = {
    "srbench, 1 thread": partial(ssim, threads=1),
    "srbench, 2 threads": ssim,
    "scikit-image": partial(structural_similarity, **WANG),
    "BasicSR": ssim_of_basicsr,
}


@pytest.fixture(scope="module", params=["uint8", "float64"])
def pair(request: pytest.FixtureRequest) -> tuple[Samples, Samples]:
    """Return a 1080p image and a noisy copy at about 32 dB."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1080, 0:1920]
    a = 127 + 60 * np.sin(x / 23) + 60 * np.cos(y / 31)
    return a.astype(request.param), (a + rng.normal(0, 6, a.shape)).clip(0, 255).astype(request.param)


@pytest.mark.parametrize("whose", PSNR)
def test_psnr(benchmark: BenchmarkFixture, pair: tuple[Samples, Samples], whose: str) -> None:
    """All give the same decibels, to nine decimals."""
    benchmark.group = f"PSNR 1920x1080 {pair[0].dtype}"
    assert benchmark(PSNR[whose], *pair) == pytest.approx(psnr(*pair), abs=1e-9)


@pytest.mark.parametrize("whose", SSIM)
def test_ssim(benchmark: BenchmarkFixture, pair: tuple[Samples, Samples], whose: str) -> None:
    """All give the same similarity, to six decimals."""
    benchmark.group = f"SSIM 1920x1080 {pair[0].dtype}"
    assert benchmark(SSIM[whose], *pair) == pytest.approx(ssim(*pair), abs=1e-6)
