"""What the layouts of all formats share: the picture they hold, and what is right to read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
from PIL import Image as Pillow

if TYPE_CHECKING:
    from srbench.quality.image import Image

HEIGHT, WIDTH = 13, 19
RANDOM = np.random.default_rng(0)
RGB = RANDOM.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
GREY = RGB[..., 0]
SMOOTH = np.stack([np.add.outer(np.arange(40) * 3, np.arange(56) * 2) + shift for shift in (0, 9, 30)], -1).astype(
    np.uint8
)
OPAQUE = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
GLASS = np.where(np.arange(WIDTH) == 3, 254, OPAQUE[..., 0])[..., None].astype(np.uint8)
EXIF = Pillow.Exif()
EXIF[274] = 6

DEEP, SIGNED, FLOAT = "16-bit samples", "signed", "float"
TRANSPARENT, FRAMES, TRUNCATED, DAMAGED = "transparent", "several frames", "truncated", "damaged"


class Layout(NamedTuple):
    """A file, and what is right: its pixels, or the reason of its refusal."""

    name: str
    content: bytes
    right: Image | str


def packed(samples: Image, bits: int) -> list[bytes]:
    """Return the rows of samples (H, W) or (H, W, C), packed from the top bit."""
    rows = samples.reshape(len(samples), -1)
    if bits == 16:
        return [row.astype(">u2").tobytes() for row in rows]
    return [np.packbits((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).tobytes() for row in rows]


def by_opencv(content: bytes) -> Image:
    """Return what OpenCV reads, RGB."""
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB))


def by_pillow(pixels: Image, kind: str, mode: str | None = None, **options: Any) -> bytes:
    """Return a file that Pillow writes."""
    content = io.BytesIO()
    picture = Pillow.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(content, kind, **options)
    return content.getvalue()
