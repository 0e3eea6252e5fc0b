"""Nearest neighbour: every LR pixel becomes a factor x factor block (OpenCV)."""

import cv2

from ._opencv import Upscaler, resizer


def load(factor: int, device: str) -> Upscaler:  # noqa: ARG001 - OpenCV runs on the CPU
    """Return OpenCV's `INTER_NEAREST` for `factor`."""
    return resizer(factor, cv2.INTER_NEAREST)
