"""Luma and chroma apart and joined: what the definition in `srbench.quality.image` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from srbench.contract import examples
from srbench.plugins import import_module
from srbench.quality.image import from_255, from_ycbcr, is_grey, on_255, to_ycbcr
from srbench.takes import Takes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.quality.image import Image

colour = import_module("srbench.networks.colour")


LUMA = Takes("y")


def images() -> dict[str, Image]:
    """Return images of one strip and of many, of all kinds; floats overshoot."""
    pixels = np.random.default_rng(3).integers(0, 256, (203, 317, 3), dtype=np.uint8)
    floats = pixels / 255 * 1.2 - 0.1
    large: dict[str, Any] = {
        "RGB": pixels,
        "grey": pixels[..., 0],
        "RGB float64": floats,
        "grey float32": floats[..., 1].astype("f"),
    }
    return {**examples(), **large}


def whole(image: Image, sr_luma: NDArray[np.float32]) -> Image:
    """Return SR as the definition says it, without strips."""
    luma = sr_luma * np.float32(255)
    if is_grey(image):
        return from_255(luma, image.dtype)
    chroma = to_ycbcr(image).astype(np.float32)[..., 1:]
    chroma = np.asarray(cv2.resize(chroma, luma.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
    return from_255(from_ycbcr(np.dstack([luma, chroma])), image.dtype)


@pytest.mark.parametrize("name", images())
def test_as_defined(name: str) -> None:
    """Luma is that of `to_ycbcr` over 255; joined with chroma that went up by bicubic, it is SR. The input stays.

    Bit for bit, but for the last bit of floats.
    """
    image: Any = images()[name]
    before = image.copy()
    lr = colour.apart(image, LUMA)
    luma = lr.fed[0]
    expected = on_255(image) if is_grey(image) else to_ycbcr(image)[..., 0]
    np.testing.assert_array_equal(luma, expected.astype(np.float32) / np.float32(255))
    sr_luma = np.random.default_rng(5).random((3 * luma.shape[0], 3 * luma.shape[1]), np.float32) * 1.2 - 0.1
    sr = colour.joined(sr_luma[None], lr, LUMA)
    tolerance = 0 if image.dtype == np.uint8 else 5e-7
    np.testing.assert_allclose(sr, whole(image, sr_luma), rtol=0, atol=tolerance)
    np.testing.assert_array_equal(image, before)


def test_half_is_rounded_up() -> None:
    """Luma at exactly .5 goes up, even and odd alike."""
    halves = np.arange(0, 255, dtype=np.float32) + np.float32(0.5)
    luma = (halves / np.float32(255))[None]
    exact = luma * np.float32(255) == halves
    sr = colour.joined(luma[None], colour.apart(np.zeros((1, 1), np.uint8), LUMA), LUMA)
    np.testing.assert_array_equal(sr[exact], np.ceil(halves[None][exact]).astype(np.uint8))
    assert exact.sum() > 200
