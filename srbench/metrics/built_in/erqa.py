"""ERQA: how many of the edges were restored (Kirillova et al., 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from srbench.errors import Unsupported
from srbench.extras import INSTALL
from srbench.metrics import Metric
from srbench.metrics.formulas import check, rgb
from srbench.quality.image import round_half_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

METRIC = Metric(
    label="ERQA",
    better="higher",
    low=0,
    high=1,
    sees="rgb",
    symmetric=False,
    hint="share of edges that were restored (F1); 1 is identical",
)

LICENCE = "computed by the package erqa, MIT"

_LEAST = 16
_CANNY = (100, 200)


def load(version: Literal["1.0", "1.1"] = "1.1") -> Callable[[Image, Image], float]:
    """Return the F1 score of restored edges, 1 for identical images; the package `erqa` computes it.

    Source: A. Kirillova et al., "ERQA: edge-restoration quality assessment for video super-resolution", 2021. Images
    are shifted by up to three pixels, then Canny's edges are matched with edges up to one pixel away. Samples are
    rounded; (H, W) counts as R = G = B. The smallest image has 16x16 pixels; a reference without edges is refused.

    Args:
        version: 1.1 counts each edge of the reference once, so that wider edges lose; 1.0 does not.

    Raises:
        Unsupported: the package is not installed.

    """
    try:
        from erqa import ERQA
    except ImportError as error:
        raise Unsupported(f"ERQA needs a package: {INSTALL['erqa']}") from error
    compute = ERQA(version=version)

    def erqa(reference: Image, image: Image) -> float:
        """Return it for two images of one shape, (H, W) or (H, W, 3), on 0..255; raises as `formulas.check`."""
        check("ERQA", _LEAST, reference, image)
        truth, found = (_bgr(each) for each in (reference, image))
        if np.array_equal(truth, found):
            return 1.0
        if not cv2.Canny(truth, *_CANNY).any():
            raise Unsupported("ERQA counts edges, and the reference has none")
        return float(compute(found, truth))

    return erqa


def _bgr(image: Image) -> Image:
    return np.ascontiguousarray(round_half_up(rgb(image)).astype(np.uint8)[..., ::-1])
