"""Crops: the most detailed region of an image, in HR, LR and SR, as PNG."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from srbench.quality.image import Image, is_grey, luma, round_half_up, to_uint8

if TYPE_CHECKING:
    from srbench.quality.protocol import Protocol

SIDE = 128
"""Pixels of a crop's side, where the image has as many; less where the factor does not divide them."""

POSITION = "srbench"
"""The text chunk of HR's PNG that says where its crop lies: JSON with `box` and `whole` (width, height)."""

_HEADER = 33
"""Bytes of a PNG before the chunks that may be text: its signature and IHDR."""

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
    """Return the reference for SR of `hr` as uint8; only luma if LR is luma."""
    reference = to_uint8(protocol.reference(hr, factor))
    return round_half_up(luma(reference)).astype(np.uint8) if protocol.degradation.channels == "y" else reference


def detailed(image: Image, factor: int, side: int = SIDE) -> Box:
    """Return the part of `image`, (H, W[, 3]) uint8, whose gradients are largest on average once it is shrunk.

    It is as long as `side`, where the image is.
    Its sides and corner are multiples of the factor, so that LR has exactly the same part.
    """
    grey = image if is_grey(image) else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    shrunk = cv2.resize(grey, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(np.float32)
    height, width = (min(side // factor, length) for length in shrunk.shape)
    gradients = cv2.magnitude(cv2.Sobel(shrunk, -1, 1, 0), cv2.Sobel(shrunk, -1, 0, 1))
    sums = cv2.integral(gradients)
    found = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    y, x = divmod(int(found.argmax()), found.shape[1])
    return Box(x * factor, y * factor, width * factor, height * factor)


def detailed_input(image: Image, factor: int) -> Box:
    """Return the part of SR that is `detailed` in `image`, the input: where there is no HR."""
    x, y, width, height = detailed(image, 1, SIDE // factor)
    return Box(x * factor, y * factor, width * factor, height * factor)


def png(image: Image, position: str = "") -> bytes:
    """Return `image`, uint8 or float, as PNG, with its `position` in HR in a text chunk if one is given.

    OpenCV takes half a millisecond for a crop, Pillow two to three: as long as scoring the whole image. Huffman codes
    alone save a fifth of that, and of photographs they make as small a file: few of their bytes repeat.
    """
    encoded = _encoded(".png", to_uint8(image), cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY)
    if not position:
        return encoded
    chunk = b"tEXt" + POSITION.encode() + b"\0" + position.encode("latin-1")
    whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return encoded[:_HEADER] + whole + encoded[_HEADER:]


def small(image: Image) -> bytes:
    """Return the whole of `image`, made small, as lossy JPEG (quality 80)."""
    scale = min(1.0, SMALL / max(image.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in image.shape[1::-1])
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return _encoded(".jpg", resized, cv2.IMWRITE_JPEG_QUALITY, 80)


def _encoded(suffix: str, image: Image, *settings: int) -> bytes:
    stored = image if is_grey(image) else cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(suffix, stored, settings)[1])
