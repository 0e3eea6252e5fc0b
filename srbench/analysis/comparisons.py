"""Comparisons: how the methods of a run differ from the baseline, image by image, and whether that is significant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from srbench.analysis import significance
from srbench.analysis.columns import LEADING, METRICS
from srbench.analysis.settings import SETTING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATISTICS = ("difference", "low", "high", "p", "p_holm", "verdict")
"""What there is of each metric."""

COLUMNS = (
    *("method", *SETTING, "device", "baseline", "pairs", "smallest_p"),
    *(f"{metric}_{each}" for metric in METRICS for each in STATISTICS),
)

Verdict: TypeAlias = Literal["better", "worse", "undecided", "too few images", "equal", ""]
"""The verdicts of a comparison at `significance.LEVEL`; empty if there is nothing to compare."""


def comparisons(scores: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Return one line per method and setting: how it differs from `baseline` on the same images.

    `scores` are those of `settings.judged`. `*_difference` is the mean over the `pairs` of images that both have finite
    scores of, method less baseline, with a 95 % interval (`*_low`, `*_high`), a p-value, and `*_p_holm`, corrected over
    the methods of the same setting. `smallest_p` is the smallest corrected p-value that so many images and methods can
    give: where it is above the level, the verdict is `too few images`. The baseline has no line.
    """
    lines = [line for _, group in scores.groupby(SETTING, sort=False) for line in _lines(group, baseline)]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype({"pairs": int})


def ranks(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the mean rank by the leading metric of each method over the images of each setting.

    `scores` are those of `settings.judged`. Columns: dataset, factor, protocol, on_device, method, rank (1 the best),
    images, critical_difference (NaN where there are fewer than two methods or images), friedman_p. Images count that
    every method has a score of. The best come first.
    """
    lines: list[dict[str, Any]] = []
    for key, group in scores.groupby(SETTING, sort=False):
        table = _by_image(group, LEADING).dropna()
        found = significance.ranks(METRICS[LEADING].sign * table.to_numpy(float))
        fixed = dict(zip(SETTING, key, strict=True)) | {"images": len(table)}
        fixed |= {"critical_difference": found.critical_difference, "friedman_p": found.p}
        ordered = sorted(zip(table.columns, found.mean, strict=True), key=lambda each: each[1])
        lines += [fixed | {"method": method, "rank": rank} for method, rank in ordered]
    return pd.DataFrame(lines, columns=[*SETTING, "method", "rank", "images", "critical_difference", "friedman_p"])


def _by_image(group: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a line per image and a column per method, in the order of the run."""
    table = group.pivot_table(metric, "image", "method", sort=False, dropna=False)
    return table.reindex(columns=group["method"].unique())


def _lines(group: pd.DataFrame, baseline: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of one setting; none where the baseline has no scores there."""
    first = group.drop_duplicates("method").set_index("method")
    others = [name for name in first.index if name != baseline]
    if baseline not in first.index or not others:
        return
    differences = _differences(group, baseline, others)
    found = {name: significance.paired(each) for name, each in differences.items()}
    pairs = (~np.isnan(differences[LEADING])).sum(axis=0)
    smallest = [min(1.0, (pairs > 0).sum() * significance.smallest_p(int(each))) for each in pairs]
    corrected = {name: significance.holm(list(each.p)) for name, each in found.items()}
    for number, method in enumerate(others):
        line = {"method": method, **first.loc[method, [*SETTING, "device"]], "baseline": baseline}
        line |= {"pairs": int(pairs[number]), "smallest_p": smallest[number]}
        for name in METRICS:
            numbers = [*(each[number] for each in found[name]), corrected[name][number]]
            verdict = _verdict(METRICS[name].sign * numbers[0], numbers[-1], smallest[number])
            line |= {f"{name}_{what}": value for what, value in zip(STATISTICS, [*numbers, verdict], strict=True)}
        yield line


def _differences(group: pd.DataFrame, baseline: str, others: list[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Return the differences (images, methods) in each metric; NaN where one of two has no finite score in any."""
    found = {}
    for name in METRICS:
        table = _by_image(group, name)
        with np.errstate(invalid="ignore"):  # infinite less infinite: both reproduce an image exactly
            found[name] = table[others].sub(table[baseline], axis="index").to_numpy(float)
    finite = np.isfinite(list(found.values())).all(axis=0)
    return {name: np.where(finite, each, math.nan) for name, each in found.items()}


def _verdict(gain: float, p: float, smallest: float) -> Verdict:
    if math.isnan(p):
        return ""
    if gain == 0 and p == 1:
        return "equal"
    if p <= significance.LEVEL:
        return "better" if gain > 0 else "worse"
    return "too few images" if smallest > significance.LEVEL else "undecided"
