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
_FIELDS, _WITH_ALPHA = 54, 56  # where masks of bit fields begin; size of the first header with one of alpha
_USUAL = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
_RAMPS = {2, 4, 16}
_PALETTE = bytes(value for index in range(256) for value in (index, 255 - index, 7, 0))
"""Stands in for the file's, and is not grey: Pillow then returns indices."""


def decode(content: bytes) -> Image:
    """Return the pixels of a BMP file, (H, W) or (H, W, 3) uint8; a palette as of `_grey` is grey.

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
        with opened(_ordered(content, size) if (compression, bits) == (_MASKS, 32) else content, "BMP") as image:
            return plain(image)
    return _expanded(content, size, bits, colours)


def _header(content: bytes, size: int) -> tuple[int, int, int, int, int]:
    """Return width, height (negative: from the top), bits per pixel, compression and colours of the palette."""
    if size == _OLD:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
        return width, height, bits, _RAW, 0
    width, height, _, bits, compression, _, _, _, colours = struct.unpack_from("<iiHHIIiiI", content, 18)
    return width, height, bits, compression, colours


def _ordered(content: bytes, size: int) -> bytes:
    """Return a file of 32 bits with its colours in the usual order, blue first: Pillow knows few others."""
    count = 4 if size >= _WITH_ALPHA else 3
    masks = struct.unpack_from(f"<{count}I", content.ljust(_FIELDS + 4 * count, b"\0"), _FIELDS)
    if not any(masks):
        return content
    fields = masks if masks[-1] else masks[:3]
    if len(set(fields) & set(_USUAL)) != len(fields):
        raise ImageError("got bit fields of other sizes than 8 bits, expected 8 of each colour; save it anew")
    places = [mask.bit_length() // 8 - 1 for mask in fields]
    red, green, blue, fourth = [*places, sum(range(4)) - sum(places)][:4]
    (start,) = struct.unpack_from("<I", content, 10)
    body = content[start : start + (len(content) - start) // 4 * 4]
    pixels = np.frombuffer(body, np.uint8).reshape(-1, 4)[:, [blue, green, red, fourth]]
    usual = struct.pack(f"<{len(fields)}I", *_USUAL[: len(fields)])
    return content[:_FIELDS] + usual + content[_FIELDS + len(usual) : start] + pixels.tobytes()


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
    expanded: Image = (stored[:, 0] if _grey(stored) else stored)[indices]
    return expanded


def _grey(palette: Image) -> bool:
    """Tell whether a palette is that of a grey image: from black to white in equal steps, or 0, 1, 2, ..."""
    count = len(palette)
    ramps = [np.arange(count)] if count > 2 else []  # noqa: PLR2004 - black and almost black
    ramps += [np.arange(count) * 255 // (count - 1)] if count in _RAMPS else []
    return any(bool((palette == ramp[:, None]).all()) for ramp in ramps)
