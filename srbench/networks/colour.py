"""An image as what a network is fed, and the image of what it returns: in strips, on every core.

The arithmetic is `srbench.quality.image`'s; of floats the last bit may depend on where a strip ends.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from srbench.errors import MethodError
from srbench.networks.threads import threads
from srbench.quality.image import (
    from_255,
    from_ycbcr,
    grey_of,
    is_grey,
    on_255,
    to_full,
    to_limited,
    to_ycbcr,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from srbench.quality.image import Image
    from srbench.takes import Takes

STRIP = 2**17
"""Pixels of a strip, about: a temporary takes 1.5 MB. Of shorter strips, threads wait for each other in Python."""


SPARE = 16
"""Columns beside those that are wanted: OpenCV rounds the last pixels of an array otherwise than those before."""


class Apart(NamedTuple):
    """What a network is fed of an image, and what waits beside it."""

    fed: NDArray[np.float32]
    """(C, H, W) in 0..`takes.range`; a float image may overshoot. C is 1, luma, or 3, RGB."""
    chroma: NDArray[np.float32] | None
    """(H, W, 2), Cb and Cr on 0..255; None where nothing waits: the image is grey, or RGB is fed."""
    dtype: np.dtype[Any]
    is_grey: bool


def apart(image: Image, takes: Takes) -> Apart:
    """Return what a network that `takes` luma or RGB is fed of a grey or RGB image."""
    height, width = image.shape[:2]
    fed = np.empty((takes.samples, height, width), np.float32)
    has_chroma = takes.channels == "y" and not is_grey(image)
    chroma = np.empty((height, width, 2), np.float32) if has_chroma else None

    def fill(rows: slice) -> None:
        if chroma is not None:
            ycbcr = to_ycbcr(image[rows])
            luma, chroma[rows] = ycbcr[..., 0], ycbcr[..., 1:]
            fed[0, rows] = luma if takes.luma == "limited" else to_full(luma)
        else:
            values = on_255(image[rows])
            fed[:, rows] = values if is_grey(image) else values.transpose(2, 0, 1)
        if takes.range == 1:
            fed[:, rows] /= np.float32(255)

    _by_strips(fill, height, width)
    return Apart(fed, chroma, image.dtype, is_grey(image))


def joined(sr: NDArray[np.float32], lr: Apart, takes: Takes) -> Image:
    """Return the image of what a network made, (C, H, W), of `lr`, whose chroma goes up by bicubic.

    The RGB of a grey image is made grey again.

    Raises:
        MethodError: the network made NaN.

    """
    height, width = sr.shape[1:]
    image = blank(lr, height, width)
    join(image, sr, lr, takes, slice(0, width))
    return image


def blank(lr: Apart, height: int, width: int) -> Image:
    """Return an image of the kind of LR, not filled yet."""
    return np.empty((height, width) if lr.is_grey else (height, width, 3), lr.dtype)


def join(image: Image, sr: NDArray[np.float32], lr: Apart, takes: Takes, columns: slice) -> None:
    """Fill columns of SR with what a network made of them, (C, H, W), and with the chroma of LR, as `joined` does.

    `sr` may have `SPARE` more columns than that, whose values do not count: with them the bits are those of `joined`.

    Raises:
        MethodError: the network made NaN.

    """
    height, width = image.shape[:2]
    chroma = None if lr.chroma is None else _enlarged(lr.chroma, height, width, columns, sr.shape[2])
    count = columns.stop - columns.start

    def fill(rows: slice) -> None:
        values = sr[:, rows] * np.float32(255) if takes.range == 1 else sr[:, rows]
        with np.errstate(invalid="raise"):  # NaN has no uint8
            filled = from_255(_on_255(values, None if chroma is None else chroma[rows], lr, takes), lr.dtype)
        image[rows, columns] = filled[:, :count]

    try:
        _by_strips(fill, height, width)
    except FloatingPointError as error:
        raise MethodError("returned NaN") from error


def _enlarged(chroma: NDArray[np.float32], height: int, width: int, columns: slice, count: int) -> NDArray[np.float32]:
    """Return `count` columns of chroma at the size of SR, from the first of `columns`; bits do not depend on these.

    OpenCV enlarges along rows first, with weights that depend on how wide the whole is: so whole rows go in, some at a
    time, and then whole columns.
    """
    if (columns.start, count) == (0, width):
        return np.asarray(cv2.resize(chroma, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    first = columns.start // SPARE * SPARE  # what vectors of OpenCV end with is rounded otherwise
    wide = np.zeros((chroma.shape[0], columns.start + count - first, 2), np.float32)

    def widen(rows: slice) -> None:
        size = (width, rows.stop - rows.start)
        whole = cv2.resize(chroma[rows], size, interpolation=cv2.INTER_CUBIC)[:, first : columns.start + count]
        wide[rows, : whole.shape[1]] = whole

    _by_strips(widen, chroma.shape[0], width)
    tall = cv2.resize(wide, (wide.shape[1], height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(tall[:, columns.start - first :], np.float32)


def _on_255(values: NDArray[np.float32], chroma: NDArray[np.float32] | None, lr: Apart, takes: Takes) -> NDArray[Any]:
    """Return rows of an image on 0..255, (H, W) or (H, W, 3), of what a network made of them, (C, H, W) on 0..255."""
    if chroma is not None:
        luma = values[0] if takes.luma == "limited" else to_limited(values[0])
        return from_ycbcr(cv2.merge([luma, chroma]))
    if takes.channels == "y":
        return np.asarray(values[0])
    rgb = values.transpose(1, 2, 0)
    return grey_of(rgb) if lr.is_grey else rgb


def _by_strips(fill: Callable[[slice], None], height: int, width: int) -> None:
    """Call `fill` for all rows, some at a time."""
    rows = max(1, STRIP // width)
    strips = [slice(start, min(start + rows, height)) for start in range(0, height, rows)]
    if len(strips) == 1:
        fill(strips[0])
        return
    with ThreadPoolExecutor(threads()) as pool:
        list(pool.map(fill, strips))
