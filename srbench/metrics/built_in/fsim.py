"""FSIM: feature similarity of luminance (Zhang et al., 2011)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from srbench.metrics import Metric
from srbench.metrics.feature_similarity import fsim

if TYPE_CHECKING:
    from srbench.metrics.declaration import Score

METRIC = Metric(label="FSIM", better="higher", low=0, high=1, hint="similarity of edges and lines; 1 is identical")


def load() -> Score:
    """Return the function of two images on 0..255, (H, W) or (H, W, 3) RGB."""
    return partial(fsim, "FSIM")
