"""PBM, PGM and PPM, as text (P1 to P3) or bytes (P4 to P6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from srbench.errors import ImageError
from srbench.quality.decoders.pillow import damaged, deep, opened

if TYPE_CHECKING:
    from srbench.quality.image import Image

SIGNATURES = (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6")
_BITS, _BYTES = (b"P1", b"P4"), (b"P4", b"P5", b"P6")


def decode(content: bytes) -> Image:
    """Return the pixels of a PBM, PGM or PPM file, (H, W) or (H, W, 3) uint8; samples up to another maximum are scaled.

    Raises:
        ImageError: it ends early, is damaged, holds several images, or samples above 255.

    """
    with opened(content, "PPM") as image:
        _, _, start, arguments = image.tile[0]
        maximum = 255 if not isinstance(arguments, tuple) or len(arguments) == 1 else int(arguments[1])
        if content[:2] not in _BITS and (maximum > 255 or image.mode == "I"):  # noqa: PLR2004 - 8-bit
            raise deep("16-bit")
        if content[:2] in _BYTES:
            _check_body(content, start, image.size, maximum)
        pixels = np.asarray(image.convert("L") if image.mode == "1" else image)
        return pixels if content[:2] in _BITS else _scaled(pixels, maximum)


def _scaled(pixels: Image, maximum: int) -> Image:
    """Return samples scaled to 255, half up as netpbm's `pm_scalesample`; Pillow rounds to even."""
    if maximum == 255:  # noqa: PLR2004 - 8-bit
        return pixels
    stored = (pixels.astype(np.int64) * maximum + 127) // 255
    return ((stored * 255 + maximum // 2) // maximum).astype(np.uint8)


def _check_body(content: bytes, start: int, size: tuple[int, int], maximum: int) -> None:
    """Refuse samples above the maximum that the header names, and a second image behind the first."""
    width, height = size
    row = (width + 7) // 8 if content[:2] in _BITS else width * (3 if content[:2] == b"P6" else 1)
    body = np.frombuffer(content, np.uint8, min(row * height, len(content) - start), start)
    if body.size < row * height:
        raise ImageError(f"truncated image: {body.size} of {row * height} bytes; copy or download it again")
    if maximum < 255 and content[:2] not in _BITS and body.max() > maximum:  # noqa: PLR2004
        raise damaged(f"a sample of {body.max()}, where the header says at most {maximum}")
    if content[start + row * height :].lstrip().startswith(SIGNATURES):
        raise ImageError("got several frames, expected 1; save the frames as separate files")
