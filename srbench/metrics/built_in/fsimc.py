"""FSIMc: feature similarity of luminance and colour (Zhang et al., 2011)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from srbench.metrics import Metric
from srbench.metrics.feature_similarity import fsim

if TYPE_CHECKING:
    from srbench.metrics.declaration import Score

METRIC = Metric(
    label="FSIMc",
    better="higher",
    low=0,
    high=1,
    sees="rgb",
    hint="similarity of edges, lines and colours; 1 is identical",
)


def load() -> Score:
    """Return feature similarity, 1 for identical images: of phase congruency, of the strength of edges, and of colours.

    It is FSIM times the similarities of I and Q of YIQ, to the power of 0.03. Source, and all else, as FSIM; of grey
    images it is FSIM.
    """
    return partial(fsim, "FSIMc")
