"""One image upscaled, step by step: by a method's factor, then resampled where another size is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import psutil

from srbench import contract
from srbench.upscaling.size import resampled

if TYPE_CHECKING:
    from collections.abc import Generator

    from srbench.contract import Upscaler
    from srbench.quality.image import Image
    from srbench.upscaling.size import Size


class Step(NamedTuple):
    """How far an image is."""

    what: str
    """What is being done, such as `upscaling`."""
    done: int = 0
    total: int = 0
    """In tiles; 0 where it is not known how many steps there are."""


SHARE = 0.75
"""Of what is available: the memory that is used unless a limit is given."""


def free_memory() -> int:
    """Return the bytes that this process may take unless a limit is given."""
    available, taken = psutil.virtual_memory().available, psutil.Process().memory_info().rss
    return int(SHARE * available + taken)


def enlarged(
    upscaler: Upscaler, image: Image, factor: int, size: Size, memory: int = 0
) -> Generator[Step, None, Image]:
    """Return SR of `image`, (H, W) or (H, W, 3), at the size that is asked for, yielding what is being done.

    A method that can works in tiles, which give the pixels of the whole image, so that the process stays within
    `memory` bytes (0: three quarters of what is available).

    Raises:
        Unsupported: the method does not take such an image, or its smallest tiles need more memory.
        MethodError: its result breaks the contract.

    """
    yield Step("upscaling")
    contract.offer(upscaler, image)
    in_tiles = getattr(upscaler, "in_tiles", None)
    if in_tiles:
        tiles = in_tiles(image, memory or free_memory())
        sr = contract.hold((yield from _told(tiles)), image, factor)
    else:
        sr = contract.upscale(upscaler, image, factor)
    height, width = size.of(image.shape[:2], factor)
    if sr.shape[:2] == (height, width):
        return sr
    yield Step(f"resizing to {width}x{height}")
    return resampled(sr, height, width, size.resampler)


def _told(tiles: Generator[tuple[int, int], None, Image]) -> Generator[Step, None, Image]:
    while True:
        try:
            done, total = next(tiles)
        except StopIteration as end:
            sr: Image = end.value
            return sr
        yield Step("upscaling", done, total)
