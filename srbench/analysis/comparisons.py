"""Comparisons: how the methods of a run differ from the baseline, image by image, and whether that is significant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from srbench.analysis import significance
from srbench.analysis.columns import leading
from srbench.analysis.places import by_image, finite
from srbench.analysis.settings import SETTING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from srbench.analysis.columns import Column, Metrics

    Array = NDArray[np.float64]

STATISTICS = ("difference", "low", "high", "p", "p_holm", "verdict")
"""What there is of each metric."""

Verdict: TypeAlias = Literal["better", "worse", "undecided", "too few images", "equal", ""]
"""The verdicts of a comparison at `significance.LEVEL`; empty if there is nothing to compare."""


def comparisons(scores: pd.DataFrame, baseline: str, metrics: Metrics) -> pd.DataFrame:
    """Return one line per method and setting: how it differs from `baseline` on the same images.

    `scores` are those that methods are judged by, in settings, with the values that count (`common_images.counted`).
    `*_difference` is the mean over the images, method less baseline, with a 95 % interval (`*_low`, `*_high`), a
    p-value, and `*_p_holm`, corrected over the methods of the same setting. `pairs` is the number of images that have
    the leading metric, and `smallest_p` the smallest corrected p-value that so many images and methods can give: where
    that is above the level for a metric, the verdict is `too few images`. The baseline has no line.

    Two infinite scores of an image are equal, and one counts as a number above any sum of the others.
    """
    lines = [line for _, group in scores.groupby(SETTING, sort=False) for line in _lines(group, baseline, metrics)]
    return pd.DataFrame(lines, columns=columns(metrics)).astype({"pairs": int})


def columns(metrics: Metrics) -> list[str]:
    """Return the columns of `comparisons`."""
    of_metrics = [f"{name}_{each}" for name in metrics for each in STATISTICS]
    return ["method", *SETTING, "device", "baseline", "pairs", "smallest_p", *of_metrics]


def _lines(group: pd.DataFrame, baseline: str, metrics: Metrics) -> Iterator[dict[str, Any]]:
    """Yield the lines of one setting; none where the baseline is not judged there."""
    first = group.drop_duplicates("method").set_index("method")
    others = [name for name in first.index if name != baseline]
    if baseline not in first.index or not others:
        return
    pairs = group.loc[group[leading(metrics).name].notna(), "image"].nunique()
    smallest = min(1.0, len(others) * significance.smallest_p(pairs))
    found = {name: _compared(group, metric, baseline) for name, metric in metrics.items()}
    for number, method in enumerate(others):
        line = {"method": method, **first.loc[method, [*SETTING, "device"]], "baseline": baseline}
        line |= {"pairs": pairs, "smallest_p": smallest}
        yield line | {f"{name}_{what}": each[number] for name, all_ in found.items() for what, each in all_.items()}


def _compared(group: pd.DataFrame, metric: Column, baseline: str) -> dict[str, Sequence[Any] | Array]:
    """Return the statistics of one metric, of each method but the baseline."""
    table = by_image(group, metric.name)
    base = list(table).index(baseline)
    others = [number for number in range(table.shape[1]) if number != base]
    return statistics(table.to_numpy(), others, [base] * len(others), metric)


def statistics(
    values: Array, ones: Sequence[int], others: Sequence[int], metric: Column
) -> dict[str, Sequence[Any] | Array]:
    """Return `STATISTICS` of columns `ones` of `values` (images, methods), each less its column of `others`."""
    exact = np.where(np.isinf(values), np.sign(values), 0)
    apart, infinite = (each[:, list(ones)] - each[:, list(others)] for each in (finite(values), exact))
    found = significance.paired(apart)
    corrected = significance.holm(list(found.p))
    smallest = min(1.0, np.sum(~np.isnan(found.p)) * significance.smallest_p(len(values)))
    more = infinite.sum(axis=0)
    means = np.where(more, np.copysign(math.inf, more), found.mean)
    ends = [np.where(infinite.any(axis=0), math.nan, each) for each in (found.low, found.high)]
    gains = metric.sign * apart.T
    verdicts = [_verdict(each, p, smallest) for each, p in zip(gains, corrected, strict=True)]
    return dict(zip(STATISTICS, (means, *ends, found.p, corrected, verdicts), strict=True))


def _verdict(gains: Array, p: float, smallest: float) -> Verdict:
    if math.isnan(p):
        return ""
    if not gains.any():
        return "equal"
    if p <= significance.LEVEL:
        return "better" if np.nanmean(gains) > 0 else "worse"
    return "too few images" if smallest > significance.LEVEL else "undecided"
