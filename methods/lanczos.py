"""Lanczos interpolation over 8 x 8 neighbours (OpenCV)."""

import cv2

from ._opencv import Upscaler, resizer


def load(factor: int, device: str) -> Upscaler:  # noqa: ARG001 - OpenCV runs on the CPU
    """Return OpenCV's `INTER_LANCZOS4` for `factor`."""
    return resizer(factor, cv2.INTER_LANCZOS4)
