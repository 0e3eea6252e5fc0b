"""Tiles of an image: what is computed of them stays within a core's cache, and several threads share them."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, TypeVar

import cv2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Part = TypeVar("Part")
Found = TypeVar("Found")

# A tile's buffers stay within a core's 2 MB of cache. Fixed, as the last bits of sums depend on the tiles.
_HEIGHT, _WIDTH = 128, 480
_WORTH_THREADS = 4
_THREADS = 2


def cut(shape: tuple[int, ...], margin: int) -> list[tuple[slice, slice]]:
    """Cut an image of `shape` into tiles that overlap by what a window reaches beyond its centre.

    That is `margin` pixels on each side. The windows whose centres lie in a tile, less its margin, are those that lie
    inside the image.
    """
    return list(product(_cuts(shape[0], _HEIGHT, margin), _cuts(shape[1], _WIDTH, margin)))


def each(compute: Callable[[Part], Found], parts: Sequence[Part], threads: int = 0) -> list[Found]:
    """Return what `compute` returns for each of `parts`, in their order.

    Args:
        compute: is called from several threads.
        parts: of an image.
        threads: how many threads share the work; 0: two, or one where OpenCV is held to one, as `--threads 1` does.

    """
    if len(parts) < _WORTH_THREADS:
        return [compute(part) for part in parts]
    with ThreadPoolExecutor(threads or min(_THREADS, cv2.getNumThreads())) as pool:
        return list(pool.map(compute, parts))  # a pool made anew: one that is kept hangs after a fork


def _cuts(side: int, longest: int, margin: int) -> list[slice]:
    """Cut a side, less its margins, into equal parts of at most `longest` pixels and add the margins to each."""
    inside = side - 2 * margin
    step = math.ceil(inside / math.ceil(inside / longest))
    return [slice(start, start + step + 2 * margin) for start in range(0, inside, step)]
