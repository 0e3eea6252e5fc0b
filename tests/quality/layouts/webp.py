"""WebP layouts."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from .layout import EXIF, FRAMES, GLASS, OPAQUE, RGB, SMOOTH, TRANSPARENT, TRUNCATED, Layout, by_opencv, by_pillow

if TYPE_CHECKING:
    from collections.abc import Iterator


def layouts() -> Iterator[Layout]:
    """Yield WebP layouts."""
    lossy = by_pillow(SMOOTH, "WEBP", quality=90)
    yield Layout("lossy", lossy, by_opencv(lossy))
    lossless = by_pillow(RGB, "WEBP", lossless=True)
    yield Layout("lossless", lossless, RGB)
    yield Layout("lossless, opaque alpha", by_pillow(np.dstack([RGB, OPAQUE]), "WEBP", lossless=True), RGB)
    yield Layout("lossless, alpha", by_pillow(np.dstack([RGB, GLASS]), "WEBP", lossless=True, exact=True), TRANSPARENT)
    yield Layout("lossy, alpha", by_pillow(np.dstack([RGB, GLASS]), "WEBP"), TRANSPARENT)
    yield Layout("EXIF orientation", by_pillow(RGB, "WEBP", lossless=True, exif=EXIF), np.rot90(RGB, -1))
    yield Layout("a colour profile of 200 kB", by_pillow(RGB, "WEBP", lossless=True, icc_profile=bytes(200_000)), RGB)
    yield Layout("animated", by_pillow(RGB, "WEBP", save_all=True, append_images=[Pillow.fromarray(255 - RGB)]), FRAMES)
    yield Layout("bytes behind the end", lossless + bytes(9), RGB)
    for name, content in (("lossy", lossy), ("lossless", lossless)):
        yield Layout(f"{name}, cut", content[: len(content) // 2], TRUNCATED)
        body = content[20 : len(content) // 2 // 2 * 2]
        cut = b"WEBP" + content[12:16] + struct.pack("<I", len(body)) + body
        yield Layout(f"{name}, cut, all sizes right", b"RIFF" + struct.pack("<I", len(cut)) + cut, TRUNCATED)
