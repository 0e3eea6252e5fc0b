"""Images in memory upscaled in this process, as a script or a notebook asks for them one after the other."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench import methods, plan
from srbench.errors import ImageError
from srbench.execution import loading
from srbench.upscaling.enlarging import enlarged

if TYPE_CHECKING:
    from srbench.contract import Upscaler
    from srbench.methods import Choice
    from srbench.quality.image import Image
    from srbench.upscaling.image_worker import Asked


def upscale(image: Any, asked: Asked) -> Image:  # noqa: ANN401 - whatever a caller takes for an image
    """Return SR of an array, (H, W) or (H, W, 3) of uint8 or floats, at the size that is asked for.

    Raises:
        ImageError: the array is no image.
        MethodError: the method cannot be loaded, or fails.

    """
    _check(image)
    plan.device(asked.device)
    plugins = plan.absolute(map(Path, asked.plugins))
    methods.check_names([asked.spec], map(Path, plugins))
    loading.forget()  # a plug-in may have been edited since the last call
    choice = loading.chosen(asked.spec, plugins)
    with loading.blamed_on(choice.spec):
        device = loading.device_of(choice, asked.device, [asked.factor])
        upscaler = _upscaler(choice, asked.factor, device, loading.code_of(choice, asked.factor, device))
        steps = enlarged(upscaler, image, asked.factor, asked.size, asked.memory)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                sr: Image = end.value
                return sr


@lru_cache(maxsize=4)
def _upscaler(choice: Choice, factor: int, device: str, _code: str) -> Upscaler:
    """Return an upscaler, loaded once for each state of its code and files."""
    return loading.load(choice, factor, device)


def _check(image: Any) -> None:  # noqa: ANN401 - as above
    """Refuse what is no image."""
    if isinstance(image, np.ndarray) and image.dtype in (np.uint8, np.float32, np.float64):
        is_shaped = image.ndim in (2, 3) and image.shape[2:] in ((), (3,))
        if is_shaped and image.size:
            return
    got = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
    raise ImageError(
        f"got {got}, expected an array of (H, W) or (H, W, 3), uint8 in 0..255 or float32 or float64 in 0..1"
    )
