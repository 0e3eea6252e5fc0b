"""Every layout that a format can hold is read as the pixels that were meant, or refused for what it is.

The files are built here, sample by sample, so that the pixels are known; OpenCV and tifffile read them as well. The
table of docs/formats.md is that of this module.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from srbench.errors import ImageError
from srbench.quality.files import read_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(samples: Image, bits: int) -> list[bytes]:
    """Return the rows of samples (H, W) or (H, W, C), packed from the top bit."""
    rows = samples.reshape(len(samples), -1)
    if bits == 16:
        return [row.astype(">u2").tobytes() for row in rows]
    return [np.packbits((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).tobytes() for row in rows]


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
) -> bytes:
    """Return a PNG with chunks `before` and `after` its pixels, of which it may have fewer `rows` than it says."""
    height, width = samples.shape[:2]
    step = max(1, (samples.size // height // width) * bits // 8)
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples[:rows]]
    data = zlib.compress(b"".join(filtered(packed(part, bits), step) for part in parts if part.size))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    pixels = b"".join(chunk(b"IDAT", data[start : start + 150]) for start in range(0, len(data), 150))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + pixels + after + chunk(b"IEND", b"")


def pngs() -> Iterator[Layout]:
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
    key = struct.pack(">3H", *RGB[4, 4])
    yield Layout("RGB, transparent key that occurs", png(RGB, 8, 2, before=chunk(b"tRNS", key)), TRANSPARENT)
    yield Layout(
        "RGB, transparent key with high bits",
        png(RGB, 8, 2, before=chunk(b"tRNS", bytes(b | (i % 2 == 0) for i, b in enumerate(key)))),
        TRANSPARENT,
    )
    yield Layout(
        "RGB, transparent key that does not occur", png(RGB | 1, 8, 2, before=chunk(b"tRNS", bytes(6))), RGB | 1
    )
    for name, colour, samples in (
        ("grey", 0, GREY),
        ("RGB", 2, RGB),
        ("grey, alpha", 4, np.dstack([GREY, OPAQUE])),
        ("RGB, alpha", 6, np.dstack([RGB, OPAQUE])),
    ):
        yield Layout(f"{name} 16-bit", png(samples.astype(int) * 257, 16, colour), DEEP)
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
    for place in ("before", "after"):
        yield Layout(
            f"EXIF orientation {place} the pixels",
            png(RGB, 8, 2, **{place: chunk(b"eXIf", EXIF.tobytes()[6:])}),
            np.rot90(RGB, -1),
        )
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
    yield Layout("bytes behind the end", png(RGB, 8, 2) + b"more", RGB)
    yield Layout("half of the rows, all checksums right", png(RGB, 8, 2, rows=6), TRUNCATED)
    yield Layout("no last row", png(GREY >> 7, 1, 0, rows=HEIGHT - 1), TRUNCATED)
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


def tiff(
    samples: Image,
    bits: int = 8,
    photometric: int = 2,
    *,
    order: str = "<",
    big: bool = False,
    planar: bool = False,
    rows: int = 5,
    tile: int = 0,
    compress: Callable[[bytes], bytes] = bytes,
    compression: int = 1,
    predictor: int = 1,
    reverse: bool = False,
    lack: int = 0,
    pages: int = 1,
    **tags: Any,
) -> bytes:
    """Return a TIFF; `t270=...` gives a tag of numbers (or bytes), `lack` what its last strip or tile is short of."""
    samples = samples[..., None] if samples.ndim == 2 else samples
    height, width, count = samples.shape
    planes = [samples[..., each : each + 1] for each in range(count)] if planar else [samples]
    parts = []
    for plane in planes:
        if tile:
            whole = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)), mode="edge")
            blocks = [whole[y : y + tile, x : x + tile] for y in range(0, height, tile) for x in range(0, width, tile)]
        else:
            blocks = [plane[y : y + rows] for y in range(0, height, rows)]
        for block in blocks:
            values = block
            if predictor == 2:
                values = np.diff(block, axis=1, prepend=np.zeros_like(block[:, :1]))
            if values.dtype.itemsize > 1:
                data = values.astype(values.dtype.newbyteorder(order)).tobytes()
            else:
                data = b"".join(packed(values.view(np.uint8), bits))
            data = compress(data)
            parts.append(data.translate(bytes(int(f"{each:08b}"[::-1], 2) for each in range(256))) if reverse else data)
    parts[-1] = parts[-1][: len(parts[-1]) - lack]
    start = 16 if big else 8
    offsets = [start + sum(map(len, parts[:number])) for number in range(len(parts))]
    entries: dict[int, Any] = {
        256: [width],
        257: [height],
        258: [bits] * count,
        259: [compression],
        262: [photometric],
        277: [count],
    }
    entries |= (
        {322: [tile], 323: [tile], 324: offsets, 325: [*map(len, parts)]}
        if tile
        else {273: offsets, 278: [rows], 279: [*map(len, parts)]}
    )
    entries |= ({284: [2]} if planar else {}) | ({317: [2]} if predictor == 2 else {}) | ({266: [2]} if reverse else {})
    entries |= {int(name[1:]): value for name, value in tags.items()}
    entries = {tag: value for tag, value in entries.items() if value is not None}
    body, result = b"".join(parts), b""
    at = start + len(body)
    for page in range(pages):
        size = (8 + 20 * len(entries) + 8) if big else (2 + 12 * len(entries) + 4)
        table, more = b"", b""
        for tag, value in sorted((entries | ({254: [1]} if page and pages < 0 else {})).items()):
            wide = not isinstance(value, bytes) and max(value) > 65535 or tag in (273, 279, 324, 325)
            kind = 7 if isinstance(value, bytes) else 4 if wide else 3
            data = (
                value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}{'I' if wide else 'H'}", *value)
            )
            slot = 8 if big else 4
            where = struct.pack(f"{order}{'Q' if big else 'I'}", at + size + len(more))
            more += data if len(data) > slot else b""
            table += struct.pack(f"{order}HH{'Q' if big else 'I'}", tag, kind, len(value)) + (
                data.ljust(slot, b"\0") if len(data) <= slot else where
            )
        after = at + size + len(more)
        following = after if page + 1 < pages else 0
        result += (
            struct.pack(f"{order}{'Q' if big else 'H'}", len(entries))
            + table
            + struct.pack(f"{order}{'Q' if big else 'I'}", following)
            + more
        )
        at = after
    name = b"II" if order == "<" else b"MM"
    head = name + (
        struct.pack(f"{order}HHHQ", 43, 8, 0, start + len(body))
        if big
        else struct.pack(f"{order}HI", 42, start + len(body))
    )
    return head + body + result


def packbits(data: bytes) -> bytes:
    """Return data as PackBits literals and one run."""
    return b"".join(bytes([len(data[i : i + 100]) - 1]) + data[i : i + 100] for i in range(0, len(data), 100))


def by_pillow(pixels: Image, kind: str, mode: str | None = None, **options: Any) -> bytes:
    """Return a file that Pillow writes."""
    content = io.BytesIO()
    picture = Pillow.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(content, kind, **options)
    return content.getvalue()


def tiffs() -> Iterator[Layout]:
    """Yield TIFF layouts."""
    deflate = {"compress": zlib.compress, "compression": 8}
    ways: dict[str, dict[str, Any]] = {
        "strips": {},
        "one strip": {"rows": HEIGHT},
        "rows per strip 2^32 - 1": {"rows": HEIGHT, "t278": [2**32 - 1]},
        "tiles": {"tile": 16},
        "planes": {"planar": True},
        "tiled planes": {"planar": True, "tile": 16},
        "deflate": deflate,
        "deflate, tiles": deflate | {"tile": 16},
        "deflate, planes": deflate | {"planar": True},
        "deflate, predictor": deflate | {"predictor": 2},
        "deflate, predictor, planes": deflate | {"predictor": 2, "planar": True},
        "deflate, predictor, tiles": deflate | {"predictor": 2, "tile": 16},
        "deflate (32946)": {"compress": zlib.compress, "compression": 32946},
        "PackBits": {"compress": packbits, "compression": 32773},
        "bits of a byte reversed": {"reverse": True},
    }
    for order, end in (("<", ""), (">", ", big-endian")):
        for big in (False, True):
            for name, way in ways.items():
                if big and name not in {"strips", "deflate, tiles"}:
                    continue
                right = "big-endian BigTIFF" if big and end else RGB
                yield Layout(f"RGB, {name}{end}{', BigTIFF' * big}", tiff(RGB, order=order, big=big, **way), right)
    for name in ("strips", "tiles", "deflate", "deflate, predictor", "PackBits", "bits of a byte reversed"):
        yield Layout(f"grey, {name}", tiff(GREY, 8, 1, **ways[name]), GREY)
    for bits in (1, 2, 4, 8):
        samples, scale = GREY >> (8 - bits), 255 // (2**bits - 1)
        for name in ("strips", "deflate", "bits of a byte reversed"):
            right = "bits reversed" if bits == 8 and ways[name].get("reverse") else 255 - samples * scale
            yield Layout(f"grey {bits}-bit, white is 0, {name}", tiff(samples, bits, 0, **ways[name]), right)
            if bits < 8:
                yield Layout(f"grey {bits}-bit, {name}", tiff(samples, bits, 1, **ways[name]), samples * scale)
        palette = RANDOM.integers(0, 256, (2**bits, 3), dtype=np.uint8)
        table = [int(value) * 257 for value in palette.T.ravel()]
        for name in ("strips", "deflate", "tiles"):
            if name != "tiles" or bits == 8:
                yield Layout(
                    f"palette {bits}-bit, {name}", tiff(samples, bits, 3, t320=table, **ways[name]), palette[samples]
                )
    yield Layout(
        "palette of 8-bit colours", tiff(samples, 8, 3, t320=[each // 257 for each in table]), palette[samples]
    )
    yield Layout("palette, cut", tiff(samples, 8, 3, t320=table[:99]), "a palette of 99 values")
    for name, extra in (("alpha", 2), ("premultiplied alpha", 1), ("fourth sample without meaning", 0)):
        for planar in (False, True):
            way = f"{name}{', planes' * planar}"
            yield Layout(f"RGB, opaque {way}", tiff(np.dstack([RGB, OPAQUE]), t338=[extra], planar=planar), RGB)
            yield Layout(f"RGB, {way}", tiff(np.dstack([RGB, GLASS]), t338=[extra], planar=planar), TRANSPARENT)
        yield Layout(f"grey, opaque {name}", tiff(np.dstack([GREY, OPAQUE]), 8, 1, t338=[extra]), GREY)
        yield Layout(f"grey, {name}", tiff(np.dstack([GREY, GLASS]), 8, 1, t338=[extra]), TRANSPARENT)
        yield Layout(f"RGB, opaque {name}, deflate", tiff(np.dstack([RGB, OPAQUE]), t338=[extra], **deflate), RGB)
        yield Layout(f"RGB, opaque {name}, BigTIFF", tiff(np.dstack([RGB, OPAQUE]), t338=[extra], big=True), RGB)
    yield Layout("RGB, fourth sample 0 without meaning", tiff(np.dstack([RGB, 0 * OPAQUE]), t338=[0]), RGB)
    yield Layout("RGB, four samples, none named", tiff(np.dstack([RGB, OPAQUE])), RGB)
    yield Layout("RGB, four samples, none named, not opaque", tiff(np.dstack([RGB, GLASS])), TRANSPARENT)
    for count in (5, 6):
        yield Layout(
            f"RGB, {count} samples",
            tiff(np.dstack([RGB, *[OPAQUE] * (count - 3)]), t338=[2, *[0] * (count - 4)]),
            f"got {count} samples",
        )
        yield Layout(
            f"RGB, {count} samples, planes",
            tiff(np.dstack([RGB, *[OPAQUE] * (count - 3)]), t338=[0] * (count - 3), planar=True),
            f"got {count} samples",
        )
    yield Layout("grey, 3 samples", tiff(RGB, 8, 1, t338=[0, 0]), "got 3 samples")
    for dtype, reason in (
        (np.int8, SIGNED),
        (np.int16, SIGNED),
        (np.uint16, DEEP),
        (np.uint32, "32-bit"),
        (np.int32, SIGNED),
        (np.float16, FLOAT),
        (np.float32, FLOAT),
        (np.float64, FLOAT),
    ):
        kind = {"i": 2, "u": 1, "f": 3}[np.dtype(dtype).kind]
        for photometric, pixels in ((1, GREY), (2, RGB)):
            values = pixels.astype(dtype)
            content = tiff(values, values.itemsize * 8, photometric, t339=[kind] * (3 if photometric == 2 else 1))
            yield Layout(f"{'RGB' if photometric == 2 else 'grey'} {np.dtype(dtype).name}", content, reason)
    for bits in (10, 12, 14):
        yield Layout(f"grey {bits}-bit", tiff(GREY.astype(np.uint16), 16, 1, t258=[bits]), f"{bits}-bit samples")
    yield Layout("8-bit, kind of samples undefined", tiff(GREY, 8, 1, t339=[4]), "undefined")
    yield Layout("5, 6 and 5 bits", tiff(RGB, t258=[5, 6, 5]), "of (5, 6, 5) bits")
    yield Layout("one number of bits for all samples", tiff(RGB, t258=[8]), RGB)
    for photometric, samples, model in (
        (5, np.dstack([RGB, OPAQUE]), "CMYK"),
        (8, RGB, "LAB"),
        (6, RGB, "YCbCr"),
        (4, GREY, "mask"),
        (32803, GREY, "camera raw"),
    ):
        yield Layout(model, tiff(samples, 8, photometric), f"got {model} colours")
    yield Layout("YCbCr 4:2:0", tiff(RGB, 8, 6, t530=[2, 2]), "got YCbCr colours")
    yield Layout("no colour model", tiff(GREY, 8, 1, t262=None), "got unnamed colours")
    turns: tuple[Callable[[Image], Image], ...] = (
        np.asarray,
        np.fliplr,
        lambda x: x[::-1, ::-1],
        np.flipud,
        lambda x: x.swapaxes(0, 1),
        lambda x: np.rot90(x, -1),
        lambda x: x[::-1, ::-1].swapaxes(0, 1),
        np.rot90,
    )
    for number, turn in enumerate(turns, 1):
        for name in ("strips", "deflate"):
            yield Layout(f"orientation {number}, {name}", tiff(RGB, t274=[number], **ways[name]), turn(RGB))
    yield Layout(
        "palette, orientation 6", tiff(samples := GREY, 8, 3, t320=table, t274=[6]), np.rot90(palette[samples], -1)
    )
    yield Layout(
        "fourth sample without meaning, orientation 6",
        tiff(np.dstack([RGB, OPAQUE]), t338=[0], t274=[6]),
        np.rot90(RGB, -1),
    )
    yield Layout("2 MB of XMP and a profile", tiff(RGB, t700=bytes(2**21), t34675=bytes(2**20)), RGB)
    yield Layout("two pages", tiff(RGB, pages=2), FRAMES)
    yield Layout("a page and its thumbnail", tiff(RGB)[:4] + tiff(RGB, pages=2, t254=[1])[4:], RGB)
    for name, option in (
        ("LZW", "tiff_lzw"),
        ("LZMA", "lzma"),
        ("Zstandard", "zstd"),
        ("deflate", "tiff_adobe_deflate"),
        ("PackBits", "packbits"),
    ):
        yield Layout(f"RGB, {name} by libtiff", by_pillow(RGB, "TIFF", compression=option), RGB)
        yield Layout(f"grey, {name} by libtiff", by_pillow(GREY, "TIFF", compression=option), GREY)
    yield Layout("LZW with predictor", by_pillow(RGB, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}), RGB)
    for name in ("group3", "group4", "tiff_ccitt"):
        yield Layout(f"1-bit, {name}", by_pillow(GREY, "TIFF", "1", compression=name), "got fax compression")
    yield Layout("WebP", tiff(RGB, compression=50001), "got WebP compression")
    yield Layout("JPEG 2000", tiff(RGB, compression=34712), "got JPEG 2000 compression")
    yield Layout("old JPEG", tiff(RGB, compression=6), "got old JPEG compression")
    with Pillow.open(io.BytesIO(by_pillow(SMOOTH[..., 0], "TIFF", compression="jpeg"))) as image:
        yield Layout("grey, JPEG", by_pillow(SMOOTH[..., 0], "TIFF", compression="jpeg"), np.asarray(image))
    content = by_pillow(SMOOTH, "TIFF", compression="jpeg")
    with Pillow.open(io.BytesIO(content)) as image:
        yield Layout("RGB, JPEG", content, np.asarray(image))
    for name in ("strips", "tiles", "planes", "deflate", "PackBits", "tiled planes", "deflate, predictor"):
        yield Layout(
            f"{name}, the last one cut",
            tiff(RGB, lack=9, **ways[name]),
            "not whole" if ways[name].get("compression", 1) == 1 else TRUNCATED,
        )
    for name, kind in (("deflate", zlib.compress), ("PackBits", packbits)):
        short = tiff(
            RGB, compress=lambda data, kind=kind: kind(data[:-WIDTH]), compression=8 if name == "deflate" else 32773
        )
        yield Layout(f"{name}, each strip a third of a row short", short, TRUNCATED)
    yield Layout("a strip behind the end", tiff(RGB, t273=[8, 8 + 285, 10**6]), "not whole")
    yield Layout("a strip too few", tiff(RGB, t273=[8, 8 + 285], t279=[285, 285]), "2 strips or tiles")
    yield Layout("sizes of strips missing", tiff(RGB, t279=None), "0 sizes")


def jpegs() -> Iterator[Layout]:
    """Yield JPEG layouts; the pixels are libjpeg's, with all of its data there."""

    def whole(name: str, content: bytes) -> Layout:
        with Pillow.open(io.BytesIO(content)) as image:
            return Layout(name, content, np.asarray(image))

    for progressive in (False, True):
        kind = "progressive" if progressive else "baseline"
        options: dict[str, Any] = {"quality": 90, "progressive": progressive}
        for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
            content = by_pillow(SMOOTH, "JPEG", subsampling=subsampling, **options)
            yield whole(f"{kind}, {subsampling}", content)
        yield whole(f"{kind}, grey", by_pillow(SMOOTH[..., 0], "JPEG", **options))
        yield whole(f"{kind}, restart markers", by_pillow(SMOOTH, "JPEG", restart_marker_blocks=3, **options))
        yield whole(f"{kind}, optimised", by_pillow(SMOOTH, "JPEG", optimize=True, **options))
        yield whole(f"{kind}, RGB with Adobe marker", by_pillow(SMOOTH, "JPEG", keep_rgb=True, **options))
        yield whole(f"{kind}, 200 kB of profile", by_pillow(SMOOTH, "JPEG", icc_profile=bytes(200_000), **options))
        yield whole(f"{kind}, bytes behind the end", content + bytes(99))
        for size in range(len(content) - 20, len(content) // 2, -37):
            yield Layout(f"{kind}, cut, with an end mark", content[:size].rstrip(b"\xff") + b"\xff\xd9", TRUNCATED)
        parts = by_pillow(SMOOTH, "JPEG", restart_marker_blocks=3, **options)
        first, second = parts.index(b"\xff\xd1"), parts.index(b"\xff\xd2")
        yield Layout(f"{kind}, a restart interval cut", parts[: second - 5] + parts[second:], TRUNCATED)
        yield Layout(f"{kind}, a restart interval empty", parts[: first + 2] + parts[second:], TRUNCATED)
    scans = [at for at in range(len(content)) if content[at : at + 2] == b"\xff\xda"]
    yield Layout("progressive, last scan missing", content[: scans[-1]] + b"\xff\xd9", "not all of its scans")
    yield Layout("progressive, first scan only", content[: scans[1]] + b"\xff\xd9", TRUNCATED)
    baseline = by_pillow(SMOOTH, "JPEG", quality=90)
    frame = baseline.index(b"\xff\xc0")
    for marker, reason in (
        (0xC3, "lossless"),
        (0xC5, "hierarchical"),
        (0xC9, "arithmetic"),
        (0xCA, "arithmetic"),
        (0xF7, "JPEG-LS"),
    ):
        yield Layout(
            f"{reason} coding ({marker:X})",
            baseline[: frame + 1] + bytes([marker]) + baseline[frame + 2 :],
            f"got {reason} coding",
        )
    yield Layout("12-bit", baseline[: frame + 4] + b"\x0c" + baseline[frame + 5 :], "got 12-bit samples")
    yield Layout("height in another marker (DNL)", baseline[: frame + 5] + b"\0\0" + baseline[frame + 7 :], DAMAGED)
    yield Layout("CMYK", by_pillow(SMOOTH, "JPEG", "CMYK"), "got CMYK colours")
    for number in range(1, 9):
        exif = Pillow.Exif()
        exif[274] = number
        content = by_pillow(SMOOTH, "JPEG", exif=exif)
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        yield Layout(f"orientation {number}", content, pixels)
    yield whole("damaged EXIF", by_pillow(SMOOTH, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff"))
    preview = by_pillow(SMOOTH, "MPO", save_all=True, append_images=[Pillow.fromarray(255 - SMOOTH)])
    yield whole("camera's photograph with a preview", preview)
    yield Layout(
        "camera's photograph cut, its preview whole", preview[:700] + preview[preview.index(b"\xff\xd9") :], TRUNCATED
    )


def webps() -> Iterator[Layout]:
    """Yield WebP layouts."""
    lossy = by_pillow(SMOOTH, "WEBP", quality=90)
    yield Layout("lossy", lossy, cv2.imdecode(np.frombuffer(lossy, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])
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


def bmps() -> Iterator[Layout]:
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
        used = samples.max() + 1 if bits < 8 else 200
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
    rows = {
        name: np.dstack([RGB[::-1, :, ::-1], each]).tobytes() for name, each in (("opaque", OPAQUE), ("glass", GLASS))
    }
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    yield Layout(
        "32-bit, bit fields, opaque alpha", bmp(RGB, 32, size=108, compression=3, masks=masks, data=rows["opaque"]), RGB
    )
    yield Layout(
        "32-bit, bit fields, alpha", bmp(RGB, 32, size=108, compression=3, masks=masks, data=rows["glass"]), TRANSPARENT
    )
    yield Layout(
        "32-bit, bit fields, no alpha",
        bmp(RGB, 32, size=108, compression=3, masks=masks[:12] + bytes(4), data=rows["glass"]),
        RGB,
    )
    other = struct.pack("<4I", 0xFF, 0xFF00, 0xFF0000, 0xFF000000)
    yield Layout(
        "32-bit, bit fields, red first",
        bmp(RGB, 32, size=108, compression=3, masks=other, data=np.dstack([RGB[::-1], OPAQUE]).tobytes()),
        RGB,
    )
    odd = struct.pack("<4I", 0x3FF00000, 0xFFC00, 0x3FF, 0)
    yield Layout(
        "32-bit, bit fields of 10 bits",
        bmp(RGB, 32, size=108, compression=3, masks=odd, data=rows["opaque"]),
        "bitfields",
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


def pnms() -> Iterator[Layout]:
    """Yield PNM layouts."""

    def text(samples: Image) -> bytes:
        return b" ".join(b"%d" % value for value in samples.ravel())

    size = b"%d %d\n" % (WIDTH, HEIGHT)
    bits = GREY >> 7
    yield Layout("P1", b"P1\n" + size + text(bits), 255 - bits * 255)
    yield Layout(
        "P1, no spaces, comments", b"P1\n#a\n" + size + b"# b\n" + text(bits).replace(b" ", b""), 255 - bits * 255
    )
    yield Layout("P4", b"P4\n" + size + b"".join(packed(bits, 1)), 255 - bits * 255)
    for maximum in (1, 3, 15, 100, 200, 254, 255):
        for number, samples in ((2, GREY), (3, RGB)):
            values = samples if maximum == 255 else samples % (maximum + 1)
            scaled = np.floor(values.astype(int) * 255 / maximum + 0.5).astype(np.uint8)
            head = b"P%d\n# comment\n" + size + b"%d\n"
            yield Layout(f"P{number}, maximum {maximum}", head % (number, maximum) + text(values), scaled)
            yield Layout(f"P{number + 3}, maximum {maximum}", head % (number + 3, maximum) + values.tobytes(), scaled)
    for maximum in (256, 1023, 65535):
        for number in (2, 3, 5, 6):
            body = text(RGB) if number < 4 else bytes(6 * HEIGHT * WIDTH)
            yield Layout(f"P{number}, maximum {maximum}", b"P%d\n%s%d\n" % (number, size, maximum) + body, DEEP)
    for number, body in ((2, text(GREY)), (5, GREY.tobytes())):
        yield Layout(f"P{number}, a sample above the maximum", b"P%d\n%s%d\n" % (number, size, 100) + body, DAMAGED)
        yield Layout(f"P{number}, maximum 0", b"P%d\n%s0\n" % (number, size) + body, DAMAGED)
    for number, body in (
        (1, text(bits)),
        (2, text(GREY)),
        (3, text(RGB)),
        (4, b"".join(packed(bits, 1))),
        (5, GREY.tobytes()),
        (6, RGB.tobytes()),
    ):
        head = b"P%d\n%s%s" % (number, size, b"" if number in {1, 4} else b"255\n")
        yield Layout(f"P{number}, half of the data", head + body[: len(body) // 2], TRUNCATED)
        if number > 3:
            yield Layout(f"P{number}, two images", (head + body) * 2, FRAMES)
    yield Layout(
        "P7 (PAM)", b"P7\nWIDTH 19\nHEIGHT 13\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + RGB.tobytes(), "is PAM"
    )
    for kind in (b"PF", b"Pf"):
        yield Layout(f"{kind.decode()} (float)", kind + b"\n" + size + b"-1.0\n" + bytes(12 * WIDTH * HEIGHT), "is PFM")


FORMATS: dict[str, tuple[Callable[[], Iterator[Layout]], str]] = {
    "PNG": (pngs, ".png"),
    "TIFF": (tiffs, ".tif"),
    "JPEG": (jpegs, ".jpg"),
    "WebP": (webps, ".webp"),
    "BMP": (bmps, ".bmp"),
    "PNM": (pnms, ".ppm"),
}


def tried(path: Path, layout: Layout) -> str:
    """Return what is wrong with how a layout is read; nothing if it is right."""
    path.write_bytes(layout.content)
    try:
        pixels = read_image(path)
    except ImageError as error:
        line = str(error)
        return "" if isinstance(layout.right, str) and layout.right in line else line
    if isinstance(layout.right, str):
        return "read"
    return (
        ""
        if pixels.shape == layout.right.shape and np.array_equal(pixels, layout.right)
        else f"other pixels {pixels.shape}"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_layouts(tmp_path: Path, name: str) -> None:
    """Each layout gives its pixels, sample by sample, or the reason of its refusal."""
    layouts, suffix = FORMATS[name]
    wrong = {layout.name: found for layout in layouts() if (found := tried(tmp_path / f"a{suffix}", layout))}
    assert wrong == {}
