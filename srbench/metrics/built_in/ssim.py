"""SSIM: structural similarity in 11x11 Gaussian windows (Wang et al., 2004)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.metrics.classical import SSIM
from srbench.quality.metrics import ssim

if TYPE_CHECKING:
    from srbench.metrics.declaration import Score

METRIC = SSIM


def load() -> Score:
    """Return the function that the judge computes SSIM with."""
    return ssim
