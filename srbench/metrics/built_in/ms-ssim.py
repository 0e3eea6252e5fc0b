"""MS-SSIM: structural similarity at five scales (Wang et al., 2003)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import cv2

from srbench.metrics import Metric
from srbench.metrics.formulas import check, grey, shrunk
from srbench.quality.metrics import WINDOW, contrast_structure, ssim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.metrics.declaration import Score
    from srbench.quality.image import Image

METRIC = Metric(
    label="MS-SSIM", better="higher", low=-1, high=1, hint="structural similarity at five scales; 1 is identical"
)

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, from full size to a sixteenth; their sum is 1.0001."""

_LEAST = WINDOW * 2 ** (len(WEIGHTS) - 1)


def load(combine: Literal["sum", "product"] = "sum") -> Score:
    """Return structural similarity at five scales, 1 for identical images.

    Source: Z. Wang et al., "Multi-scale structural similarity for image quality assessment", 2003. RGB is compared by
    MATLAB's `rgb2gray`, which is rounded; (H, W) as it is. The smallest image has 176x176 pixels.

    Args:
        combine: how the similarities of the scales become one number. "sum": their mean, by weights that are divided
            by their sum, as pyiqa does. "product": their product, each to the power of its weight, as in the paper.

    """
    total = _weighted_sum if combine == "sum" else _weighted_product

    def ms_ssim(reference: Image, image: Image) -> float:
        """Return it for two images of one shape, (H, W) or (H, W, 3), on 0..255; raises as `formulas.check`."""
        check("MS-SSIM", _LEAST, reference, image)
        return min(total(_similarities(grey(reference), grey(image))), 1.0)

    return ms_ssim


def _similarities(a: NDArray[Any], b: NDArray[Any]) -> list[float]:
    """Return contrast and structure at each scale, and at the last all of SSIM.

    A scale is the mean of 2x2 pixels of the one before; what an odd side lacks is its last row or column again.
    """
    found = []
    for _ in WEIGHTS[:-1]:
        found.append(contrast_structure(a, b))
        a, b = (shrunk(each, 2, cv2.BORDER_REPLICATE) for each in (a, b))
    return [*found, ssim(a, b)]


def _weighted_sum(similarities: list[float]) -> float:
    products = (weight * each for weight, each in zip(WEIGHTS, similarities, strict=True))
    return math.fsum(products) / math.fsum(WEIGHTS)


def _weighted_product(similarities: list[float]) -> float:
    """Return the product; it is 0 where one of them is negative, and has no real power."""
    powers = (max(each, 0.0) ** weight for weight, each in zip(WEIGHTS, similarities, strict=True))
    return float(math.prod(powers))
