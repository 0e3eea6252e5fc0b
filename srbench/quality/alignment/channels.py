"""In which order does SR hold its channels?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srbench.quality.image import Image

RGB = (0, 1, 2)

Order = tuple[int, int, int]


def find(hr: Image, sr: Image) -> Order:
    """Return which channel of `hr` each channel of `sr` holds: (2, 1, 0) for BGR. Images are of one size, (H, W, 3).

    Lightness and contrast of each channel do not matter. Where channels are alike, as in grey images, it is RGB.
    """
    raise NotImplementedError


def undo(sr: Image, order: Order) -> Image:
    """Return `sr` with its channels as R, G, B."""
    raise NotImplementedError


def spelled(order: Order) -> str:
    """Return an order as people write it: `BGR`."""
    return "".join("RGB"[each] for each in order)
