"""Output sizes other than a method's factor gives, and the resamplers that make them of SR."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image as Pillow

from srbench.errors import UsageError
from srbench.specs import unknown

if TYPE_CHECKING:
    from srbench.quality.image import Image

RESAMPLERS = {
    "lanczos": Pillow.Resampling.LANCZOS,
    "bicubic": Pillow.Resampling.BICUBIC,
    "bilinear": Pillow.Resampling.BILINEAR,
    "box": Pillow.Resampling.BOX,
    "nearest": Pillow.Resampling.NEAREST,
}
"""Pillow's, which widen their kernels when they shrink (but for `nearest`), so that nothing flickers."""

MOST = 2**16
"""Pixels of a side at most."""

STRETCHED = 0.01
"""By how much proportions may change before it is said."""


class Size(NamedTuple):
    """What size is asked for: a side that is None follows from the other, both None from the factor."""

    width: int | None = None
    height: int | None = None
    resampler: str = "lanczos"

    @property
    def is_asked(self) -> bool:
        """Tell whether it is another than the factor gives."""
        return bool(self.width or self.height)

    def of(self, shape: tuple[int, ...], factor: int) -> tuple[int, int]:
        """Return the height and width of the output for LR of a shape, (H, W, ...)."""
        height, width = shape[:2]
        if self.width and self.height:
            return self.height, self.width
        if self.width:
            return max(1, round(height * self.width / width)), self.width
        if self.height:
            return self.height, max(1, round(width * self.height / height))
        return height * factor, width * factor

    def exceeds(self, shape: tuple[int, ...], factor: int) -> bool:
        """Tell whether it is larger, on a side, than the factor gives for LR of a shape, (H, W, ...)."""
        return any(side > lr * factor for side, lr in zip(self.of(shape, factor), shape[:2], strict=True))

    def stretches(self, shape: tuple[int, ...]) -> bool:
        """Tell whether it changes the proportions of LR of a shape, (H, W, ...)."""
        height, width = shape[:2]
        if not (self.width and self.height):
            return False
        return abs(self.width * height / (self.height * width) - 1) > STRETCHED


def size(text: str | None, width: int | None, height: int | None, resampler: str) -> Size:
    """Return the size that was asked for: by `text`, as 1280x720, or by one side or both.

    Raises:
        UsageError: no such size or resampler, or both are given.

    """
    if resampler not in RESAMPLERS:
        raise unknown("resampler", resampler, RESAMPLERS)
    if text and (width or height):
        raise UsageError("got two sizes; give --width or --height, which keep proportions, or --size")
    if text:
        found = re.fullmatch(r"([1-9]\d{0,5})[xX]([1-9]\d{0,5})", text)
        if not found:
            raise UsageError(f"--size is {text!r}, expected WIDTHxHEIGHT in pixels, such as 1280x720")
        width, height = map(int, found.groups())
    for name, side in (("width", width), ("height", height)):
        if side is not None and not 1 <= side <= MOST:
            raise UsageError(f"{name} is {side}, expected 1 to {MOST} pixels")
    return Size(width, height, resampler)


def resampled(image: Image, height: int, width: int, resampler: str) -> Image:
    """Return an image, uint8 or float, (H, W) or (H, W, 3), at another size; floats are not clipped."""
    if image.shape[:2] == (height, width):
        return image
    planes = image.reshape(*image.shape[:2], -1)
    result = np.empty((height, width, planes.shape[2]), image.dtype)
    for channel in range(planes.shape[2]):  # one at a time: Pillow takes four bytes for a pixel of RGB
        plane = np.ascontiguousarray(planes[..., channel])
        plane = plane if plane.dtype == np.uint8 else plane.astype(np.float32)
        result[..., channel] = Pillow.fromarray(plane).resize((width, height), RESAMPLERS[resampler])
    return result.reshape(height, width, *image.shape[2:])
