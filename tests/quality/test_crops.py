"""Tests of srbench.quality.crops."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from srbench.quality import crops, protocols
from srbench.quality.image import luma, round_half_up, to_uint8


def flat_with_noise(height: int, width: int, top: int, left: int) -> np.ndarray:
    """Return a grey RGB image with a square of 40 x 40 noisy pixels."""
    image = np.full((height, width, 3), 128, np.uint8)
    image[top : top + 40, left : left + 40] = np.random.default_rng(0).integers(0, 256, (40, 40, 3))
    return image


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_the_most_detailed_part(factor: int) -> None:
    """The box holds what there is to see, and its sides and corner are multiples of the factor."""
    box = crops.detailed(flat_with_noise(300, 420, 200, 90), factor)
    assert box.x <= 90 <= box.x + box.width - 40
    assert box.y <= 200 <= box.y + box.height - 40
    assert all(side % factor == 0 for side in box)
    assert box.width == box.height == crops.SIDE // factor * factor


@pytest.mark.parametrize("shape", [(12, 12), (13, 400), (128, 128), (400, 14, 3)])
def test_small_images(shape: tuple[int, ...]) -> None:
    """Where the image is smaller than a crop, the crop has its sides, cut to the factor."""
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    image = protocols.get("basicsr").reference(image, 3)
    box = crops.detailed(image, 3)
    assert box.of(image).shape[:2] == tuple(min(126, side) for side in image.shape[:2])
    assert box.of(np.zeros([side // 3 for side in image.shape[:2]]), 3).shape == (box.height // 3, box.width // 3)


def test_what_is_seen_of_hr() -> None:
    """It is the reference; its luma where methods see luma alone."""
    hr = np.random.default_rng(0).integers(0, 256, (50, 61, 3), np.uint8)
    assert np.array_equal(crops.visible(hr, protocols.get("basicsr"), 3), hr[:48, :60])
    assert np.array_equal(crops.visible(hr, protocols.get("srcnn"), 3), round_half_up(luma(hr[:48, :60])))


def test_files() -> None:
    """PNG holds the very pixels, rounded half up; the small whole image is at most 160 pixels long."""
    image = np.random.default_rng(0).random((20, 500, 3))
    with Pillow.open(io.BytesIO(crops.png(image))) as read:
        assert np.array_equal(np.asarray(read), np.floor(image * 255 + 0.5))
    with Pillow.open(io.BytesIO(crops.small(to_uint8(image)))) as read:
        assert (read.format, read.size) == ("JPEG", (160, 6))


@pytest.mark.parametrize("factor", [2, 3])
def test_the_most_detailed_part_of_an_input(factor: int) -> None:
    """Without HR the box is in pixels of SR, and holds what there is to see of the input."""
    box = crops.detailed_input(flat_with_noise(300, 420, 200, 90), factor)
    x, y, width, height = (side // factor for side in box)
    assert x <= 90 <= x + width - 40
    assert y <= 200 <= y + height - 40
    assert box.width == box.height == crops.SIDE // factor * factor
