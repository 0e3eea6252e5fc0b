"""How long every registered method, and making LR, takes on a 640x360 LR image (1920x1080 HR) at factor 3."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import methods
from srbench.errors import Unsupported
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from srbench.quality.image import Image

FACTOR = 3


@pytest.fixture(scope="module")
def lr() -> Image:
    """Return a 640x360 RGB image."""
    return np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)


@pytest.mark.benchmark(group="upscale 640x360 to 1920x1080, RGB uint8")
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("name", sorted(methods.registry()))
def test_upscale(benchmark: BenchmarkFixture, lr: Image, name: str, device: str) -> None:
    """One call, from an idle device to finished work."""
    choice = methods.choose(name, methods.registry())
    if device not in choice.method.devices():
        pytest.skip(f"{name} does not run on {device}")
    try:
        upscaler = choice.load(FACTOR, device)
    except Unsupported as error:
        pytest.skip(str(error))
    synchronize = getattr(upscaler, "synchronize", lambda: None)

    def call() -> Image:
        sr = upscaler(lr)
        synchronize()
        return sr

    assert benchmark(call).shape == (1080, 1920, 3)


@pytest.mark.benchmark(group="degrade 1920x1080 by 3")
def test_degrade(benchmark: BenchmarkFixture) -> None:
    """MATLAB's bicubic, uint8."""
    hr = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), dtype=np.uint8)
    assert benchmark(imresize, hr, Fraction(1, FACTOR)).shape == (360, 640, 3)
