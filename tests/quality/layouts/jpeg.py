"""JPEG layouts."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from .layout import DAMAGED, SMOOTH, TRUNCATED, Layout, by_opencv, by_pillow

if TYPE_CHECKING:
    from collections.abc import Iterator


def layouts() -> Iterator[Layout]:
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
            yield Layout(
                f"{kind}, cut at {size}, with an end mark", content[:size].rstrip(b"\xff") + b"\xff\xd9", TRUNCATED
            )
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
        pixels = by_opencv(content)
        yield Layout(f"orientation {number}", content, pixels)
    yield whole("damaged EXIF", by_pillow(SMOOTH, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff"))
    preview = by_pillow(SMOOTH, "MPO", save_all=True, append_images=[Pillow.fromarray(255 - SMOOTH)])
    yield whole("camera's photograph with a preview", preview)
    yield Layout(
        "camera's photograph cut, its preview whole", preview[:700] + preview[preview.index(b"\xff\xd9") :], TRUNCATED
    )
