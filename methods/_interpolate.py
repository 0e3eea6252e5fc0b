"""`torch.nn.functional.interpolate` as an upscaler of images, for the method `torch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from srbench.errors import MethodError

if TYPE_CHECKING:
    from srbench.contract import Upscaler
    from srbench.quality.image import Image

Mode: TypeAlias = Literal["nearest", "nearest-exact", "bilinear", "bicubic"]


def interpolation(factor: int, device: str, mode: str, *, antialias: bool, align_corners: bool) -> Upscaler:
    """Return `interpolate(..., scale_factor=factor)` in float32, or float64 for float64; 8 bits are rounded half up.

    Its bicubic is Keys' cubic with a = -0.75, as OpenCV's; with `antialias` a = -0.5, as Pillow's.

    Raises:
        MethodError: `antialias` or `align_corners` with a mode of nearest, which torch refuses.

    """
    import torch

    if mode.startswith("nearest") and (antialias or align_corners):
        raise MethodError(f"interpolate={mode} takes neither antialias nor align_corners; bilinear and bicubic do")
    corners = None if mode.startswith("nearest") else align_corners

    def upscale(image: Image) -> Image:
        pixels = image.astype(np.float32, order="C") if image.dtype == np.uint8 else np.ascontiguousarray(image)
        planes = torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).to(device).permute(2, 0, 1)[None]
        size = (image.shape[0] * factor, image.shape[1] * factor)
        larger = torch.nn.functional.interpolate(planes, size, mode=mode, antialias=antialias, align_corners=corners)
        sr = larger[0].permute(1, 2, 0).reshape(*size, *image.shape[2:])
        return (sr + 0.5).floor().clamp(0, 255).byte().cpu().numpy() if image.dtype == np.uint8 else sr.cpu().numpy()

    if align_corners:
        upscale.by_design = {"shift": "align_corners lays the centres of the corners over one another"}  # type: ignore[attr-defined]
    return upscale
