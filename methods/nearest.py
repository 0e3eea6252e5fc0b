"""Nearest neighbour: every LR pixel becomes a factor x factor block (OpenCV)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from srbench.contract import Upscaler


def load(factor: int, device: str) -> Upscaler:  # noqa: ARG001 - OpenCV runs on the CPU
    """Return OpenCV's `INTER_NEAREST` for `factor`."""
    return lambda image: cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
