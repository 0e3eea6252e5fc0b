"""Bicubic interpolation as OpenCV does it: Keys' cubic with a = -0.75."""

import cv2

from ._opencv import Upscaler, resizer


def load(factor: int, device: str) -> Upscaler:  # noqa: ARG001 - OpenCV runs on the CPU
    """Return OpenCV's `INTER_CUBIC` for `factor`; papers print MATLAB's, which is `bicubic-matlab`."""
    return resizer(factor, cv2.INTER_CUBIC)
