"""Pins: what steps that a library computes must make of one image, or LR would change unnoticed with its version."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from srbench.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from srbench.quality.image import Image

PINS = {
    "bicubic-opencv": "c0eda27f5971",
    "bilinear-opencv": "54c3ffe3e81a",
    "area-opencv": "fc0e14b04fe3",
    "lanczos-opencv": "95e991c6e315",
    "nearest-opencv": "6b629c50306d",
    "bicubic-pillow": "68a1e8a9a108",
    "bilinear-pillow": "12eccc6fd717",
    "lanczos-pillow": "48ba7ddc32aa",
    "box-pillow": "4f16207f57cc",
    "bicubic-skimage": "6d688fb8222c",
    "jpeg": "8ed0f175d14c",
}
"""The first 12 hex digits of the sha256 of what each step makes of the probe."""

_kept: set[str] = set()
"""Steps that were checked in this process."""


def check(step: str, make: Callable[[Image], Iterable[Image]]) -> None:
    """Pass if `make` makes of the probe what the pin of a step says, or it has none.

    Raises:
        Unsupported: it does not.

    """
    if step not in PINS or step in _kept:
        return
    found = pin(make)
    if found != PINS[step]:
        raise Unsupported(
            f"{step} makes other pixels here ({found}) than where it was declared ({PINS[step]}): another version of "
            "Pillow, OpenCV, scikit-image or libjpeg; use that of another machine, or give the LR images"
        )
    _kept.add(step)


def pin(make: Callable[[Image], Iterable[Image]]) -> str:
    """Return what identifies the images that are made of the probe."""
    digest = hashlib.sha256()
    for image in make(_probe()):
        digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()[:12]


@cache
def _probe() -> Image:
    """Return 48x60 RGB pixels: slopes, edges and noise, of integers alone."""
    y, x, channel = np.ogrid[:48, :60, :3]
    noise = (x * 2654435761 + y * 40503 * (channel + 1)) % 65521 % 23
    probe: Image = ((5 * x * (channel + 1) + y * y + 90 * (x // 7 % 2) + noise) % 256).astype(np.uint8)
    return probe
