"""BMP layouts."""

from __future__ import annotations

import struct
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from .layout import DAMAGED, GLASS, GREY, HEIGHT, OPAQUE, RANDOM, RGB, TRANSPARENT, TRUNCATED, WIDTH, Layout, packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.quality.image import Image


def bmp(
    samples: Image,
    bits: int,
    *,
    palette: Image | None = None,
    size: int = 40,
    compression: int = 0,
    flip: bool = False,
    masks: bytes = b"",
    data: bytes | None = None,
    colours: int | None = None,
) -> bytes:
    """Return a BMP."""
    height, width = samples.shape[:2]
    if data is None:
        rows = [
            row.ljust(-(-len(row) // 4) * 4, b"\0")
            for row in packed(samples[..., ::-1] if samples.ndim == 3 else samples, 8 if samples.ndim == 3 else bits)
        ]
        data = b"".join(rows if flip else rows[::-1])
    table = b"" if palette is None else b"".join(bytes(row[::-1]) + b"\0" * (size > 12) for row in palette)
    count = (0 if palette is None else len(palette)) if colours is None else colours
    if size == 12:
        header = struct.pack("<IHHHH", size, width, height, 1, bits)
    else:
        header = struct.pack(
            "<IiiHHIIiiII", size, width, -height if flip else height, 1, bits, compression, len(data), 0, 0, count, 0
        )
        header = (header + masks).ljust(size, b"\0")
    start = 14 + len(header) + len(table)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + table + data


def layouts() -> Iterator[Layout]:
    """Yield BMP layouts."""
    for bits in (1, 4, 8):
        samples, largest = GREY >> (8 - bits), 2**bits - 1
        palette = RANDOM.integers(0, 256, (2**bits, 3), dtype=np.uint8)
        for size in (12, 40, 64, 108, 124):
            yield Layout(
                f"palette {bits}-bit, header of {size} bytes",
                bmp(samples, bits, palette=palette, size=size),
                palette[samples],
            )
        yield Layout(
            f"palette {bits}-bit, from the top", bmp(samples, bits, palette=palette, flip=True), palette[samples]
        )
        yield Layout(
            f"palette {bits}-bit, number of colours not given",
            bmp(samples, bits, palette=palette, colours=0),
            palette[samples],
        )
        if bits > 1:
            few = np.minimum(samples, 2)
            yield Layout(f"palette {bits}-bit of 3 colours", bmp(few, bits, palette=palette[:3]), palette[few])
            yield Layout(
                f"palette {bits}-bit, too short for its pixels",
                bmp(samples, bits, palette=palette[:3]),
                "of a palette of 3",
            )
            two, black = np.minimum(samples, 1), np.array([[0] * 3, [255] * 3], np.uint8)
            yield Layout(f"black and white in {bits} bits", bmp(two, bits, palette=black), two * 255)
            dark = np.repeat(np.arange(2**bits, dtype=np.uint8)[:, None], 3, 1)
            if bits == 4:
                ramp = dark * (255 // largest)
                yield Layout("black to white in 4 bits", bmp(samples, 4, palette=ramp), ramp[samples, 0])
                four = np.minimum(samples, 3)
                yield Layout("black to white, 4 colours", bmp(four, 4, palette=dark[:4] * 85), four * 85)
                yield Layout("almost black to white", bmp(samples, 4, palette=ramp | 1), (ramp | 1)[samples])
            yield Layout(f"grey palette 0 to {largest} in {bits} bits", bmp(samples, bits, palette=dark), samples)
        else:
            black = np.array([[0] * 3, [255] * 3], np.uint8)
            yield Layout("black and white", bmp(samples, 1, palette=black), samples * 255)
            yield Layout(
                "white and black",
                bmp(samples, 1, palette=black[::-1]),
                np.repeat(255 - samples[..., None] * 255, 3, -1),
            )
    for size in (12, 40, 52, 56, 64, 108, 124):
        yield Layout(f"24-bit, header of {size} bytes", bmp(RGB, 24, size=size), RGB)
    yield Layout("24-bit, from the top", bmp(RGB, 24, flip=True), RGB)
    for name, fourth in (("0", 0 * OPAQUE), ("255", OPAQUE), ("of anything", GLASS)):
        rows = np.dstack([RGB[::-1, :, ::-1], fourth]).tobytes()
        yield Layout(f"32-bit, unused byte {name}", bmp(RGB, 32, data=rows), RGB)
    opaque, glass = (np.dstack([RGB[::-1, :, ::-1], each]).tobytes() for each in (OPAQUE, GLASS))
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    yield Layout(
        "32-bit, bit fields, opaque alpha", bmp(RGB, 32, size=108, compression=3, masks=masks, data=opaque), RGB
    )
    yield Layout(
        "32-bit, bit fields, alpha", bmp(RGB, 32, size=108, compression=3, masks=masks, data=glass), TRANSPARENT
    )
    yield Layout(
        "32-bit, bit fields, no alpha",
        bmp(RGB, 32, size=108, compression=3, masks=masks[:12] + bytes(4), data=glass),
        RGB,
    )
    yield from _orders()
    odd = struct.pack("<4I", 0x3FF00000, 0xFFC00, 0x3FF, 0)
    yield Layout(
        "32-bit, bit fields of 10 bits",
        bmp(RGB, 32, size=108, compression=3, masks=odd, data=opaque),
        "bit fields of other sizes",
    )
    for compression in (0, 3):
        yield Layout(
            f"16-bit{', bit fields' * (compression == 3)}",
            bmp(RGB, 16, size=108, compression=compression, masks=masks, data=bytes(HEIGHT * 40)),
            "got 16 bits per pixel",
        )
    runs = b"".join(b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in GREY[::-1]) + b"\0\1"
    yield Layout("RLE8", bmp(GREY, 8, palette=palette, compression=1, data=runs), palette[GREY])
    literal = (
        b"".join(b"\0" + bytes([WIDTH]) + row.tobytes() + b"\0" * (WIDTH % 2) + b"\0\0" for row in GREY[::-1]) + b"\0\1"
    )
    yield Layout("RLE8, literal", bmp(GREY, 8, palette=palette, compression=1, data=literal), palette[GREY])
    nibbles = GREY >> 4
    runs4 = b"".join(b"".join(bytes([1, value << 4]) for value in row) + b"\0\0" for row in nibbles[::-1]) + b"\0\1"
    yield Layout("RLE4", bmp(nibbles, 4, palette=palette[:16], compression=2, data=runs4), palette[nibbles])
    yield Layout(
        "RLE8, end in the middle",
        bmp(GREY, 8, palette=palette, compression=1, data=runs[: len(runs) // 2 // 40 * 40] + b"\0\1"),
        DAMAGED,
    )
    for compression, name in ((4, "JPEG"), (5, "PNG")):
        yield Layout(f"{name} within", bmp(RGB, 24, compression=compression, data=bytes(99)), f"in {name}")
    yield Layout("2-bit", bmp(GREY >> 6, 2, palette=palette[:4]), "got 2 bits per pixel")
    yield Layout("half of the rows", bmp(RGB, 24, data=bytes(60 * 6)), TRUNCATED)


def _orders() -> Iterator[Layout]:
    for order in permutations(range(4)):  # places of red, green, blue and alpha in a pixel
        masks = struct.pack("<4I", *(0xFF << 8 * place for place in order))
        pixels = np.dstack([RGB[::-1], OPAQUE])[..., np.argsort(order)].tobytes()
        way: dict[str, Any] = {"compression": 3, "data": pixels}
        yield Layout(f"32-bit, bit fields in order {order}", bmp(RGB, 32, size=108, masks=masks, **way), RGB)
        content = bmp(RGB, 32, size=56, masks=masks[:12] + bytes(4), **way)
        yield Layout(f"32-bit, bit fields in order {order[:3]}, none of alpha", content, RGB)
    for size in (40, 52):
        content = bmp(RGB, 32, size=size, masks=masks[:12], **way)
        yield Layout(f"32-bit, bit fields in order {order[:3]}, header of {size} bytes", content, RGB)
    content = bmp(RGB, 32, size=108, masks=struct.pack("<4I", 0xFF, 0xFF, 0xFF00, 0), **way)
    yield Layout("32-bit, bit fields that overlap", content, "bit fields")
