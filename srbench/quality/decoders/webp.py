"""WebP, lossy and lossless."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from srbench.errors import ImageError
from srbench.quality.decoders import pillow
from srbench.quality.decoders.pillow import Layers, opaque, opened, several

if TYPE_CHECKING:
    from srbench.quality.image import Image


def decode(content: bytes) -> Image:
    """Return the pixels of a WebP file, (H, W, 3) uint8.

    Raises:
        ImageError: it ends early, is damaged, moves, or has transparent pixels.

    """
    return opaque(layers(content))


def layers(content: bytes) -> Layers:
    """Return the pixels of a WebP file, (H, W, 3) uint8, and its alpha.

    Raises:
        ImageError: it ends early, is damaged, or moves.

    """
    size = 8 + struct.unpack_from("<I", content, 4)[0]
    if len(content) < size:
        raise ImageError(f"truncated image: {len(content)} of {size} bytes; copy or download it again")
    with opened(content, "WEBP") as image:
        if getattr(image, "is_animated", False):
            raise several()
        return pillow.layers(image).upright(image)
