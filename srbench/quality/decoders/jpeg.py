"""JPEG: markers, and whether the pixels are all there.

libjpeg fills with grey what a file lacks, and only warns. So its data are decoded twice, the second time with more
bytes before each marker: where nothing is missing nobody reads them, and the pixels stay.
"""

from __future__ import annotations

import re
import struct
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import ImageChops

from srbench.errors import ImageError
from srbench.quality.decoders.pillow import check_size, coloured, damaged, deep, opened, upright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image as Pillow

    from srbench.quality.image import Image

SIGNATURE = b"\xff\xd8\xff"
_END, _SCAN, _INTERVAL = 0xD9, 0xDA, 0xDD
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = 0xC2
_READ = {0xC0, 0xC1, _PROGRESSIVE}
_LS = 0xF7
_OTHERS = {_LS: "JPEG-LS", 0xC3: "lossless", 0xC9: "arithmetic", 0xCA: "arithmetic", 0xCB: "arithmetic"}
_ALONE = {0x01, *range(0xD0, 0xD9)}
"""Markers without a segment."""
_MARKER = re.compile(rb"\xff\xff*[^\x00\xff]")  # found faster than by \xff+
_MORE = b"\xd5\x2b\x9c\x63\xb4" * 20
"""What is put before markers: it begins with a bit that zeros, which libjpeg takes for what is missing, lack."""


class Scan(NamedTuple):
    """One pass over the pixels, or over some of their components and coefficients."""

    header: bytes
    interval: int
    """Blocks between two restart markers; 0: there are none."""
    parts: int
    """How many intervals there are."""


class Jpeg(NamedTuple):
    """A JPEG file in parts."""

    frame: bytes
    """The header of the frame, its marker's second byte first."""
    scans: list[Scan]
    ends: list[int]
    """Where the coded data of scans and restart intervals end."""
    size: int
    """Where the first image ends; cameras put previews behind it."""

    @property
    def height(self) -> int:
        """Return the number of rows."""
        return int.from_bytes(self.frame[2:4], "big")

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return int.from_bytes(self.frame[4:6], "big")


def decode(content: bytes) -> Image:
    """Return the pixels of a JPEG file, (H, W) or (H, W, 3) uint8, as libjpeg computes them for Pillow.

    Raises:
        ImageError: it ends early, is damaged, or holds what 8-bit RGB cannot.

    """
    jpeg = _opened(content)
    check_size(jpeg.width, jpeg.height)
    with opened(content, "JPEG") as image:
        if image.mode not in {"L", "RGB"}:
            raise coloured(image.mode)
        _check_whole(image, content, jpeg)
        return upright(np.asarray(image), image)


def check(content: bytes) -> None:
    """Refuse a JPEG stream within another file whose data end early; raises as `decode`."""
    with opened(content, "JPEG") as image:
        _check_whole(image, content, _opened(content))


def _check_whole(image: Pillow.Image, content: bytes, jpeg: Jpeg) -> None:
    """Refuse an image of which coded data are missing."""
    with opened(_longer(content, jpeg), "JPEG") as longer:
        if ImageChops.difference(image, longer).getbbox():
            raise damaged("its coded data end early")


def _opened(content: bytes) -> Jpeg:
    """Return the parts of a JPEG file.

    Raises:
        ImageError: it ends early, is damaged, or is of a kind that is not read.

    """
    frame, scans, ends, size, interval = b"", [], [], 0, 0
    for marker, start, end in _segments(content):
        if marker in _FRAMES or marker == _LS:
            if frame:
                raise damaged("several frame headers")
            frame = bytes([marker]) + content[start:end]
        elif marker == _SCAN:
            scans.append(Scan(content[start:end], interval, 0))
        elif marker == _INTERVAL:
            interval = int.from_bytes(content[start:end], "big")
        elif marker == 0:
            ends.append(end)
            scans[-1] = scans[-1]._replace(parts=scans[-1].parts + 1)
        size = end
    if not frame or not scans:
        raise damaged("no pixels")
    _check_frame(frame)
    jpeg = Jpeg(frame, scans, ends, size)
    _check_scans(jpeg)
    return jpeg


