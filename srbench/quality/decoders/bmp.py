"""BMP: palettes are expanded here, as Pillow takes some of them for the wrong depth."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from srbench.errors import ImageError
from srbench.quality.decoders.pillow import check_size, damaged, opened, plain

if TYPE_CHECKING:
    from srbench.quality.image import Image

SIGNATURE = b"BM"
_OLD = 12  # size of the first header
_HEADERS = {_OLD, 40, 52, 56, 64, 108, 124}
_RAW, _RLE8, _RLE4, _MASKS = range(4)
_NAMES = {_RLE8: "RLE", _RLE4: "RLE", _MASKS: "bit fields", 4: "JPEG", 5: "PNG"}
_KNOWN = {(_RAW, 1), (_RAW, 4), (_RAW, 8), (_RAW, 24), (_RAW, 32), (_RLE8, 8), (_RLE4, 4), (_MASKS, 24), (_MASKS, 32)}
_PALETTE = bytes(value for index in range(256) for value in (index, 255 - index, 7, 0))
"""Stands in for the file's, and is not grey: Pillow then returns indices."""


def decode(content: bytes) -> Image:
    """Return the pixels of a BMP file, (H, W) or (H, W, 3) uint8; a palette 0, 1, 2, ... or 0, 255 is grey.

    Raises:
        ImageError: it ends early, is damaged, or holds what 8-bit RGB cannot.

    """
    size = struct.unpack_from("<I", content.ljust(18, b"\0"), 14)[0]
    if size not in _HEADERS or len(content) < 14 + size:
        raise damaged("its header is cut, or of no known size")
    width, height, bits, compression, colours = _header(content, size)
    check_size(width, abs(height))
    if bits in {16, 15}:
        raise ImageError(f"got {bits} bits per pixel, 5 or 6 of each colour, which programs spread over 8 differently")
    if (compression, bits) not in _KNOWN or (height < 0 and compression in {_RLE4, _RLE8}):
        got = f"{bits} bits per pixel{f' in {_NAMES.get(compression, compression)}' if compression else ''}"
        raise ImageError(f"got {got}, expected 1, 4, 8, 24 or 32; save it anew")
    if bits > 8:  # noqa: PLR2004 - no palette
        with opened(content, "BMP") as image:
            return plain(image)
    return _expanded(content, size, bits, colours)


def _header(content: bytes, size: int) -> tuple[int, int, int, int, int]:
    """Return width, height (negative: from the top), bits per pixel, compression and colours of the palette."""
    if size == _OLD:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
        return width, height, bits, _RAW, 0
    width, height, _, bits, compression, _, _, _, colours = struct.unpack_from("<iiHHIIiiI", content, 18)
    return width, height, bits, compression, colours


def _expanded(content: bytes, size: int, bits: int, colours: int) -> Image:
    """Return the colours of a palette."""
    step, start = (3 if size == _OLD else 4), 14 + size
    count = colours or 1 << bits
    if not 0 < count <= 256 or len(content) < start + count * step:  # noqa: PLR2004
        raise damaged(f"a palette of {count} colours")
    stored = np.frombuffer(content, np.uint8, count * step, start).reshape(count, step)[:, 2::-1]
    stand_in = np.frombuffer(_PALETTE, np.uint8).reshape(256, 4)[:count, :step].tobytes()
    with opened(content[:start] + stand_in + content[start + count * step :], "BMP") as image:
        indices = np.asarray(image)
    if indices.max() >= count:
        raise damaged(f"a pixel has colour {indices.max() + 1} of a palette of {count}")
    grey = [0, 255] if count == 2 else range(count)  # noqa: PLR2004 - black and white
    palette = stored[:, 0] if (stored == np.array(grey)[:, None]).all() else stored
    expanded: Image = palette[indices]
    return expanded
