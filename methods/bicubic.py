"""Bicubic interpolation as OpenCV does it: Keys' cubic with a = -0.75."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from srbench.contract import Upscaler


def load(factor: int, device: str) -> Upscaler:  # noqa: ARG001 - OpenCV runs on the CPU
    """Return OpenCV's `INTER_CUBIC` for `factor`; papers print MATLAB's, which is `bicubic-matlab`."""
    return lambda image: cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
