"""How long PSNR and SSIM of a 1920x1080 luma pair take, beside scikit-image's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from srbench.quality.metrics import psnr, ssim

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

Pair = tuple[NDArray[Any], NDArray[Any]]


@pytest.fixture(scope="module", params=["uint8", "float64"])
def pair(request: pytest.FixtureRequest) -> Pair:
    """Return a 1080p image and a noisy copy at about 32 dB."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1080, 0:1920]
    a = 127 + 60 * np.sin(x / 23) + 60 * np.cos(y / 31)
    return a.astype(request.param), (a + rng.normal(0, 6, a.shape)).clip(0, 255).astype(request.param)


@pytest.mark.benchmark(group="psnr 1920x1080")
def test_psnr(benchmark: BenchmarkFixture, pair: Pair) -> None:
    """PSNR here."""
    assert benchmark(psnr, *pair) > 30


@pytest.mark.benchmark(group="psnr 1920x1080")
def test_psnr_of_scikit_image(benchmark: BenchmarkFixture, pair: Pair) -> None:
    """PSNR of scikit-image."""
    assert benchmark(peak_signal_noise_ratio, *pair, data_range=255) > 30


@pytest.mark.benchmark(group="ssim 1920x1080")
@pytest.mark.parametrize("threads", [1, 2])
def test_ssim(benchmark: BenchmarkFixture, pair: Pair, threads: int) -> None:
    """SSIM here."""
    assert benchmark(ssim, *pair, threads=threads) < 1


@pytest.mark.benchmark(group="ssim 1920x1080")
def test_ssim_of_scikit_image(benchmark: BenchmarkFixture, pair: Pair) -> None:
    """SSIM of scikit-image, with the settings that make it Wang's."""
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    assert benchmark(structural_similarity, *pair, **settings) < 1
