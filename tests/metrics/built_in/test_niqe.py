"""NIQE is what its authors' steps make of an image, block by block."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import gamma

from srbench.errors import Unsupported
from srbench.metrics.built_in import niqe as module
from srbench.quality.resize import imresize

Samples = NDArray[Any]
SHAPES = np.arange(0.2, 10.001, 0.001)
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))


def picture(height: int, width: int) -> Samples:
    """Return a natural-looking image: noise whose spectrum falls with frequency, uint8."""
    random = np.random.default_rng(0)
    image = sum(ndimage.gaussian_filter(random.normal(0, sigma, (height, width)), sigma) for sigma in (1, 2, 4, 8, 16))
    whole = np.asarray(image)
    found: Samples = (127 + 30 * whole / whole.std()).clip(0, 255).astype(np.uint8)
    return found


def fitted(block: Samples) -> tuple[float, float, float]:
    """Fit one block as `estimateaggdparam.m` does: the nearest of 9801 shapes."""
    left, right = np.sqrt((block[block < 0] ** 2).mean()), np.sqrt((block[block > 0] ** 2).mean())
    lean, ratio = left / right, np.abs(block).mean() ** 2 / (block**2).mean()
    ratio *= (lean**3 + 1) * (lean + 1) / (lean**2 + 1) ** 2
    shape = SHAPES[np.argmin((RATIOS - ratio) ** 2)]
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * scale, right * scale


def features(block: Samples) -> list[float]:
    """Return the 18 features of one block."""
    shape, left, right = fitted(block)
    found = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = fitted(block * np.roll(block, shift, axis=(0, 1)))
        found += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return found


def test_block_by_block() -> None:
    """The distance is that of features that are computed one block after the other."""
    image = picture(200, 310)
    x = image[:192, :288].astype(float)
    window = np.exp(-(np.arange(-3, 4) ** 2) / (2 * (7 / 6) ** 2))
    kernel = np.outer(window, window) / window.sum() ** 2
    scales = []
    for side in (96, 48):
        mean = ndimage.convolve(x, kernel, mode="nearest")
        deviation = np.sqrt(np.abs(ndimage.convolve(x * x, kernel, mode="nearest") - mean**2))
        normal = (x - mean) / (deviation + 1)
        rows, columns = (range(0, length, side) for length in x.shape)
        scales.append([features(normal[top : top + side, left : left + side]) for top in rows for left in columns])
        x = imresize(x, Fraction(1, 2), border="mirror")
    found = np.hstack([np.array(scale) for scale in scales])
    mean, covariance = module._model()
    apart = mean - found.mean(axis=0)
    expected = np.sqrt(apart @ np.linalg.pinv((covariance + np.cov(found, rowvar=False)) / 2) @ apart)
    assert module.load()(image) == pytest.approx(expected, rel=1e-9)


def test_model_is_that_of_the_authors() -> None:
    """It has 36 features, and a symmetric covariance; the file is what decides values beside code."""
    mean, covariance = module._model()
    assert mean.shape == (36,)
    assert covariance == pytest.approx(covariance.T)
    assert module.files() == [module.MODEL]
    assert "any purpose" in module.MODEL.with_suffix(".txt").read_text(encoding="utf-8")


def test_noise_and_blur_are_less_natural() -> None:
    """White noise and heavy blur lie farther from natural images."""
    score, image = module.load(), picture(192, 288)
    noise = np.random.default_rng(1).integers(0, 256, image.shape, dtype=np.uint8)
    blurred = ndimage.gaussian_filter(image, 4)
    assert score(image) < score(noise)
    assert score(image) < score(blurred)


def test_what_lies_beyond_whole_blocks_does_not_count() -> None:
    """Only whole blocks of 96 pixels are judged, from the first row and column on."""
    score, image = module.load(), picture(192, 288)
    assert score(np.pad(image, ((0, 95), (0, 50)))) == score(image)


def test_colour_is_judged_by_its_grey() -> None:
    """RGB is MATLAB's rgb2gray; samples are rounded."""
    score, image = module.load(), picture(192, 192)
    assert score(np.dstack([image] * 3)) == score(image)
    assert score(image + 0.3) == score(image)


@pytest.mark.parametrize("value", [0, 100, 101.5])
def test_flat_images(value: float) -> None:
    """Flat blocks have no features: with fewer than two others, the image is Unsupported; else they do not count."""
    flat = np.full((192, 192), float(value))
    with pytest.raises(Unsupported, match="two blocks of 96x96 pixels that are not flat, and this image has fewer"):
        module.load()(flat)
    flat[:, 96:] = picture(192, 96)
    assert np.isfinite(module.load()(flat))
