"""In which order does SR hold its channels?"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import cv2
import numpy as np

from srbench.quality.image import on_255

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from srbench.quality.image import Image

Order = tuple[int, int, int]

RGB: Order = (0, 1, 2)

ORDERS: tuple[Order, ...] = tuple(permutations(RGB))  # type: ignore[arg-type] # of three
"""All orders, RGB first."""

_SIGMA = 2.0
_CLEARLY = 0.8
"""Another order than RGB must leave less than this share of what RGB leaves."""


def find(hr: Image, sr: Image) -> Order:
    """Return which channel of `hr` each channel of `sr` holds: (2, 1, 0) for BGR; RGB where nothing else is clearer.

    Lightness and contrast of each channel do not matter, nor does a shift by a few pixels.

    Args:
        hr: (H, W, 3), uint8 or float in 0..1.
        sr: an image as large.

    """
    return likeliest([unlike(hr, sr)])


def unlike(hr: Image, sr: Image) -> NDArray[np.float64]:
    """Return for each of `ORDERS` the share of SR's variance that HR's channels leave unexplained, 0..1."""
    seen, shown = (cv2.GaussianBlur(on_255(image), (0, 0), _SIGMA).reshape(-1, 3) for image in (hr, sr))
    seen, shown = seen - seen.mean(axis=0), shown - shown.mean(axis=0)
    scale = np.outer((shown**2).sum(axis=0), (seen**2).sum(axis=0))
    explained = (shown.T @ seen) ** 2 / np.maximum(scale, 1e-9)
    return np.array([1 - np.mean([explained[to, of] for to, of in enumerate(order)]) for order in ORDERS])


def likeliest(left: Iterable[NDArray[np.float64]]) -> Order:
    """Return the order that explains several images best, of each of which `unlike` was computed."""
    total = np.log(np.maximum(np.stack(list(left)), 1e-6)).mean(axis=0)
    best = int(total.argmin())
    return ORDERS[best] if total[best] < total[0] + np.log(_CLEARLY) else RGB


def undo(sr: Image, order: Order) -> Image:
    """Return `sr` with its channels as R, G, B."""
    return np.ascontiguousarray(sr[..., np.argsort(order)])


def spelled(order: Order) -> str:
    """Return an order as people write it: `BGR`."""
    return "".join("RGB"[each] for each in order)
