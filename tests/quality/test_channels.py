"""What is scored of an image: luma by any formula, rounded or not, and what takes its place where channels differ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srbench.errors import UsageError
from srbench.quality.channels import (
    HR_STACKED,
    SR_GREYED,
    SR_IS_LUMA,
    STUDIO,
    Luma,
    beside,
    eight_bits,
    remark,
    rounded,
    scored,
)
from srbench.quality.image import grey, luma, stacked

RGB = np.random.default_rng(0).integers(0, 256, (12, 14, 3), dtype=np.uint8)
GREY = RGB[..., 0]


def test_the_usual_luma_is_that_of_images() -> None:
    """MATLAB's rgb2ycbcr is written once as data; its bits are those of `image.luma`."""
    assert np.array_equal(STUDIO.of(RGB), luma(RGB))


def test_a_formula_of_luma() -> None:
    """Offset + weighted sum / divisor, by hand: 16 + (1 * 10 + 2 * 20 + 3 * 30) / 4."""
    assert Luma((1, 2, 3), 4, 16).of(np.array([[[10, 20, 30]]], np.uint8)).tolist() == [[51.0]]
    assert str(Luma((1, 2.5, 3), 4, 16)) == "16 + (1 R + 2.5 G + 3 B) / 4"
    assert str(Luma((0.299, 0.587, 0.114), 1, 0)) == "0.299 R + 0.587 G + 0.114 B"


@pytest.mark.parametrize("numbers", [((math.inf, 0, 0),), ((1, 1, 10**400),), ((1, 1, 1), 0), ((1, 1, 1), 1, math.nan)])
def test_numbers_that_make_no_luma(numbers: tuple[Any, ...]) -> None:
    """Weights, divisor and offset are finite, and the divisor is not 0."""
    with pytest.raises(UsageError, match=r"^(weights|divisor|offset) is .*, expected"):
        Luma(*numbers)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("no", [0.5, 1.5, -1.2, 255.6]), ("half-up", [1, 2, 0, 255]), ("half-even", [0, 2, 0, 255])],
)
def test_luma_rounded(rounding: Any, expected: list[float]) -> None:  # noqa: ANN401 - a literal
    """Rounded luma is an integer in 0..255, halves up as in MATLAB or to even as in NumPy; else it is as it was."""
    assert rounded(np.array([0.5, 1.5, -1.2, 255.6]), rounding).tolist() == expected


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("half-up", [1, 0, 255]), ("truncated", [0, 0, 255]), ("clipped", [0.5, 0, 255]), ("no", [0.5, -1, 300])],
)
def test_a_float_image_as_8_bits(rounding: Any, expected: list[float]) -> None:  # noqa: ANN401 - a literal
    """Floats on 0..1 are rounded, truncated, clipped alone or left, on 0..255; 8-bit images stay."""
    assert eight_bits(np.array([[0.5, -1, 300]]) / 255, rounding).tolist() == [pytest.approx(expected)]
    assert eight_bits(RGB, rounding) is RGB


def test_what_is_scored() -> None:
    """All channels as they are, or luma; a grey image is its own luma, in float64."""
    assert scored(RGB, "rgb", STUDIO) is RGB
    assert np.array_equal(scored(RGB, "y", STUDIO), luma(RGB))
    assert (scored(GREY, "y", STUDIO) == GREY).all()
    assert scored(GREY, "y", STUDIO).dtype == np.float64


@pytest.mark.parametrize(
    ("hr", "sr", "channels", "said", "expected"),
    [
        (RGB, RGB, "y", "", RGB),
        (RGB, GREY, "y", SR_IS_LUMA, GREY),
        (GREY, GREY, "rgb", "", GREY),
        (GREY, stacked(GREY), "y", "", GREY),
        (GREY, stacked(GREY), "rgb", "", GREY),
        (GREY, RGB, "y", SR_GREYED, grey(RGB)),
        (GREY, RGB, "rgb", HR_STACKED, RGB),
    ],
)
def test_channels_that_differ(hr: Any, sr: Any, channels: Any, said: str, expected: Any) -> None:  # noqa: ANN401
    """It is said what is scored where HR and SR have not the same channels; three that are equal are one."""
    assert remark(hr, sr, channels) == said
    assert np.array_equal(beside(sr, said, hr.ndim == 2), expected)
