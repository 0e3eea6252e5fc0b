"""Neighbours: how each method of a setting differs from the next worse one, image by image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from srbench.analysis import significance
from srbench.analysis.comparisons import STATISTICS, statistics
from srbench.analysis.places import by_image, finite

if TYPE_CHECKING:
    from srbench.analysis.columns import Column


def neighbours(scores: pd.DataFrame, metric: Column) -> pd.DataFrame:
    """Return one line per method of one setting but the last, best first: how it differs from the next worse one.

    `scores` are those that methods of one setting are judged by, with the values that count
    (`common_images.counted`); a method without values of the metric has no line. Columns: `method`, `other`, `pairs`
    (images), `smallest_p` (that so many images and lines can give), and those of `comparisons.STATISTICS`: `p_holm` is
    corrected over all lines. Means that are equal stand in the order of `scores`.
    """
    table = by_image(scores, metric.name).dropna(axis="columns")
    values = table.to_numpy()
    order = np.argsort(-metric.sign * finite(values).mean(axis=0), kind="stable") if values.size else np.array([], int)
    found: dict[str, Any] = statistics(values, list(order[:-1]), list(order[1:]), metric) if len(order) > 1 else {}
    names = table.columns.to_numpy()[order]
    smallest = min(1.0, max(0, len(order) - 1) * significance.smallest_p(len(values)))
    fixed = {"method": names[:-1], "other": names[1:], "pairs": len(values), "smallest_p": smallest}
    return pd.DataFrame(fixed | found, columns=["method", "other", "pairs", "smallest_p", *STATISTICS])
