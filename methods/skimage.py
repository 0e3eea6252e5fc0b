"""Interpolation as scikit-image does it: `skimage.transform.resize`, by default bilinear (order 1).

From order 2 on these are interpolating splines: their kernel reaches as far as the image, so that `order=3` is neither
Keys' cubic nor OpenCV's. scikit-image clips to the range of its input unless `clip=false`.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from srbench.contract import Upscaler
    from srbench.quality.image import Image

Order: TypeAlias = Literal[0, 1, 2, 3, 4, 5]
Mode: TypeAlias = Literal["reflect", "symmetric", "edge", "wrap"]
"""What lies outside; not `constant`, which would frame each image in black."""


def load(
    factor: int,
    device: str,  # noqa: ARG001 - scikit-image runs on the CPU
    order: Order = 1,
    mode: Mode = "reflect",
    clip: bool = True,
) -> Upscaler:
    """Return scikit-image's `resize` for `factor`, in float64; 8-bit pixels are rounded as `img_as_ubyte` does.

    `anti_aliasing` is no option: it does nothing to an image that is enlarged.
    """
    from skimage.transform import resize

    def upscale(image: Image) -> Image:
        shape = (image.shape[0] * factor, image.shape[1] * factor, *image.shape[2:])
        pixels: Image = resize(  # type: ignore[no-untyped-call]
            image.astype(np.float64), shape, order=order, mode=mode, clip=clip, preserve_range=True
        )
        sr: Image = np.rint(pixels).clip(0, 255) if image.dtype == np.uint8 else pixels
        return sr.astype(image.dtype)

    return upscale


def decided(factor: int, **_options: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001 - as those of `load`
    """Return the version of scikit-image, on which pixels depend: no other method does."""
    return {"scikit-image": version("scikit-image")}
