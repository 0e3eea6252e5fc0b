"""Crops: the most detailed part of an image, and what protocol and method make of it, as PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from srbench.quality.image import Image, is_grey, luma, round_half_up, to_uint8

if TYPE_CHECKING:
    from srbench.quality.protocol import Protocol

SIDE = 128
"""Pixels of a crop's side, where the image has as many; less where the factor does not divide them."""

PLACE = "srbench"
"""The text chunk of HR's PNG that says where its crop lies: JSON with `box` and `whole` (width, height)."""

SMALL = 160
"""Pixels of the longer side of a whole image made small."""


class Box(NamedTuple):
    """A part of HR: left, top, width and height in pixels."""

    x: int
    y: int
    width: int
    height: int

    def of(self, image: Image, factor: int = 1) -> Image:
        """Return that part of `image`: of HR or SR, or with their factor of LR."""
        x, y, width, height = (side // factor for side in self)
        return image[y : y + height, x : x + width]


def visible(hr: Image, protocol: Protocol, factor: int) -> Image:
    """Return what SR of `hr` is to look like, uint8: its reference, of which only luma where LR is luma."""
    reference = to_uint8(protocol.reference(hr, factor))
    return round_half_up(luma(reference)).astype(np.uint8) if protocol.lr_channels == "y" else reference


def detailed(image: Image, factor: int) -> Box:
    """Return the part of `image`, (H, W[, 3]) uint8, whose gradients are largest on average once it is shrunk.

    Its sides and corner are multiples of the factor, so that LR has exactly the same part.
    """
    grey = image if is_grey(image) else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    shrunk = cv2.resize(grey, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(np.float32)
    height, width = (min(SIDE // factor, side) for side in shrunk.shape)
    gradients = cv2.magnitude(cv2.Sobel(shrunk, -1, 1, 0), cv2.Sobel(shrunk, -1, 0, 1))
    sums = cv2.integral(gradients)
    found = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    y, x = divmod(int(found.argmax()), found.shape[1])
    return Box(x * factor, y * factor, width * factor, height * factor)


def png(image: Image, **texts: str) -> bytes:
    """Return `image`, uint8 or float, as PNG, with text chunks."""
    info = PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    encoded = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(to_uint8(image))).save(encoded, "PNG", pnginfo=info)
    return encoded.getvalue()


def small(image: Image) -> bytes:
    """Return the whole of `image`, made small, as lossy WebP (quality 80)."""
    scale = min(1.0, SMALL / max(image.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in image.shape[1::-1])
    encoded = io.BytesIO()
    Pillow.fromarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA)).save(encoded, "WEBP", quality=80)
    return encoded.getvalue()
