"""TIFF: the tags of its first page, checked against what is decoded right, and whether its parts are all there."""

from __future__ import annotations

import ctypes
import io
import struct
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import _imaging
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from srbench.errors import ImageError
from srbench.quality.decoders import jpeg
from srbench.quality.decoders.pillow import (
    OPAQUE,
    check_size,
    coloured,
    damaged,
    deep,
    opaque,
    opened,
    parted,
    several,
)
from srbench.quality.decoders.streams import check_deflate, check_xz

if TYPE_CHECKING:
    from srbench.quality.image import Image

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BIG, _BIG_BIG_ENDIAN = b"II+\0", b"MM\0+"
_COLOURS, _TILE_WIDTH, _EXTRA = 320, 322, 338
_ALPHA = 2  # of `_EXTRA`: not premultiplied
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_SAMPLES = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _PALETTE: 1, _YCBCR: 3}
_MODELS = {
    4: "mask",
    5: "CMYK",
    _YCBCR: "YCbCr",
    8: "LAB",
    9: "LAB",
    10: "LAB",
    32803: "camera raw",
    34892: "camera raw",
}
_NONE, _JPEG = 1, 7
_COMPRESSIONS = {_NONE: "none", 5: "LZW", 8: "deflate", 32946: "deflate", 32773: "PackBits", _JPEG: "JPEG"}
_COMPRESSIONS |= {34925: "LZMA", 50000: "Zstandard"}
_CHECKS = {8: check_deflate, 32946: check_deflate, 34925: check_xz}
_REVERSED = bytes(int(f"{each:08b}"[::-1], 2) for each in range(256))
_OTHERS = {
    2: "fax",
    3: "fax",
    4: "fax",
    6: "old JPEG",
    32771: "fax",
    34712: "JPEG 2000",
    50001: "WebP",
    50002: "JPEG XL",
}
_KINDS = {2: "signed", 3: "float", 5: "complex", 6: "complex"}
_SMALL_TILE = 2**20  # pixels; tiles of this size may be larger than their image
_MAX_PAGES = 64
_SMALLER_OR_MASK = 5  # bits of tag 254
_SIZES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}  # bytes of types, else 1
_PIXEL_TAGS = {*range(254, 267), 273, 274, *range(277, 280), 284, 317, *range(320, 326), 338, 339, 347}


