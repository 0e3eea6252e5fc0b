"""`imresize` is MATLAB's: by hand on small vectors, and bit for bit on published images."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from srbench import datasets
from srbench.quality import resize
from srbench.quality.files import read_image
from srbench.quality.image import round_half_up
from srbench.quality.protocols import get
from srbench.quality.resize import Border, imresize

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BORDERS: tuple[Border, ...] = get_args(Border)
PUBLISHED = [
    (name, file.name, factor) for name in ("set5", "set14") for factor in (2, 3, 4) for file in datasets.get(name).files
]

# By hand. Shrinking by 2, taps lie at distances 0.5, 1.5, 2.5, 3.5; half Keys' cubic (a = -0.5) at half of them gives
# 0.43359375, 0.11328125, -0.03515625, -0.01171875. Enlarging by 2: 0.8671875, 0.2265625, -0.0703125, -0.0234375 at
# distances 0.25, 0.75, 1.25, 1.75. `clamp` adds what falls outside to the edge, `mirror` to 2, 3, ...
HALF = {
    "clamp": [[0.5, 0.43359375, 0.11328125, -0.046875], [-0.046875, 0.11328125, 0.43359375, 0.5]],
    "mirror": [[0.546875, 0.3984375, 0.1015625, -0.046875], [-0.046875, 0.1015625, 0.3984375, 0.546875]],
}
DOUBLE = {
    "clamp": [[1.0703125, -0.0703125], [0.796875, 0.203125], [0.203125, 0.796875], [-0.0703125, 1.0703125]],
    "mirror": [[1.09375, -0.09375], [0.796875, 0.203125], [0.203125, 0.796875], [-0.09375, 1.09375]],
}


def matrix(length: int, scale: Fraction | int, border: Border) -> NDArray[np.float64]:
    """Return what `imresize` does along one axis, by its answers to unit impulses."""
    columns = [imresize(unit[:, None].repeat(8, 1), scale, border=border)[:, 0] for unit in np.eye(length)]
    return np.column_stack(columns)


@pytest.mark.parametrize("border", BORDERS)
def test_shrinking_by_hand(border: Border) -> None:
    """Four samples to two: the kernel is stretched, and the border rule decides what the ends weigh."""
    assert np.allclose(matrix(4, Fraction(1, 2), border), HALF[border], rtol=0, atol=1e-15)


@pytest.mark.parametrize("border", BORDERS)
def test_enlarging_by_hand(border: Border) -> None:
    """Two samples to four: the kernel keeps its width."""
    assert np.allclose(matrix(2, 2, border), DOUBLE[border], rtol=0, atol=1e-15)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(1, 3), Fraction(1, 4), Fraction(2, 3), 2, 3, 4])
def test_rows_sum_to_one(scale: Fraction | int, border: Border) -> None:
    """A constant stays that constant, down to images much shorter than the kernel."""
    for length in (1, 2, 5, 24):
        assert np.allclose(matrix(length, scale, border).sum(axis=1), 1, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("scale", "shape"), [(Fraction(1, 3), (4, 5)), (Fraction(2, 3), (7, 9)), (3, (30, 39))])
def test_size_is_rounded_up(scale: Fraction | int, shape: tuple[int, int]) -> None:
    """A side of n becomes ceil(scale * n), exactly: 1/3 of 10 is 4, of 13 is 5."""
    assert imresize(np.zeros((10, 13)), scale).shape == shape
    assert imresize(np.zeros((10, 13, 3), np.uint8), scale).shape == (*shape, 3)


@pytest.mark.parametrize(("scale", "side"), [(Fraction(7, 25), 25), (Fraction(3, 17), 85), (Fraction(1, 3), 999)])
def test_a_whole_size_gains_no_pixel(scale: Fraction, side: int) -> None:
    """Floating 7/25 * 25 is 7.000000000000001, whose ceiling is 8: the scale is a fraction, and the size 7."""
    assert imresize(np.zeros((side, 1)), scale).shape[0] == scale * side


def test_uint8_is_rounded_half_up() -> None:
    """A sample of exactly 0.5 becomes 1, not the even 0; what is negative becomes 0."""
    assert imresize(np.array([[1], [0], [0], [0]], np.uint8), Fraction(1, 2)).tolist() == [[1], [0]]
    assert imresize(np.array([[5], [0], [0], [0]], np.uint8), Fraction(1, 2)).tolist() == [[3], [0]]


@pytest.mark.parametrize("scale", [Fraction(1, 3), 2])
def test_rounding_after_each_dimension_or_once(scale: Fraction | int) -> None:
    """`each` rounds the columns' result before the rows are done, height first; `once` rounds the end. They differ."""
    image = np.random.default_rng(3).integers(0, 256, (24, 30), dtype=np.uint8)
    height, width = matrix(24, scale, "clamp"), matrix(30, scale, "clamp")
    each = round_half_up(round_half_up(height @ image) @ width.T)
    once = round_half_up(height @ image @ width.T)
    other = round_half_up(height @ round_half_up(image @ width.T))
    assert np.array_equal(imresize(image, scale, rounding="each"), each)
    assert np.array_equal(imresize(image, scale, rounding="once"), once)
    assert np.array_equal(imresize(image, scale), each)
    assert not np.array_equal(each, once)
    assert not np.array_equal(each, other)


