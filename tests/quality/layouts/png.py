"""PNG layouts."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from .layout import (
    DAMAGED,
    DEEP,
    EXIF,
    FRAMES,
    GLASS,
    GREY,
    HEIGHT,
    OPAQUE,
    RANDOM,
    RGB,
    TRANSPARENT,
    TRUNCATED,
    WIDTH,
    Layout,
    packed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.quality.image import Image


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def filtered(rows: list[bytes], step: int) -> bytes:
    """Return the rows of a PNG, under each of its five filters in turn."""
    above, result = bytes(len(rows[0])), b""
    for number, row in enumerate(rows):
        kind = number % 5
        a, b, c = (
            np.frombuffer(each, np.uint8).astype(int)
            for each in (bytes(step) + row[:-step], above, bytes(step) + above[:-step])
        )
        a, c = a[: len(row)], c[: len(row)]
        pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
        paeth = np.where((pa <= pb) & (pa <= pc), a, np.where(pb <= pc, b, c))
        predicted = (0 * a, a, b, (a + b) // 2, paeth)[kind]
        result += bytes([kind]) + ((np.frombuffer(row, np.uint8) - predicted) % 256).astype(np.uint8).tobytes()
        above = row
    return result


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(
    samples: Image,
    bits: int,
    colour: int,
    *,
    interlaced: bool = False,
    rows: int = 99,
    before: bytes = b"",
    after: bytes = b"",
    between: bytes = b"",
    end: int | None = None,
    more: bytes = b"",
) -> bytes:
    """Return a PNG with chunks `before`, `between` and `after` its pixels.

    It may have fewer `rows` than it says, or `more` bytes, and its compressed data may `end` early.
    """
    height, width = samples.shape[:2]
    step = max(1, (samples.size // height // width) * bits // 8)
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples[:rows]]
    data = zlib.compress(b"".join(filtered(packed(part, bits), step) for part in parts if part.size) + more)[:end]
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    pixels = between.join(chunk(b"IDAT", data[start : start + 150]) for start in range(0, len(data), 150))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + pixels + after + chunk(b"IEND", b"")


def layouts() -> Iterator[Layout]:
    """Yield PNG layouts."""
    for bits in (1, 2, 4, 8):
        samples, scale = GREY >> (8 - bits), 255 // (2**bits - 1)
        for interlaced in (False, True):
            yield Layout(
                f"grey {bits}-bit{', interlaced' * interlaced}",
                png(samples, bits, 0, interlaced=interlaced),
                samples * scale,
            )
        key = int(samples[5, 5])
        yield Layout(
            f"grey {bits}-bit, transparent key that occurs",
            png(samples, bits, 0, before=chunk(b"tRNS", struct.pack(">H", key))),
            TRANSPARENT,
        )
        yield Layout(
            f"grey {bits}-bit, transparent key that does not occur",
            png(samples | 1, bits, 0, before=chunk(b"tRNS", bytes(2))),
            (samples | 1) * scale,
        )
        palette = RANDOM.integers(0, 256, (2**bits, 3), dtype=np.uint8)
        plte = chunk(b"PLTE", palette.tobytes())
        for interlaced in (False, True):
            yield Layout(
                f"palette {bits}-bit{', interlaced' * interlaced}",
                png(samples, bits, 3, before=plte, interlaced=interlaced),
                palette[samples],
            )
        yield Layout(
            f"palette {bits}-bit, transparent colour that occurs",
            png(samples, bits, 3, before=plte + chunk(b"tRNS", b"\xff" * key + b"\x80")),
            TRANSPARENT,
        )
        yield Layout(
            f"palette {bits}-bit, opaque alpha",
            png(samples, bits, 3, before=plte + chunk(b"tRNS", b"\xff" * 2**bits)),
            palette[samples],
        )
        yield Layout(
            f"palette {bits}-bit, transparent colour that does not occur",
            png(samples | 1, bits, 3, before=plte + chunk(b"tRNS", b"\0")),
            palette[samples | 1],
        )
        short = chunk(b"PLTE", palette[: int(samples.max())].tobytes())
        yield Layout(
            f"palette {bits}-bit, too short for its pixels", png(samples, bits, 3, before=short), "of a palette of"
        )
    for interlaced in (False, True):
        yield Layout(f"RGB 8-bit{', interlaced' * interlaced}", png(RGB, 8, 2, interlaced=interlaced), RGB)
        yield Layout(
            f"RGB, opaque alpha{', interlaced' * interlaced}",
            png(np.dstack([RGB, OPAQUE]), 8, 6, interlaced=interlaced),
            RGB,
        )
        yield Layout(
            f"grey, opaque alpha{', interlaced' * interlaced}",
            png(np.dstack([GREY, OPAQUE]), 8, 4, interlaced=interlaced),
            GREY,
        )
    yield Layout("RGB, alpha", png(np.dstack([RGB, GLASS]), 8, 6), TRANSPARENT)
    yield Layout("grey, alpha", png(np.dstack([GREY, GLASS]), 8, 4), TRANSPARENT)
    occurring = struct.pack(">3H", *RGB[4, 4])
    yield Layout("RGB, transparent key that occurs", png(RGB, 8, 2, before=chunk(b"tRNS", occurring)), TRANSPARENT)
    yield Layout(
        "RGB, transparent key with high bits",
        png(RGB, 8, 2, before=chunk(b"tRNS", bytes(byte | (at % 2 == 0) for at, byte in enumerate(occurring)))),
        TRANSPARENT,
    )
    yield Layout(
        "RGB, transparent key that does not occur", png(RGB | 1, 8, 2, before=chunk(b"tRNS", bytes(6))), RGB | 1
    )
    for name, colour, pixels in (
        ("grey", 0, GREY),
        ("RGB", 2, RGB),
        ("grey, alpha", 4, np.dstack([GREY, OPAQUE])),
        ("RGB, alpha", 6, np.dstack([RGB, OPAQUE])),
    ):
        yield Layout(f"{name} 16-bit", png(pixels.astype(int) * 257, 16, colour), DEEP)
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**22)))
    profile = chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(2**22)))
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b" " * 2**21)
    yield Layout("4 MB of compressed text", png(RGB, 8, 2, before=text), RGB)
    yield Layout("4 MB of text behind the pixels", png(RGB, 8, 2, after=text), RGB)
    yield Layout("a colour profile of 4 MB", png(RGB, 8, 2, before=profile), RGB)
    yield Layout("2 MB of XMP", png(RGB, 8, 2, before=xmp), RGB)
    yield Layout(
        "suggested palette, histogram, time, gamma",
        png(
            RGB,
            8,
            2,
            before=chunk(b"gAMA", struct.pack(">I", 99999))
            + chunk(b"PLTE", bytes(range(30)))
            + chunk(b"tIME", bytes(7)),
        ),
        RGB,
    )
    turned = chunk(b"eXIf", EXIF.tobytes()[6:])
    yield Layout("EXIF orientation before the pixels", png(RGB, 8, 2, before=turned), np.rot90(RGB, -1))
    yield Layout("EXIF orientation behind the pixels", png(RGB, 8, 2, after=turned), np.rot90(RGB, -1))
    yield Layout("damaged EXIF", png(RGB, 8, 2, before=chunk(b"eXIf", b"II*\0\xff\xff\xff")), RGB)
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 1, 0, 0))
    yield Layout("animated, one frame", png(RGB, 8, 2, before=chunk(b"acTL", struct.pack(">II", 1, 0)) + frame), RGB)
    yield Layout(
        "animated, two frames", png(RGB, 8, 2, before=chunk(b"acTL", struct.pack(">II", 2, 0)) + frame), FRAMES
    )
    yield Layout(
        "animated, one frame and a still image",
        png(RGB, 8, 2, before=chunk(b"acTL", struct.pack(">II", 1, 0)), after=frame),
        FRAMES,
    )
    yield from _damaged()


def _damaged() -> Iterator[Layout]:
    yield Layout("bytes behind the end", png(RGB, 8, 2) + b"more", RGB)
    yield Layout("half of the rows, all checksums right", png(RGB, 8, 2, rows=6), TRUNCATED)
    yield Layout("no last row", png(GREY >> 7, 1, 0, rows=HEIGHT - 1), TRUNCATED)
    for lack in (1, 4, 9):
        yield Layout(f"{lack} bytes of the compressed data missing", png(RGB, 8, 2, end=-lack), TRUNCATED)
    yield Layout("more bytes than pixels", png(RGB, 8, 2, more=bytes(99)), RGB)
    yield Layout("far more bytes than pixels", png(RGB, 8, 2, more=bytes(2**20)), DAMAGED)
    yield Layout("pixels interrupted by a text", png(RGB, 8, 2, between=chunk(b"tEXt", b"a\0b")), "interrupted")
    yield Layout("no pixels", png(RGB, 8, 2)[:33] + chunk(b"IEND", b""), TRUNCATED)
    yield Layout("no palette", png(GREY, 8, 3), DAMAGED)
    yield Layout("unknown critical chunk (Apple's CgBI)", png(RGB, 8, 2, before=chunk(b"CgBI", bytes(4))), "'CgBI'")
    yield Layout("wrong checksum", png(RGB, 8, 2).replace(b"IEND\xae", b"IEND\xaf"), DAMAGED)
    yield Layout("3-bit grey", png(GREY >> 5, 3, 0), DAMAGED)
    yield Layout(
        "interlace method 2",
        png(RGB, 8, 2).replace(struct.pack(">BBBBB", 8, 2, 0, 0, 0), struct.pack(">BBBBB", 8, 2, 0, 0, 2)),
        DAMAGED,
    )