class Tiff(NamedTuple):
    """The first page of a TIFF file."""

    tags: Any
    content: bytes

    def one(self, tag: int, default: int) -> int:
        """Return the one value of a tag."""
        return int(self.many(tag, (default,))[0])

    def many(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return all values of a tag."""
        value = self.tags.get(tag, default)
        return tuple(value) if isinstance(value, tuple) else (value,)

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height as stored."""
        return self.one(256, 0), self.one(257, 0)

    @property
    def samples(self) -> int:
        """Return the samples of a pixel."""
        return self.one(277, 1)

    @property
    def bits(self) -> int:
        """Return the bits of each sample."""
        return max(self.many(258, (1,)))

    @property
    def photometric(self) -> int:
        """Return the colour model."""
        return self.one(262, -1)

    @property
    def compression(self) -> int:
        """Return how strips or tiles are compressed."""
        return self.one(259, _NONE)

    @property
    def reversed(self) -> bool:
        """Return whether the first bit of a byte is its lowest."""
        return self.one(266, 1) == 2  # noqa: PLR2004

    @property
    def planar(self) -> bool:
        """Return whether each sample has strips or tiles of its own."""
        return self.one(284, 1) == 2  # noqa: PLR2004


def decode(content: bytes) -> Image:
    """Return the pixels of a TIFF file, (H, W) or (H, W, 3) uint8.

    Raises:
        ImageError: it ends early, is damaged, or holds what 8-bit RGB cannot.

    """
    tiff = _opened(content)
    check_size(*tiff.size)
    _check_samples(tiff)
    _check_colours(tiff)
    _check_parts(tiff)
    _silence()
    with opened(_as_alpha(tiff), "TIFF") as image:
        if tiff.photometric == _PALETTE:
            return _expanded(tiff, np.asarray(image))
        pixels = np.asarray(image.convert("L") if image.mode == "1" else image)
        blank = tiff.many(_EXTRA) == (0,) and not pixels[..., -1].any()
        found = parted(pixels)
        return found.pixels if blank else opaque(found)


@cache
def _silence() -> None:
    """Keep libtiff from writing its errors to the terminal as well: Pillow raises them.

    They still appear where libtiff is built into Pillow without its names.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)


def _opened(content: bytes) -> Tiff:
    """Return the first page; refuse others, unless they are smaller copies or masks of it."""
    if content.startswith(_BIG_BIG_ENDIAN):
        raise ImageError("got a big-endian BigTIFF, expected TIFF, or BigTIFF in little-endian order; save it anew")
    header = content[: 16 if content.startswith(_BIG) else 8]
    pages: list[ImageFileDirectory_v2] = []
    try:
        offset = ImageFileDirectory_v2(header).next
        while offset and len(pages) < _MAX_PAGES:
            following = _following(content, offset)
            pages.append(ImageFileDirectory_v2(header))
            file = io.BytesIO(content)
            file.seek(offset)
            pages[-1].load(file)
            offset = following
    except struct.error as error:
        raise damaged("it ends within its tags") from error
    if not pages or not len(pages[0]):
        raise damaged("it has no tags")
    if offset or any(not int(page.get(254, 0)) & _SMALLER_OR_MASK for page in pages[1:]):
        raise several()
    return Tiff(pages[0], content)


def _following(content: bytes, offset: int) -> int:
    """Return where the next directory of tags is, 0 if there is none; refuse one that the end of the file cuts.

    Raises:
        struct.error: the end cuts the directory itself.

    """
    order, big = "<" if content[:2] == b"II" else ">", content.startswith(_BIG)
    (count,) = struct.unpack_from(f"{order}Q" if big else f"{order}H", content, offset)
    first, step, slot = (offset + 8, 20, 8) if big else (offset + 2, 12, 4)
    end = first + step * count
    (following,) = struct.unpack_from(f"{order}Q" if big else f"{order}I", content, end)
    for entry in range(first, end, step):
        tag, kind, values, data = struct.unpack_from(f"{order}HHQQ" if big else f"{order}HHII", content, entry)
        size = values * _SIZES.get(kind, 1)
        if tag in _PIXEL_TAGS and size > slot and data + size > len(content):
            raise damaged("it ends within its tags")
    return int(following)


def _check_samples(tiff: Tiff) -> None:
    """Refuse depths and kinds of samples that are not 8-bit unsigned integers, or fewer bits of grey and palettes."""
    kind = next((each for each in tiff.many(339) if each != 1), 1)
    if kind != 1:
        raise deep(f"{tiff.bits}-bit {_KINDS.get(kind, 'undefined')}")
    if tiff.bits > 8:  # noqa: PLR2004 - bits
        raise deep(f"{tiff.bits}-bit")
    allowed = {1, 2, 4, 8} if tiff.samples == 1 else {8}
    if tiff.bits not in allowed or len(set(tiff.many(258, (1,)))) > 1:
        raise ImageError(f"got {tiff.samples} samples of {tiff.many(258, (1,))} bits, expected 8 of each; save it anew")


def _check_colours(tiff: Tiff) -> None:
    """Refuse colour models, compressions and extra samples that are not decoded right, or mean nothing in RGB."""
    model = tiff.photometric
    if model not in _SAMPLES or (model == _YCBCR and tiff.compression != _JPEG):
        raise coloured(_MODELS.get(model, "unnamed" if model < 0 else f"unknown (photometric {model})"))
    if model == _WHITE_IS_ZERO and tiff.bits == 8 and tiff.reversed:  # noqa: PLR2004 - bits
        raise ImageError(
            "got 8-bit samples with their bits reversed and white as 0, expected one at most; save it anew"
        )
    if tiff.compression not in _COMPRESSIONS:
        got = _OTHERS.get(tiff.compression, f"unknown ({tiff.compression})")
        expected = ", ".join(dict.fromkeys(_COMPRESSIONS.values()))
        raise ImageError(f"got {got} compression, expected {expected}; save it anew")
    extra = tiff.samples - _SAMPLES[model]
    if extra < 0:
        raise damaged(f"{tiff.samples} samples for a pixel of {_SAMPLES[model]} colours")
    most = 0 if model in {_WHITE_IS_ZERO, _PALETTE, _YCBCR} or tiff.compression == _JPEG else 1
    if extra > most or len(tiff.many(_EXTRA)) > most:
        expected = f"{_SAMPLES[model]}{' and one alpha' * most}"
        raise ImageError(f"got {tiff.samples} samples per pixel, expected {expected}; save colours only")
    if tiff.planar and tiff.samples == 2:  # noqa: PLR2004 - Pillow takes them for pairs
        raise ImageError("got grey and alpha in separate planes, expected them side by side; save grey only")
    predictor = tiff.one(317, 1)
    if predictor not in {1, 2} or (predictor == 2 and tiff.bits != 8):  # noqa: PLR2004
        raise ImageError(f"got predictor {predictor} of {tiff.bits}-bit samples, expected none; save it anew")


def _check_parts(tiff: Tiff) -> None:
    """Refuse strips and tiles that are missing, or lie partly behind the end of the file."""
    (width, height), tiled = tiff.size, _TILE_WIDTH in tiff.tags
    if tiled:
        across, down = tiff.one(_TILE_WIDTH, 0), tiff.one(323, 0)
        if across * down > max(_SMALL_TILE, 4 * width * height):
            raise ImageError(f"got a tile of {across * down} pixels, far more than the image; save it anew")
    else:
        across, down = width, min(tiff.one(278, height) or height, height)
    if across <= 0 or down <= 0:
        raise damaged(f"tiles of {across}x{down} pixels")
    offsets, sizes = tiff.many(324 if tiled else 273), tiff.many(325 if tiled else 279)
    planes = tiff.samples if tiff.planar else 1
    columns, rows = -(-width // across), -(-height // down)
    if not len(offsets) == len(sizes) == columns * rows * planes:
        got = f"{len(offsets)} strips or tiles and {len(sizes)} sizes"
        raise damaged(f"{got}, expected {columns * rows * planes}")
    row = (across * tiff.bits * (1 if tiff.planar else tiff.samples) + 7) // 8
    for number, (offset, size) in enumerate(zip(offsets, sizes, strict=True)):
        held = down if tiled else min(down, height - down * (number % rows))
        wanted = row * held if tiff.compression == _NONE else 1
        if size < wanted or not 0 < offset <= len(tiff.content) - size:
            raise ImageError(
                f"truncated image: strip or tile {number + 1} of {len(offsets)} is not whole; copy or download it again"
            )
        _check_part(tiff, tiff.content[offset : offset + size], row * held)


def _check_part(tiff: Tiff, part: bytes, wanted: int) -> None:
    """Refuse a compressed strip or tile that ends before its `wanted` bytes, or before its end mark.

    libtiff itself refuses LZW, PackBits and Zstandard that end early.

    Raises:
        ImageError: it does.

    """
    if tiff.compression == _JPEG:
        jpeg.check(_stream(tiff, part))
    elif tiff.compression in _CHECKS:
        _CHECKS[tiff.compression](part.translate(_REVERSED) if tiff.reversed else part, wanted)


def _stream(tiff: Tiff, part: bytes) -> bytes:
    """Return a JPEG strip or tile as a file, with the tables that the parts share."""
    tables = tiff.tags.get(347, b"")
    return tables[:-2] + part[2:] if tables else part


def _as_alpha(tiff: Tiff) -> bytes:
    """Return the file with its extra sample called plain alpha.

    Pillow drops one without a meaning, and knows premultiplied alpha in some layouts only; opaque, they are all alike.
    """
    if tiff.many(_EXTRA, (_ALPHA,))[0] == _ALPHA:
        return tiff.content
    order, big = "<" if tiff.content[:2] == b"II" else ">", tiff.content.startswith(_BIG)
    (start,) = struct.unpack_from(f"{order}Q" if big else f"{order}I", tiff.content, 8 if big else 4)
    (count,) = struct.unpack_from(f"{order}Q" if big else f"{order}H", tiff.content, start)
    first, step, value = (start + 8, 20, 12) if big else (start + 2, 12, 8)
    entries = range(first, first + count * step, step)
    at = value + next(each for each in entries if struct.unpack_from(f"{order}H", tiff.content, each)[0] == _EXTRA)
    return tiff.content[:at] + struct.pack(f"{order}H", _ALPHA) + tiff.content[at + 2 :]


def _expanded(tiff: Tiff, indices: Image) -> Image:
    """Return the colours of a palette: 16-bit, or 8-bit where older programs wrote them so, as libtiff tells."""
    values = np.array(tiff.many(_COLOURS), np.int64)
    if values.size != 3 << tiff.bits:
        raise damaged(f"a palette of {values.size} values, expected {3 << tiff.bits}")
    palette = (values >> 8 if values.max() > OPAQUE else values).astype(np.uint8).reshape(3, -1).T
    expanded: Image = palette[indices]
    return expanded
