"""TIFF layouts."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from .layout import (
    FLOAT,
    FRAMES,
    GLASS,
    GREY,
    HEIGHT,
    OPAQUE,
    RANDOM,
    RGB,
    SIGNED,
    SMOOTH,
    TRANSPARENT,
    TRUNCATED,
    WIDTH,
    Layout,
    by_pillow,
    packed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from srbench.quality.image import Image


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
    """Return a TIFF; `t270=...` gives a tag of numbers or bytes, `lack` what its last strip or tile is short of."""
    samples = samples[..., None] if samples.ndim == 2 else samples
    height, width, count = samples.shape
    planes = [samples[..., each : each + 1] for each in range(count)] if planar else [samples]
    parts = []
    for block in (block for plane in planes for block in _blocks(plane, rows, tile)):
        data = compress(_coded(block, bits, order, predictor))
        parts.append(data.translate(_REVERSED) if reverse else data)
    parts[-1] = parts[-1][: len(parts[-1]) - lack]
    start, sizes = (16 if big else 8), [len(part) for part in parts]
    offsets = [start + sum(sizes[:number]) for number in range(len(parts))]
    entries: dict[int, Any] = {256: [width], 257: [height], 258: [bits] * count, 259: [compression]}
    entries |= {262: [photometric], 277: [count]} | ({284: [2]} if planar else {})
    entries |= ({317: [2]} if predictor == 2 else {}) | ({266: [2]} if reverse else {})
    entries |= {322: [tile], 323: [tile], 324: offsets, 325: sizes} if tile else {273: offsets, 278: [rows], 279: sizes}
    entries |= {int(name[1:]): value for name, value in tags.items()}
    entries = {tag: value for tag, value in entries.items() if value is not None}
    result = (b"II" if order == "<" else b"MM") + struct.pack(
        *((f"{order}HHHQ", 43, 8, 0) if big else (f"{order}HI", 42)), start + sum(sizes)
    )
    result += b"".join(parts)
    for page in range(pages):
        result += _directory(entries, len(result), order, big=big, last=page + 1 == pages)
    return result


def _blocks(plane: Image, rows: int, tile: int) -> list[Image]:
    """Return the strips or tiles of a plane."""
    height, width = plane.shape[:2]
    if not tile:
        return [plane[y : y + rows] for y in range(0, height, rows)]
    whole = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)), mode="edge")
    return [whole[y : y + tile, x : x + tile] for y in range(0, height, tile) for x in range(0, width, tile)]


def _coded(block: Image, bits: int, order: str, predictor: int) -> bytes:
    """Return the bytes of a strip or tile, not yet compressed."""
    if predictor == 2:
        block = np.diff(block, axis=1, prepend=np.zeros_like(block[:, :1]))
    if block.dtype.itemsize > 1:
        return block.astype(f"{order}{block.dtype.str[1:]}").tobytes()
    return b"".join(packed(block.view(np.uint8), bits))


def _directory(entries: dict[int, Any], at: int, order: str, *, big: bool, last: bool) -> bytes:
    """Return the tags of a page, to lie `at` an offset, and what does not fit into them."""
    slot, word = (8, "Q") if big else (4, "I")
    size = (8 + 20 * len(entries) + 8) if big else (2 + 12 * len(entries) + 4)
    table, more = struct.pack(f"{order}{'Q' if big else 'H'}", len(entries)), b""
    for tag, value in sorted(entries.items()):
        wide = not isinstance(value, bytes) and (max(value) > 65535 or tag in {273, 279, 324, 325})
        kind = 7 if isinstance(value, bytes) else 4 if wide else 3
        letter = "I" if wide else "H"
        data = value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}{letter}", *value)
        here = data.ljust(slot, b"\0") if len(data) <= slot else struct.pack(order + word, at + size + len(more))
        more += data if len(data) > slot else b""
        table += struct.pack(f"{order}HH{word}", tag, kind, len(value)) + here
    return table + struct.pack(order + word, 0 if last else at + size + len(more)) + more


_REVERSED = bytes(int(f"{each:08b}"[::-1], 2) for each in range(256))


def packbits(data: bytes) -> bytes:
    """Return data as PackBits literals and one run."""
    return b"".join(bytes([len(data[i : i + 100]) - 1]) + data[i : i + 100] for i in range(0, len(data), 100))


DEFLATE: dict[str, Any] = {"compress": zlib.compress, "compression": 8}
WAYS: dict[str, dict[str, Any]] = {
    "strips": {},
    "one strip": {"rows": HEIGHT},
    "rows per strip 2^32 - 1": {"rows": HEIGHT, "t278": [2**32 - 1]},
    "tiles": {"tile": 16},
    "planes": {"planar": True},
    "tiled planes": {"planar": True, "tile": 16},
    "deflate": DEFLATE,
    "deflate, tiles": {**DEFLATE, "tile": 16},
    "deflate, planes": {**DEFLATE, "planar": True},
    "deflate, predictor": {**DEFLATE, "predictor": 2},
    "deflate, predictor, planes": {**DEFLATE, "predictor": 2, "planar": True},
    "deflate, predictor, tiles": {**DEFLATE, "predictor": 2, "tile": 16},
    "deflate (32946)": {**DEFLATE, "compression": 32946},
    "PackBits": {"compress": packbits, "compression": 32773},
    "bits of a byte reversed": {"reverse": True},
    "deflate, bits of a byte reversed": {**DEFLATE, "reverse": True},
    "deflate, two rows more than the image": {**DEFLATE, "compress": lambda data: zlib.compress(data + bytes(114))},
}
PALETTE = RANDOM.integers(0, 256, (256, 3), dtype=np.uint8)


def colour_map(bits: int, scale: int = 257) -> list[int]:
    """Return the first colours of the palette as a TIFF holds them: all reds first, of 16 bits."""
    return [int(value) * scale for value in PALETTE[: 2**bits].T.ravel()]


def layouts() -> Iterator[Layout]:
    """Yield TIFF layouts."""
    yield from _organisations()
    yield from _depths()
    yield from _extra_samples()
    yield from _kinds_of_samples()
    yield from _colour_models()
    yield from _pages_and_orientations()
    yield from _compressions()
    yield from _cut()


def _organisations() -> Iterator[Layout]:
    for name, way in WAYS.items():
        yield Layout(f"RGB, {name}", tiff(RGB, **way), RGB)
        yield Layout(f"RGB, {name}, big-endian", tiff(RGB, order=">", **way), RGB)
    for name in ("strips", "deflate, tiles"):
        yield Layout(f"RGB, {name}, BigTIFF", tiff(RGB, big=True, **WAYS[name]), RGB)
        big = tiff(RGB, big=True, order=">", **WAYS[name])
        yield Layout(f"RGB, {name}, BigTIFF, big-endian", big, "big-endian BigTIFF")
    for name in ("strips", "tiles", "deflate", "deflate, predictor", "PackBits", "bits of a byte reversed"):
        yield Layout(f"grey, {name}", tiff(GREY, 8, 1, **WAYS[name]), GREY)


def _depths() -> Iterator[Layout]:
    for bits in (1, 2, 4, 8):
        samples, scale = GREY >> (8 - bits), 255 // (2**bits - 1)
        for name in ("strips", "deflate", "bits of a byte reversed"):
            right = 255 - samples * scale if bits < 8 or not WAYS[name].get("reverse") else "bits reversed"
            yield Layout(f"grey {bits}-bit, white is 0, {name}", tiff(samples, bits, 0, **WAYS[name]), right)
            if bits < 8:
                yield Layout(f"grey {bits}-bit, {name}", tiff(samples, bits, 1, **WAYS[name]), samples * scale)
        for name in ("strips", "deflate"):
            content = tiff(samples, bits, 3, t320=colour_map(bits), **WAYS[name])
            yield Layout(f"palette {bits}-bit, {name}", content, PALETTE[samples])
    yield Layout("palette, tiles", tiff(GREY, 8, 3, t320=colour_map(8), tile=16), PALETTE[GREY])
    yield Layout("palette of 8-bit colours", tiff(GREY, 8, 3, t320=colour_map(8, 1)), PALETTE[GREY])
    yield Layout("palette, cut", tiff(GREY, 8, 3, t320=colour_map(8)[:99]), "a palette of 99 values")


def _extra_samples() -> Iterator[Layout]:
    opaque, glass = np.dstack([RGB, OPAQUE]), np.dstack([RGB, GLASS])
    for name, extra in (("alpha", 2), ("premultiplied alpha", 1), ("fourth sample without meaning", 0)):
        for planar in (False, True):
            way = f"{name}{', planes' * planar}"
            yield Layout(f"RGB, opaque {way}", tiff(opaque, t338=[extra], planar=planar), RGB)
            yield Layout(f"RGB, {way}", tiff(glass, t338=[extra], planar=planar), TRANSPARENT)
        yield Layout(f"grey, opaque {name}", tiff(np.dstack([GREY, OPAQUE]), 8, 1, t338=[extra]), GREY)
        yield Layout(f"grey, {name}", tiff(np.dstack([GREY, GLASS]), 8, 1, t338=[extra]), TRANSPARENT)
        planes = tiff(np.dstack([GREY, OPAQUE]), 8, 1, t338=[extra], planar=True)
        yield Layout(f"grey, opaque {name}, planes", planes, "grey and alpha in separate planes")
        yield Layout(f"RGB, opaque {name}, deflate", tiff(opaque, t338=[extra], **DEFLATE), RGB)
        yield Layout(f"RGB, opaque {name}, BigTIFF", tiff(opaque, t338=[extra], big=True), RGB)
        turned = tiff(opaque, t338=[extra], t274=[6])
        yield Layout(f"RGB, opaque {name}, orientation 6", turned, np.rot90(RGB, -1))
    yield Layout("RGB, fourth sample without meaning, 0", tiff(np.dstack([RGB, 0 * OPAQUE]), t338=[0]), RGB)
    yield Layout("RGB, four samples, none named", tiff(opaque), RGB)
    yield Layout("RGB, four samples, none named, not opaque", tiff(glass), TRANSPARENT)
    for count in (5, 6):
        samples, meanings = np.dstack([RGB, *[OPAQUE] * (count - 3)]), [2] + [0] * (count - 4)
        yield Layout(f"RGB, {count} samples", tiff(samples, t338=meanings), f"got {count} samples")
        yield Layout(f"RGB, {count} samples, planes", tiff(samples, t338=meanings, planar=True), f"got {count} samples")
    yield Layout("grey, 3 samples", tiff(RGB, 8, 1, t338=[0, 0]), "got 3 samples")


def _kinds_of_samples() -> Iterator[Layout]:
    kinds = {"u": 1, "i": 2, "f": 3}
    for name in ("int8", "int16", "uint16", "int32", "uint32", "float16", "float32", "float64"):
        dtype = np.dtype(name)
        reason = {"i": SIGNED, "f": FLOAT}.get(dtype.kind, f"{dtype.itemsize * 8}-bit samples")
        for colours, photometric, pixels in (("grey", 1, GREY), ("RGB", 2, RGB)):
            kind = [kinds[dtype.kind]] * (3 if photometric == 2 else 1)
            content = tiff(pixels.astype(dtype), dtype.itemsize * 8, photometric, t339=kind)
            yield Layout(f"{colours} {name}", content, reason)
    for bits in (10, 12, 14):
        yield Layout(f"grey {bits}-bit", tiff(GREY.astype(np.uint16), 16, 1, t258=[bits]), f"{bits}-bit samples")
    yield Layout("8-bit, kind of samples undefined", tiff(GREY, 8, 1, t339=[4]), "undefined")
    yield Layout("5, 6 and 5 bits", tiff(RGB, t258=[5, 6, 5]), "of (5, 6, 5) bits")
    yield Layout("one number of bits for all samples", tiff(RGB, t258=[8]), RGB)


def _colour_models() -> Iterator[Layout]:
    for photometric, samples, model in (
        (4, GREY, "mask"),
        (5, np.dstack([RGB, OPAQUE]), "CMYK"),
        (6, RGB, "YCbCr"),
        (8, RGB, "LAB"),
        (9, RGB, "LAB"),
        (32803, GREY, "camera raw"),
    ):
        yield Layout(f"{model} ({photometric})", tiff(samples, 8, photometric), f"got {model} colours")
    yield Layout("YCbCr 4:2:0", tiff(RGB, 8, 6, t530=[2, 2]), "got YCbCr colours")
    yield Layout("no colour model", tiff(GREY, 8, 1, t262=None), "got unnamed colours")


def _pages_and_orientations() -> Iterator[Layout]:
    turns: tuple[Callable[[Image], Image], ...] = (
        np.asarray,
        np.fliplr,
        lambda pixels: pixels[::-1, ::-1],
        np.flipud,
        lambda pixels: pixels.swapaxes(0, 1),
        lambda pixels: np.rot90(pixels, -1),
        lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
        np.rot90,
    )
    for number, turn in enumerate(turns, 1):
        for name in ("strips", "deflate"):
            yield Layout(f"orientation {number}, {name}", tiff(RGB, t274=[number], **WAYS[name]), turn(RGB))
    turned = tiff(GREY, 8, 3, t320=colour_map(8), t274=[6])
    yield Layout("palette, orientation 6", turned, np.rot90(PALETTE[GREY], -1))
    yield Layout("2 MB of XMP and a profile", tiff(RGB, t700=bytes(2**21), t34675=bytes(2**20)), RGB)
    yield Layout("two pages", tiff(RGB, pages=2), FRAMES)
    yield Layout("a page and its smaller copy", tiff(RGB, pages=2, t254=[1]), RGB)


def _compressions() -> Iterator[Layout]:
    options = {"LZW": "tiff_lzw", "LZMA": "lzma", "Zstandard": "zstd", "deflate": "tiff_adobe_deflate"}
    for name, option in {**options, "PackBits": "packbits"}.items():
        yield Layout(f"RGB, {name} by libtiff", by_pillow(RGB, "TIFF", compression=option), RGB)
        yield Layout(f"grey, {name} by libtiff", by_pillow(GREY, "TIFF", compression=option), GREY)
    yield Layout("LZW, predictor", by_pillow(RGB, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}), RGB)
    for name in ("group3", "group4", "tiff_ccitt"):
        yield Layout(f"1-bit, {name}", by_pillow(GREY, "TIFF", "1", compression=name), "got fax compression")
    for number, name in ((6, "old JPEG"), (34712, "JPEG 2000"), (50001, "WebP"), (50002, "JPEG XL")):
        yield Layout(name, tiff(RGB, compression=number), f"got {name} compression")
    for name, pixels in (("RGB", SMOOTH), ("grey", SMOOTH[..., 0])):
        content = by_pillow(pixels, "TIFF", compression="jpeg")
        with Pillow.open(io.BytesIO(content)) as image:
            yield Layout(f"{name}, JPEG", content, np.asarray(image))
        end = content.index(b"\xff\xd9")  # of the only strip: its last bytes become marks
        yield Layout(f"{name}, JPEG, cut", content[: end - 20] + b"\xff\xd9" * 11 + content[end + 2 :], TRUNCATED)


_RAMPS = np.stack([np.add.outer(np.arange(150) * a, np.arange(400) * b) for a, b in ((0, 1), (1, 0), (1, 1))], -1)


def _zeroed(pixels: Image, option: str, kept: float) -> bytes:
    """Return a picture whose one strip was lost in part, its size in the file unchanged."""
    content = by_pillow(pixels.astype(np.uint8), "TIFF", compression=option, tiffinfo={278: len(pixels)})
    with Pillow.open(io.BytesIO(content)) as image:
        (start,), (size,) = image.tag_v2[273], image.tag_v2[279]  # type: ignore[attr-defined]
    lost = size - int(size * kept)
    return content[: start + size - lost] + bytes(lost) + content[start + size :]


def _cut() -> Iterator[Layout]:
    for option in ("tiff_adobe_deflate", "tiff_lzw", "lzma", "packbits", "zstd"):
        for kept in (0.3, 0.6, 0.9):
            pixels = _RAMPS if option == "zstd" else _RAMPS[:, :200]  # one block of Zstandard may hold anything
            yield Layout(f"{option}, {kept:.0%} of its strip, then zeros", _zeroed(pixels, option, kept), TRUNCATED)
    noise = np.random.default_rng(0).integers(0, 256, (150, 200, 3), dtype=np.uint8)
    yield Layout("lzma, 90% of a strip of noise, then zeros", _zeroed(noise, "lzma", 0.9), TRUNCATED)
    for name in ("strips", "tiles", "planes", "tiled planes"):
        yield Layout(f"{name}, the last one cut", tiff(RGB, lack=9, **WAYS[name]), "not whole")
    for name in ("deflate", "deflate, predictor", "PackBits"):
        yield Layout(f"{name}, the last strip cut", tiff(RGB, lack=9, **WAYS[name]), TRUNCATED)
        whole = WAYS[name]["compress"]
        way = {**WAYS[name], "compress": lambda data, whole=whole: whole(data[:-WIDTH])}
        yield Layout(f"{name}, each strip a third of a row short", tiff(RGB, **way), TRUNCATED)
    yield Layout("a strip behind the end", tiff(RGB, t273=[8, 8 + 285, 10**6]), "not whole")
    yield Layout("a strip too few", tiff(RGB, t273=[8, 8 + 285], t279=[285, 285]), "2 strips or tiles")
    yield Layout("sizes of strips missing", tiff(RGB, t279=None), "0 sizes")