def test_floats_are_neither_rounded_nor_clipped() -> None:
    """Floats overshoot, `rounding` means nothing to them, and their dtype stays."""
    image = np.repeat([0.0, 1.0], 8)[None].repeat(4, 0)
    sr = imresize(image, 2)
    assert sr.min() < -0.05
    assert sr.max() > 1.05
    assert np.array_equal(sr, imresize(image, 2, rounding="once"))
    assert imresize(image.astype(np.float32), 2).dtype == np.float32
    assert np.allclose(imresize(image.astype(np.float32), 2), sr, rtol=0, atol=1e-6)


def test_channels_are_resized_alone() -> None:
    """RGB gives the stack of its resized channels."""
    image = np.random.default_rng(4).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    alone = np.dstack([imresize(image[..., channel], Fraction(1, 3)) for channel in range(3)])
    assert np.array_equal(imresize(image, Fraction(1, 3)), alone)


def test_memory_layout_and_input_do_not_matter() -> None:
    """Views with other strides give the same pixels, and the input is left alone."""
    image = np.random.default_rng(5).integers(0, 256, (24, 30, 3), dtype=np.uint8)
    view, before = image[::2, ::-1], image.copy()
    assert np.array_equal(imresize(view, 2), imresize(view.copy(), 2))
    assert np.array_equal(image, before)


def test_borders_differ_only_near_the_border() -> None:
    """Clamp and mirror agree where the kernel stays inside."""
    image = np.random.default_rng(6).uniform(size=(30, 30))
    clamp, mirror = (imresize(image, Fraction(1, 3), border=border) for border in BORDERS)
    assert not np.array_equal(clamp[0], mirror[0])
    assert np.array_equal(clamp[2:-2, 2:-2], mirror[2:-2, 2:-2])


@pytest.mark.parametrize(("dataset", "image", "factor"), PUBLISHED)
def test_published_lr_is_reproduced_bit_for_bit(data_folder: Path, dataset: str, image: str, factor: int) -> None:
    """0 samples differ from the LR images that SelfExSR and RCAN published, made by MATLAB's imresize."""
    found = datasets.get(dataset, data_folder)
    hr = {entry.name: entry.path for entry in found.images}
    lr = {entry.name: entry.path for entry in found.published_lr(factor)}
    assert np.array_equal(get("basicsr").degrade(read_image(hr[image]), factor), read_image(lr[image]))


def test_there_are_57_published_images() -> None:
    """Set5 and Set14 at x2, x3 and x4: (5 + 14) * 3."""
    assert len(PUBLISHED) == 57


@pytest.mark.parametrize("scale", [3, Fraction(1, 3), Fraction(2, 7)])
@pytest.mark.parametrize("border", BORDERS)
def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch, scale: Fraction | int, border: Border) -> None:
    """However few rows are resized at a time, the bits are those of all at once."""
    pixels = np.random.default_rng(0).integers(0, 256, (50, 31, 3), dtype=np.uint8)
    for image in (pixels, pixels[..., 0], pixels / 255):
        whole = imresize(image, scale, border=border)
        with monkeypatch.context() as patched:
            patched.setattr(resize, "BAND", 300)
            np.testing.assert_array_equal(imresize(image, scale, border=border), whole)
