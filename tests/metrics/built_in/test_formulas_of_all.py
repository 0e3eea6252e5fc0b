"""What holds for every built-in metric that is a formula, beyond the contract of metrics."""

from __future__ import annotations

import math
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from srbench.errors import ImageError, Unsupported

Samples = NDArray[Any]

LEAST = {
    "psnr": 1,
    "ssim": 11,
    "ms-ssim": 176,
    "gmsd": 6,
    "haarpsi": 16,
    "fsim": 16,
    "fsimc": 16,
    "vifp": 41,
    "ciede2000": 1,
    "erqa": 16,
    "niqe": 192,
}
"""The shorter side that each needs; NIQE two blocks of 96 pixels."""

PAIRS = [name for name in LEAST if name != "niqe"]
IDEAL = {"psnr": math.inf, "gmsd": 0.0, "ciede2000": 0.0}
SIZES = [(176, 201), (301, 192, 3)]


def scorer(name: str) -> Any:  # noqa: ANN401 - a function
    """Return the function of a metric; skip where its package is not installed."""
    if name == "erqa" and find_spec("erqa") is None:
        pytest.skip("erqa is not installed: pip install erqa")
    return import_module(f"srbench.metrics.built_in.{name}").load()


def picture(shape: tuple[int, ...]) -> Samples:
    """Return an image with rough and smooth parts and edges, uint8."""
    random = np.random.default_rng(1)
    octaves = [random.random((4 * 2**step, 5 * 2**step, 3)) * 2.0**-step for step in range(6)]
    image = sum(cv2.resize(octave, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC) for octave in octaves)
    whole = np.asarray(image)
    whole = (whole - whole.min()) / np.ptp(whole) * 180
    for number in range(0, min(shape[:2]) - 24, 12):
        whole[number : number + 9, number : number + 24] += 75
    return np.ascontiguousarray(whole.astype(np.uint8) if len(shape) == 3 else whole[..., 0].astype(np.uint8))


def worse(image: Samples, sigma: float) -> Samples:
    """Return a blurred image."""
    return cv2.GaussianBlur(image, (0, 0), sigma)


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("name", PAIRS)
def test_identical_images_have_the_ideal_value(name: str, shape: tuple[int, ...]) -> None:
    """Exactly 1, 0 or infinity: nothing of a rounding error is left, in either dtype, and of flat images too."""
    score = scorer(name)
    for image in (picture(shape), picture(shape) * 0.9, np.full(shape, 77, np.uint8)):
        assert score(image, image.copy()) == IDEAL.get(name, 1.0)


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("name", PAIRS)
def test_more_blur_is_worse_and_within_range(name: str, shape: tuple[int, ...]) -> None:
    """The more an image is blurred the worse its value, which lies in the range that METRIC declares."""
    metric = import_module(f"srbench.metrics.built_in.{name}").METRIC
    score, image = scorer(name), picture(shape)
    values = [score(image, worse(image, sigma)) for sigma in (0.7, 1.5, 4)]
    assert values == sorted(values, reverse=metric.better == "higher")
    assert all(metric.low <= value <= metric.high for value in values)
    assert len(set(values)) == 3


@pytest.mark.parametrize("name", PAIRS)
def test_symmetry_is_as_declared(name: str) -> None:
    """Both images may change places, to the last bit, unless METRIC says otherwise."""
    metric = import_module(f"srbench.metrics.built_in.{name}").METRIC
    score, image = scorer(name), picture(SIZES[1])
    noise = np.random.default_rng(2).normal(0, 9, image.shape)
    other = np.clip(worse(image, 1.5) + noise, 0, 255).astype(np.uint8)
    assert (score(image, other) == score(other, image)) is metric.symmetric


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("name", LEAST)
def test_dtype_and_calls_change_nothing(name: str, shape: tuple[int, ...]) -> None:
    """uint8 and float64 of the same samples have one value, so have calls one after another; inputs stay."""
    score, image = scorer(name), picture(shape)
    pair = [worse(image, 1)] if name == "niqe" else [image, worse(image, 1)]
    before = [each.copy() for each in pair]
    value = score(*pair)
    assert {score(*(each.copy() for each in pair)) for _ in range(3)} == {value}
    assert score(*(each.astype(np.float64) for each in pair)) == pytest.approx(value, abs=2e-7)
    assert all(np.array_equal(one, other) for one, other in zip(before, pair, strict=True))


@pytest.mark.sampled
@pytest.mark.parametrize("name", [*PAIRS, "niqe"])
def test_threads_change_no_bit(name: str) -> None:
    """One thread finds the same bits as two."""
    score, image = scorer(name), np.tile(picture((150, 250)), (2, 4))
    pair = [image] if name == "niqe" else [image, worse(image, 1)]
    several = score(*pair)
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        assert score(*pair) == several
    finally:
        cv2.setNumThreads(before)


@pytest.mark.parametrize("name", [name for name, least in LEAST.items() if least > 1])
def test_too_small_is_unsupported(name: str) -> None:
    """The smallest image it takes has a value; one pixel less is Unsupported, and the line names both sizes."""
    score, least = scorer(name), LEAST[name]
    shape = (96, 192) if name == "niqe" else (least, least)
    sides = 1 if name == "niqe" else 2
    image = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    assert math.isfinite(score(*[image, worse(image, 1)][-sides:]))
    small = image[:, 1:]
    with pytest.raises(
        Unsupported, match=rf"image of {small.shape[1]}x{shape[0]} pixels is too small for .*which needs"
    ):
        score(*[small, small][-sides:])


@pytest.mark.parametrize("name", PAIRS)
def test_other_shapes_and_nan_are_errors(name: str) -> None:
    """Two shapes, or NaN, raise ImageError: no value is made of them."""
    score, image = scorer(name), picture(SIZES[0])
    with pytest.raises(ImageError, match="different shapes"):
        score(image, image[:-1])
    bad = image.astype(np.float64)
    bad[3, 4] = np.nan
    with pytest.raises(ImageError, match="NaN"):
        score(image.astype(np.float64), bad)


@pytest.mark.parametrize("shape", [(64, 64), (200, 301)])
@pytest.mark.parametrize(("name", "line"), [("fsim", "neither image has any"), ("vifp", "flat"), ("erqa", "none")])
def test_nothing_to_compare(name: str, line: str, shape: tuple[int, int]) -> None:
    """Of two flat images that differ, 0 / 0 is no value: Unsupported, and the line says why."""
    flat = np.full(shape, 101.3)
    with pytest.raises(Unsupported, match=line):
        scorer(name)(flat, flat + 50)
