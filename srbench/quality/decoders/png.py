"""PNG: chunks, and whether the pixels are all there, for which they are unpacked here.

What Pillow is given holds nothing that pixels do not depend on, so that texts and colour profiles of any size are
neither unpacked nor in the way. Colour keys and palettes' alpha are looked at here, as Pillow compares unscaled keys.
"""

from __future__ import annotations

import struct
import zlib
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srbench.errors import ImageError
from srbench.quality.decoders import pillow
from srbench.quality.decoders.pillow import (
    OPAQUE,
    Layers,
    check_size,
    damaged,
    deep,
    opaque,
    opened,
    several,
)
from srbench.quality.decoders.streams import inflated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.quality.image import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_ORIENTATION = (b"eXIf", b"iTXtXML:com.adobe.xmp\0", b"zTXtRaw profile type exif\0", b"tEXtRaw profile type exif\0")
"""Beginnings of the chunks that may say which way is up."""
_GREY, _RGB, _PALETTE = 0, 2, 3
_SAMPLES = {_GREY: 1, _RGB: 3, _PALETTE: 1, 4: 2, 6: 4}
_DEPTHS = {_GREY: (1, 2, 4, 8, 16), _RGB: (8, 16), _PALETTE: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row, and steps, of the passes of an interlaced image."""


class Header(NamedTuple):
    """The first chunk."""

    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filters: int
    interlaced: int


class Png(NamedTuple):
    """A PNG file in parts."""

    header: Header
    chunks: list[tuple[bytes, memoryview]]

    def one(self, name: bytes) -> bytes | None:
        """Return the first chunk of that name."""
        return next((bytes(data) for each, data in self.chunks if each == name), None)

    @property
    def pixels(self) -> list[memoryview]:
        """Return the chunks that hold pixels."""
        return [data for name, data in self.chunks if name == b"IDAT"]


def decode(content: bytes) -> Image:
    """Return the pixels of a PNG file, (H, W) or (H, W, 3) uint8.

    Raises:
        ImageError: it ends early, is damaged, or holds what 8-bit RGB cannot.

    """
    return opaque(layers(content))


def layers(content: bytes) -> Layers:
    """Return the pixels of a PNG file, (H, W) or (H, W, 3) uint8, and its alpha.

    Raises:
        ImageError: it ends early, is damaged, or holds more than 8 bits of a colour.

    """
    png = parsed(content)
    check_size(png.header.width, png.header.height)
    _check(png)
    with opened(_reduced(png), "PNG") as image:
        stored, alpha = pillow.layers(image)
        alpha = _keyed(png, stored) if alpha is None else alpha
        if png.header.colour == _PALETTE:
            stored = np.frombuffer(png.one(b"PLTE") or b"", np.uint8).reshape(-1, 3)[stored]
        return Layers(stored, alpha).upright(image)


def parsed(content: bytes) -> Png:
    """Return the parts of a PNG file, all checksums right.

    Raises:
        ImageError: it ends early or is damaged, or holds what no reader of pixels knows.

    """
    chunks = list(_chunks(content))
    names = [name for name, _ in chunks]
    unknown = next((name for name in names if not name[0] & 32 and name not in _CRITICAL), None)
    if unknown:
        raise ImageError(f"got a PNG with a chunk {unknown.decode('latin-1')!r}, which no standard knows; save it anew")
    if names[0] != b"IHDR" or len(chunks[0][1]) != 13:  # noqa: PLR2004 - bytes
        raise damaged("its first chunk is no header")
    header = Header(*struct.unpack(">IIBBBBB", chunks[0][1]))
    if header.depth not in _DEPTHS.get(header.colour, ()) or header.compression or header.filters:
        raise damaged(f"colour type {header.colour} with {header.depth} bits")
    if header.interlaced > 1 or not header.width or not header.height:
        raise damaged(f"{header.width}x{header.height} pixels, interlace method {header.interlaced}")
    return Png(header, chunks)


def _check(png: Png) -> None:
    """Refuse animations, more depth than 8 bits, missing palettes, and pixels in several places.

    Raises:
        ImageError: it is one of these.

    """
    names = [name for name, _ in png.chunks]
    if png.header.depth == 16:  # noqa: PLR2004 - bits
        raise deep("16-bit")
    animation = png.one(b"acTL")
    shown = b"fcTL" in names and b"IDAT" in names and names.index(b"fcTL") < names.index(b"IDAT")
    if animation and (len(animation) < 4 or animation[:4] != b"\0\0\0\1" or not shown):  # noqa: PLR2004
        raise several()
    palette = png.one(b"PLTE")
    if png.header.colour == _PALETTE and (not palette or len(palette) % 3):
        raise damaged("its palette is missing or cut")
    kinds = [name for name, _ in groupby(names)]
    if kinds.count(b"IDAT") > 1:
        raise damaged(f"its pixels are interrupted by a chunk {kinds[kinds.index(b'IDAT') + 1].decode('latin-1')!r}")


def _reduced(png: Png) -> bytes:
    """Return the file with what Pillow needs for pixels and orientation only; transparency is left to `_keyed`.

    Pixels are unpacked here, once: Pillow gets them uncompressed.

    Raises:
        ImageError: pixels are missing or damaged; Pillow would make black of some of them.

    """
    parts: list[bytes] = [SIGNATURE]
    names = [name for name, _ in png.chunks]
    for number, (name, data) in enumerate(png.chunks):
        if name == b"IDAT":
            parts += _chunk(name, _stored(png)) if number == names.index(name) else []
        elif name in _CRITICAL or any((name + bytes(data[: len(each)])).startswith(each) for each in _ORIENTATION):
            parts += _chunk(name, [bytes(data)])
    return b"".join(parts)


def _stored(png: Png) -> list[bytes]:
    """Return the pixels as a zlib stream that holds them uncompressed."""
    wanted = sum(_row(png.header, width) * height for width, height in _passes(png.header))
    packer = zlib.compressobj(0)
    return [*map(packer.compress, inflated(png.pixels, wanted)), packer.flush()]


def _chunk(name: bytes, data: list[bytes]) -> list[bytes]:
    """Return the parts of a chunk."""
    checksum = reduce(lambda sum_, part: zlib.crc32(part, sum_), data, zlib.crc32(name))
    return [struct.pack(">I", sum(map(len, data))), name, *data, struct.pack(">I", checksum)]


def _keyed(png: Png, stored: np.ndarray[Any, Any]) -> Image | None:
    """Return the alpha of pixels that have the transparent colour, or transparent entries of the palette; None without.

    Args:
        png: the file.
        stored: its pixels as Pillow decodes them: palette's indices, 0..255 grey or RGB.

    Raises:
        ImageError: a pixel has an entry that the palette lacks.

    """
    key = png.one(b"tRNS")
    if png.header.colour == _PALETTE:
        used = np.flatnonzero(np.bincount(stored.ravel(), minlength=1))
        entries = len(png.one(b"PLTE") or b"") // 3
        if used[-1] >= entries:
            raise damaged(f"a pixel has colour {used[-1] + 1} of a palette of {entries}")
        alphas = np.array([*(key or b"")[:256], *[OPAQUE] * (256 - len(key or b""))], np.uint8)
        return None if (alphas[used] == OPAQUE).all() else alphas[stored]
    if not key or png.header.colour not in {_GREY, _RGB}:
        return None
    samples = _SAMPLES[png.header.colour]
    if len(key) != 2 * samples:
        raise damaged("its transparent colour is cut")
    largest = 2**png.header.depth - 1
    colour = [(value & largest) * 255 // largest for value in struct.unpack(f">{samples}H", key)]
    clear = (stored.reshape(*stored.shape[:2], samples) == colour).all(-1)
    return np.where(clear, 0, OPAQUE).astype(np.uint8) if clear.any() else None


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield name and data of each chunk, up to the end mark."""
    view, offset, name = memoryview(content), len(SIGNATURE), b""
    while name != b"IEND":
        if offset + 12 > len(content):
            raise damaged("its end mark is missing")
        (length,) = struct.unpack_from(">I", content, offset)
        end = offset + 8 + length
        if end + 4 > len(content):
            raise damaged(f"it ends within a chunk, {end + 4 - len(content)} bytes too early")
        name, data = content[offset + 4 : offset + 8], view[offset + 8 : end]
        if struct.unpack_from(">I", content, end)[0] != zlib.crc32(view[offset + 4 : end]):
            raise damaged(f"wrong checksum of chunk {name.decode('latin-1')!r}")
        yield name, data
        offset = end + 4


def _row(header: Header, width: int) -> int:
    """Return the bytes of a row, with that which names its filter."""
    return 1 + (width * _SAMPLES[header.colour] * header.depth + 7) // 8


def _passes(header: Header) -> list[tuple[int, int]]:
    """Return width and height of each pass that has pixels."""
    if not header.interlaced:
        return [(header.width, header.height)]
    sizes = [(-(-(header.width - x) // dx), -(-(header.height - y) // dy)) for x, y, dx, dy in _ADAM7]
    return [(width, height) for width, height in sizes if width > 0 and height > 0]
