"""Kernels: the ways to shrink an image by a factor that are met among published LR images.

Those of MATLAB and torch, block means and centre pixels are computed here, the others by OpenCV, Pillow and
scikit-image (`pins`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image as Pillow

from srbench.quality import interpolation, pins
from srbench.quality.image import from_255, on_255

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image
    from srbench.quality.resize import Border, Rounding


class Kernel(NamedTuple):
    """A way to shrink an image: (H, W[, 3]), both sides multiples of the factor."""

    label: str
    """What its authors call it."""
    words: str
    """What becomes of the image, to follow `the image is shrunk`."""
    shrink: Callable[[Image, int], Image]
    takes_floats: bool = False
    """Whether it shrinks floats too, not only 8-bit images."""


MATLAB = "bicubic-matlab"
"""The kernel that has a border and a rounding."""


def imresize(image: Image, factor: int, border: Border = "clamp", rounding: Rounding = "each") -> Image:
    """Shrink as MATLAB's imresize does."""
    from srbench.quality import resize  # noqa: PLC0415 - scipy's matrices, which a run's judge alone needs

    return resize.imresize(image, Fraction(1, factor), border=border, rounding=rounding)


def block_mean(image: Image, factor: int) -> Image:
    """Average factor x factor blocks; uint8 is rounded half up."""
    height, width = (side // factor for side in image.shape[:2])
    blocks = on_255(image).reshape(height, factor, width, factor, *image.shape[2:])
    return from_255(blocks.mean(axis=(1, 3)), image.dtype)


def centre(image: Image, factor: int) -> Image:
    """Take the centre pixel of each block, of an even factor the one below and right of the centre."""
    return np.ascontiguousarray(image[factor // 2 :: factor, factor // 2 :: factor])


def _skimage(image: Image, factor: int) -> Image:
    from skimage.transform import resize  # noqa: PLC0415 - half a second, and few LR images are its

    size = tuple(side // factor for side in image.shape[:2])
    values: Image = resize(image, size, order=3, anti_aliasing=True, preserve_range=True)  # type: ignore[no-untyped-call]
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _opencv(name: str) -> Kernel:
    def shrink(image: Image, factor: int) -> Image:
        height, width = (side // factor for side in image.shape[:2])
        return np.asarray(cv2.resize(image, (width, height), interpolation=getattr(cv2, f"INTER_{name}")))

    without = "" if name == "AREA" else ", without antialiasing"
    return Kernel(f"OpenCV INTER_{name}", f"by OpenCV's resize with INTER_{name}{without}", shrink)


def _pillow(name: str) -> Kernel:
    def shrink(image: Image, factor: int) -> Image:
        height, width = (side // factor for side in image.shape[:2])
        resized = Pillow.fromarray(image).resize((width, height), Pillow.Resampling[name])
        return np.asarray(resized)

    return Kernel(f"Pillow {name}", f"by Pillow's resize with {name}, with antialiasing", shrink)


KERNELS = {
    MATLAB: Kernel("MATLAB bicubic", "as MATLAB's imresize does it: bicubic, with antialiasing", imresize, True),
    "area": Kernel(
        "block mean",
        "by averaging: each LR pixel is the mean of a block of factor x factor HR pixels",
        block_mean,
        True,
    ),
    "centre": Kernel(
        "centre pixel",
        "without any filter: the centre pixel of each block of factor x factor pixels is taken (MATLAB's nearest)",
        centre,
        True,
    ),
    "bicubic-opencv": _opencv("CUBIC"),
    "bilinear-opencv": _opencv("LINEAR"),
    "area-opencv": _opencv("AREA"),
    "lanczos-opencv": _opencv("LANCZOS4"),
    "nearest-opencv": _opencv("NEAREST"),
    "bicubic-pillow": _pillow("BICUBIC"),
    "bilinear-pillow": _pillow("BILINEAR"),
    "lanczos-pillow": _pillow("LANCZOS"),
    "box-pillow": _pillow("BOX"),
    "bicubic-torch-antialias": Kernel(
        "torch bicubic antialias=True",
        "as torch's interpolate does it with mode bicubic and antialias=True, in float32, then rounded half up",
        interpolation.antialiased,
    ),
    "bicubic-torch": Kernel(
        "torch bicubic antialias=False",
        "as torch's interpolate does it with mode bicubic, without antialiasing, then rounded half up",
        lambda image, factor: interpolation.bicubic(image, factor, -0.75, "once"),
    ),
    "bicubic-matlab-no-antialias": Kernel(
        "MATLAB bicubic, antialiasing off",
        "as MATLAB's imresize does it: bicubic, without antialiasing",
        lambda image, factor: interpolation.bicubic(image, factor, -0.5, "each"),
    ),
    "bicubic-skimage": Kernel(
        "scikit-image resize order 3 anti_aliasing",
        "by scikit-image's resize of order 3 with anti_aliasing: a Gaussian, then cubic splines",
        _skimage,
    ),
}


def shrunk(image: Image, factor: int, kernel: str) -> Image:
    """Shrink `image` by a kernel.

    Raises:
        Unsupported: it is a library's, which no longer makes the pixels that it was declared with.

    """
    found = KERNELS[kernel]
    pins.check(kernel, lambda probe: [found.shrink(probe, each) for each in (2, 3, 4)])
    return found.shrink(image, factor)
