"""PSNR: peak signal-to-noise ratio, 10 log10(255^2 / MSE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.metrics.classical import PSNR
from srbench.quality.metrics import psnr

if TYPE_CHECKING:
    from srbench.metrics.declaration import Score

METRIC = PSNR


def load() -> Score:
    """Return the function that the judge computes PSNR with."""
    return psnr
