"""Small files that would unfold into gigabytes, or keep a reader busy for hours, cost neither memory nor time."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.errors import ImageError
from srbench.quality.files import MAX_BYTES, MAX_PIXELS, read_image

if TYPE_CHECKING:
    from pathlib import Path

PROBE = """
import resource, sys
from srbench.errors import ImageError
from srbench.quality.files import read_image
for path in sys.argv[1:]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        read_image(path)
    except ImageError:
        pass
    print(path.rpartition("/")[2], (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
SMALL = (9, 9)
"""The size that most of them claim to have."""


@pytest.fixture(scope="module")
def gigabyte() -> bytes:
    """Return a gigabyte of zeros, compressed to a megabyte."""
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(bytes(2**24)) for _ in range(64)), packer.flush()])


def png(*chunks: tuple[bytes, bytes], size: tuple[int, int] = SMALL, late: bool = False) -> bytes:
    """Return a grey PNG with `chunks` before its pixels, or after them."""
    rows = zlib.compress((b"\0" + bytes(SMALL[0])) * SMALL[1])
    header = (b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))
    pixels = [] if any(name == b"IDAT" for name, _ in chunks) else [(b"IDAT", rows)]
    inner = [*pixels, *chunks] if late else [*chunks, *pixels]
    body = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (header, *inner, (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def tiff(data: bytes, frames: int = 1, **more: int) -> bytes:
    """Return a grey TIFF whose directories all point at `data`; keywords such as `t322` add tags or replace them."""
    width, height = SMALL
    tags = {
        256: width,
        257: height,
        258: 8,
        259: 1,
        262: 1,
        277: 1,
        **{int(key[1:]): each for key, each in more.items()},
    }
    offset, length, rows = (324, 325, None) if 322 in tags else (273, 279, 278)
    tags |= {rows: height} if rows and rows not in tags else {}
    tags |= {offset: 0, length: len(data)}
    size = 2 + 12 * len(tags) + 4
    tags[offset] = 8 + frames * size
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    nexts = [8 + size * (number + 1) for number in range(frames - 1)] + [0]
    return (
        b"II*\0\x08\0\0\0"
        + b"".join(struct.pack("<H", len(tags)) + entries + struct.pack("<I", at) for at in nexts)
        + data
    )


def bmp(width: int, height: int) -> bytes:
    """Return the head of a BMP."""
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def bombs(gigabyte: bytes) -> dict[str, bytes]:
    """Return the content of each bomb."""
    text = zlib.compress(bytes(2**20 - 1), 9)
    return {
        "one text.png": png((b"zTXt", b"Comment\0\0" + gigabyte)),
        "international text.png": png((b"iTXt", b"Comment\0\1\0\0\0" + gigabyte)),
        "many texts.png": png(*[(b"zTXt", b"Comment\0\0" + text)] * 500),
        "text behind the pixels.png": png((b"zTXt", b"Comment\0\0" + gigabyte), late=True),
        "colour profile.png": png((b"iCCP", b"profile\0\0" + gigabyte)),
        "more pixels than the header says.png": png((b"IDAT", gigabyte)),
        "pixels.png": png((b"IDAT", gigabyte), size=(2**15, 2**15)),
        "pixels.bmp": bmp(2**31 - 1, -(2**31 - 1)),
        "pixels.ppm": b"P6 99999999 99999999 255\n",
        "pixels.tif": tiff(gigabyte, t256=2**15, t257=2**15, t259=8),
        "tile.tif": tiff(gigabyte, t322=2**15, t323=2**15, t259=8),
        "flat tile.tif": tiff(gigabyte, t322=16, t323=2**26, t259=5),
        "rows of a strip.tif": tiff(gigabyte, t278=2**31 - 1, t259=8),
        "frames.tif": tiff(bytes(81), frames=100_000),
    }


@pytest.mark.slow
def test_memory_and_time(tmp_path: Path, gigabyte: bytes) -> None:
    """Reading any of them takes less than 100 MB more than the process had, and all of them a few seconds."""
    for name, content in bombs(gigabyte).items():
        (tmp_path / name).write_bytes(content)
    paths = sorted(map(str, tmp_path.iterdir()))
    result = subprocess.run(
        [sys.executable, "-c", PROBE, *paths], capture_output=True, text=True, check=True, timeout=100
    )
    grown = {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in result.stdout.splitlines()}
    assert len(grown) == len(paths)
    assert {name: size for name, size in grown.items() if size > 100} == {}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pixels.png", f"{2**30} pixels, expected at most {MAX_PIXELS}"),
        ("pixels.bmp", f"pixels, expected at most {MAX_PIXELS}"),
        ("pixels.ppm", f"pixels, expected at most {MAX_PIXELS}"),
        ("pixels.tif", f"{2**30} pixels, expected at most {MAX_PIXELS}"),
        ("tile.tif", f"got a tile of {2**30} pixels, far more than the image"),
        ("flat tile.tif", f"got a tile of {2**30} pixels, far more than the image"),
        ("frames.tif", "got several frames, expected 1"),
    ],
)
def test_reasons(tmp_path: Path, gigabyte: bytes, name: str, reason: str) -> None:
    """Each is refused for what it is."""
    (tmp_path / name).write_bytes(bombs(gigabyte)[name])
    with pytest.raises(ImageError, match=reason):
        read_image(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["one text", "international text", "many texts", "text behind the pixels", "colour profile"]
)
def test_texts_are_not_unpacked(tmp_path: Path, gigabyte: bytes, name: str) -> None:
    """What pixels do not depend on is not in the way, however large."""
    (tmp_path / "a.png").write_bytes(bombs(gigabyte)[f"{name}.png"])
    assert read_image(tmp_path / "a.png").shape == SMALL


def test_a_huge_file_is_not_opened(tmp_path: Path) -> None:
    """Beyond a gigabyte no file is an image that could be read."""
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6 #")
    os.truncate(path, MAX_BYTES + 1)
    with pytest.raises(ImageError, match=f"has {MAX_BYTES + 1} bytes, expected at most {MAX_BYTES}"):
        read_image(path)


def test_tiles_larger_than_a_small_image(tmp_path: Path) -> None:
    """A tile of usual size may exceed its image."""
    pixels = np.arange(81, dtype=np.uint8).reshape(SMALL)
    tile = np.zeros((256, 256), np.uint8)
    tile[:9, :9] = pixels
    (tmp_path / "a.tif").write_bytes(tiff(zlib.compress(tile.tobytes()), t322=256, t323=256, t259=8))
    assert np.array_equal(read_image(tmp_path / "a.tif"), pixels)