def _check_scans(jpeg: Jpeg) -> None:
    """Refuse a file without all of its scans, which would be read as a blurred image, or of its restart intervals.

    Raises:
        ImageError: one is missing.

    """
    components = [(jpeg.frame[each], jpeg.frame[each + 1]) for each in range(7, 7 + 3 * jpeg.frame[6], 3)]
    wanted = {(name, k) for name, _ in components for k in range(64)}
    for header, interval, parts in jpeg.scans:
        first, last, low = header[-3:] if jpeg.frame[0] == _PROGRESSIVE else (0, 63, 0)
        if low & 15 == 0:  # to the last bit
            wanted -= {(each, k) for each in header[1:-3:2] for k in range(first, last + 1)}
        if interval and parts < -(-_blocks(jpeg, dict(components), header[1:-3:2]) // interval):
            raise ImageError("truncated image: not all of its restart intervals are there; copy or download it again")
    if wanted:
        raise ImageError("truncated image: not all of its scans are there; copy or download it again")


def _blocks(jpeg: Jpeg, sampling: dict[int, int], names: bytes) -> int:
    """Return how many units a scan of some components codes: blocks of one, or groups of blocks of several."""
    most = [max(each >> 4 for each in sampling.values()), max(each & 15 for each in sampling.values())]
    own = [sampling[names[0]] >> 4, sampling[names[0]] & 15] if len(names) == 1 else most
    sides = [-(-side * of // all_of) for side, of, all_of in zip((jpeg.width, jpeg.height), own, most, strict=True)]
    across, down = (-(-side // (8 * (1 if len(names) == 1 else of))) for side, of in zip(sides, most, strict=True))
    return across * down


def _longer(content: bytes, jpeg: Jpeg) -> bytes:
    """Return the file with more bytes at the end of each part of its coded data."""
    cuts = [0, *jpeg.ends, jpeg.size]
    return _MORE.join(content[start:end] for start, end in pairwise(cuts))


def _check_frame(frame: bytes) -> None:
    marker = frame[0]
    if len(frame) < 7 or len(frame) != 7 + 3 * frame[6]:  # noqa: PLR2004 - marker, depth, height, width, count
        raise damaged("its frame header is cut")
    depth, height, width = struct.unpack(">BHH", frame[1:6])
    if depth != 8:  # noqa: PLR2004 - bits
        raise deep(f"{depth}-bit")
    if marker not in _READ:
        kind = _OTHERS.get(marker, "hierarchical")
        raise ImageError(f"got {kind} coding, expected baseline or progressive JPEG; save it as PNG")
    if not height or not width:
        raise damaged(f"{width}x{height} pixels")
    if frame[6] == 2 or frame[6] > 4:  # noqa: PLR2004 - components
        raise ImageError(f"got {frame[6]} colour components, expected 1 or 3; convert it to RGB first")


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of the data of each segment of the first image; 0 stands for coded data."""
    offset = 2
    while True:
        found = _MARKER.search(content, offset)  # as libjpeg, over bytes that belong to nothing
        if not found:
            raise damaged("it ends without an end mark")
        marker, offset = found.group()[-1], found.end()
        if marker == _END:
            yield marker, offset, offset
            return
        if marker in _ALONE:
            continue
        if offset + 2 > len(content):
            raise damaged("it ends within a header")
        end = offset + struct.unpack_from(">H", content, offset)[0]
        if end > len(content):
            raise damaged("it ends within a header")
        yield marker, offset + 2, end
        offset = end
        if marker == _SCAN:
            for start, stop in _coded(content, end):
                yield 0, start, stop
                offset = stop


def _coded(content: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each restart interval of a scan."""
    while True:
        found = _MARKER.search(content, start)
        if not found:
            raise damaged("it ends without an end mark")
        yield start, found.start()
        if found.group()[-1] not in _ALONE:
            return
        start = found.end()
