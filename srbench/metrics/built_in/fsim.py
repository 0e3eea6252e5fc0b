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
    """Return feature similarity, 1 for identical images: of phase congruency and of the strength of edges.

    Source: L. Zhang et al., "FSIM: a feature similarity index for image quality assessment", IEEE TIP 20 (2011). Values
    are those of the authors' MATLAB code, which first shrinks images until the shorter side has about 256 pixels, and
    takes zeros beyond their edges. RGB is compared by Y of YIQ, not rounded; (H, W) as it is. The smallest image has
    16x16 pixels; two flat ones that differ have nothing to compare.
    """
    return partial(fsim, "FSIM")
