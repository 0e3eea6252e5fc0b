"""Colour and rounding are MATLAB's, to the exact half."""

from __future__ import annotations

import numpy as np
import pytest

from srbench.quality.image import (
    channels,
    from_255,
    from_ycbcr,
    is_grey,
    luma,
    on_255,
    round_half_up,
    to_uint8,
    to_ycbcr,
)

# ITU-R BT.601, 8-bit limited range: what MATLAB's rgb2ycbcr(uint8([R G B])) prints for the primaries
PRIMARIES = [
    ((0, 0, 0), (16, 128, 128)),
    ((255, 255, 255), (235, 128, 128)),
    ((255, 0, 0), (81, 90, 240)),
    ((0, 255, 0), (145, 54, 34)),
    ((0, 0, 255), (41, 240, 110)),
    ((255, 255, 0), (210, 16, 146)),
    ((0, 255, 255), (170, 166, 16)),
    ((255, 0, 255), (106, 202, 222)),
]


@pytest.mark.parametrize(("rgb", "ycbcr"), PRIMARIES)
def test_colours_are_those_of_matlab(rgb: tuple[int, ...], ycbcr: tuple[int, ...]) -> None:
    """Known colours, rounded, and luma alone is the first of the three."""
    image = np.array([[rgb]], np.uint8)
    assert tuple(round_half_up(to_ycbcr(image))[0, 0]) == ycbcr
    assert luma(image)[0, 0] == to_ycbcr(image)[0, 0, 0]


def test_luma_follows_the_formula() -> None:
    """Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255 (ITU-R BT.601), not rounded, with RGB in that order."""
    image = np.array([[[10, 100, 200], [200, 100, 10]]], np.uint8)
    expected = [16 + (654.81 + 12855.3 + 4993.2) / 255, 16 + (13096.2 + 12855.3 + 249.66) / 255]
    assert np.allclose(luma(image), [expected], rtol=0, atol=1e-12)


def test_luma_of_every_colour_rounds_as_exact_arithmetic_does() -> None:
    """All 2^24 colours, the exact halves among them: integer arithmetic decides, and .5 goes up."""
    green, blue = (plane.astype(np.int64) for plane in np.mgrid[0:256, 0:256])
    image = np.empty((256, 256, 3), np.uint8)
    image[..., 1], image[..., 2] = green, blue
    ties = 0
    for red in range(256):
        image[..., 0] = red
        thousandths = 65481 * red + 128553 * green + 24966 * blue  # of 1 / 255
        ties += int(np.count_nonzero(thousandths % 255_000 == 127_500))
        exact = (thousandths + 127_500) // 255_000 + 16
        assert np.array_equal(round_half_up(luma(image)), exact), red
    assert ties == 194  # so the halves were met; counted by the integers above


def test_floats_are_scaled_and_grey_is_left_as_it_is() -> None:
    """0..1 floats have the luma of their uint8; a grey image is its own luma, on 0..255."""
    image = np.random.default_rng(1).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    assert np.allclose(luma(image / 255), luma(image), rtol=0, atol=1e-10)
    assert np.array_equal(luma(image[..., 0]), image[..., 0])
    assert np.allclose(luma(np.array([[-0.1, 1.2]])), [[-25.5, 306.0]])


def test_ycbcr_returns_to_rgb() -> None:
    """There and back changes nothing, overshoot included."""
    image = np.random.default_rng(2).uniform(-0.1, 1.1, (7, 8, 3))
    assert np.allclose(from_ycbcr(to_ycbcr(image)), image * 255, rtol=0, atol=1e-9)


def test_one_pixel_has_colour() -> None:
    """Shapes survive down to a single pixel, row and column."""
    for shape in ((1, 1, 3), (1, 4, 3), (4, 1, 3)):
        image = np.full(shape, 77, np.uint8)
        assert luma(image).shape == shape[:2]
        assert to_ycbcr(image).shape == from_ycbcr(to_ycbcr(image)).shape == shape


def test_halves_round_up_and_the_rest_is_clipped() -> None:
    """MATLAB rounds .5 upwards, not to even; what leaves 0..255 is clipped."""
    values = np.array([0.5, 1.5, 2.5, 2.499, 254.5, -0.5, -3.0, 255.5, 300.0])
    assert round_half_up(values).tolist() == [1, 2, 3, 2, 255, 0, 0, 255, 255]
    assert round_half_up(np.array([0.5], np.float32)).dtype == np.float32


def test_uint8_does_not_wrap_around() -> None:
    """Values beyond 0..255 saturate: 256 is 255, -1 is 0."""
    assert from_255(np.array([256.0, -1.0, 511.6]), np.dtype(np.uint8)).tolist() == [255, 0, 255]
    assert to_uint8(np.array([[1.004, -0.01, 0.5]])).tolist() == [[255, 0, 128]]


def test_floats_are_never_clipped() -> None:
    """As floats, overshoot stays."""
    values = np.array([-10.2, 280.5])
    assert np.allclose(from_255(values, np.dtype(np.float32)), [-0.04, 1.1])
    assert from_255(values, np.dtype(np.float32)).dtype == np.float32
    assert np.allclose(on_255(np.array([-0.04, 1.1])), values)


def test_to_uint8_returns_every_uint8_value() -> None:
    """uint8 -> float -> uint8 is the identity, in both precisions."""
    values = np.arange(256, dtype=np.uint8)[None]
    for dtype in (np.float32, np.float64):
        assert np.array_equal(to_uint8(from_255(on_255(values), np.dtype(dtype))), values)
    assert to_uint8(values) is values


def test_channels_are_counted_by_shape() -> None:
    """(H, W) is grey, (H, W, 3) is RGB, whatever the pixels hold."""
    assert (is_grey(np.zeros((3, 3))), channels(np.zeros((3, 3)))) == (True, 1)
    assert (is_grey(np.zeros((3, 3, 3))), channels(np.zeros((3, 3, 3)))) == (False, 3)
